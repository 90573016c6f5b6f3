"""Write the settings into docs/operations.md, between its two markers; `--check` fails where they are out of step.

Everything comes from the pydantic fields: those that every process knows, the gateway's, and each service's own.
"""

import sys
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from kontor_chassis.settings import Settings
from kontor_gateway.settings import GatewaySettings
from kontor_suite.catalog import GATEWAY, SERVICES

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "operations.md"
BEGIN = "<!-- settings: written by tools/settings_table.py -->"
END = "<!-- end of settings -->"


def tables() -> str:
    """Markdown: one table for all processes, then one for each part that has knobs of its own."""
    sections: list[tuple[str, type[BaseSettings]]] = [("Every process", Settings), (GATEWAY, GatewaySettings)]
    sections += [(service.name, service.knobs) for service in SERVICES if service.knobs is not None]
    return "\n\n".join(_section(title, kind) for title, kind in sections)


def written(document: str) -> str:
    """The document with the tables of today. Raises ValueError where a marker is missing."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{DOCUMENT.name} lacks {BEGIN} or {END}")
    return f"{before}{BEGIN}\n\n{tables()}\n\n{END}{after}"


def _section(title: str, kind: type[BaseSettings]) -> str:
    prefix = kind.model_config["env_prefix"]
    rows = [f"| `{f'{prefix}{name}'.upper()}` | {_default(field)} | {_meaning(name, field)} |" for name, field in kind.model_fields.items()]
    return "\n".join([f"**{title}**", "", "| variable | default | meaning |", "|---|---|---|", *rows])


def _default(field: FieldInfo) -> str:
    value: Any = field.get_default(call_default_factory=True)
    if value is None or value in ("", ()):
        return "–"
    return f"`{value}`"


def _meaning(name: str, field: FieldInfo) -> str:
    if not field.description:
        raise ValueError(f"the setting {name} has no description")
    return field.description.replace("|", "\\|")


def main() -> None:
    document = DOCUMENT.read_text(encoding="utf-8")
    fresh = written(document)
    if "--check" in sys.argv:
        if fresh != document:
            sys.exit("docs/operations.md is out of step with the settings; run: python tools/settings_table.py")
        return
    DOCUMENT.write_text(fresh, encoding="utf-8")


if __name__ == "__main__":
    main()
