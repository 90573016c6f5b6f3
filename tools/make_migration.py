"""Draft the next migration of a service: `make migration SERVICE=contacts NAME=add_photo`.

Compares the newest revision, applied to an empty SQLite file, with the tables of `store/`, and writes what differs. Read the draft
before it is committed: autogeneration sees neither renames nor data. New tables get row-level security.
"""

import importlib
import re
import sys
import tempfile
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa
from alembic.autogenerate import produce_migrations, render_python_code
from alembic.migration import MigrationContext
from alembic.operations.ops import CreateTableOp

from kontor_chassis.db.database import Database
from kontor_chassis.db.migrations import upgrade
from kontor_chassis.db.plumbing import METADATA as PLUMBING
from kontor_chassis.db.types import Instant, Json, Key

HELPERS = {
    "kontor_chassis.db.migrations": ("create_plumbing", "enable_tenancy"),
    "kontor_chassis.db.types": ("Instant", "Json", "Key"),
}
ROOT = Path(__file__).resolve().parent.parent
HEAD = '''"""{title}."""

import sqlalchemy as sa
from alembic import op

{imports}
revision = "{revision}"
down_revision = {down}


def upgrade() -> None:
'''


def render_item(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    if kind != "type":
        return False
    if item is Key:
        return "Key"
    if isinstance(item, Instant | Json):
        return type(item).__name__
    return False


def imports(body: str) -> str:
    """A line per module of which the draft uses something."""
    lines = ""
    for module, names in HELPERS.items():
        used = [name for name in names if re.search(rf"\b{name}\b", body)]
        lines += f"from {module} import {', '.join(used)}\n" if used else ""
    return lines


def main() -> None:
    service, name = sys.argv[1], sys.argv[2]
    package = f"kontor_{service.replace('-', '_')}"
    versions = ROOT / "services" / service / package / "migrations" / "versions"
    # By the service, because tables may stand in several files of its store.
    metadata: sa.MetaData = importlib.import_module(f"{package}.service").SERVICE.metadata
    numbers = sorted(path.stem[:4] for path in versions.glob("[0-9]*.py"))
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/draft.db", name=service)
        if numbers:
            upgrade(database, f"{package}.migrations")
        with database.engine.connect() as connection:
            ours = lambda item, item_name, kind, *_: kind != "table" or item_name not in {"alembic_version", *PLUMBING.tables}  # noqa: E731
            options = {"include_object": ours, "render_item": render_item, "compare_type": True}
            context = MigrationContext.configure(connection, opts={**options, "target_metadata": metadata})
            changes = produce_migrations(context, metadata).upgrade_ops
            assert changes is not None
            code = render_python_code(changes, migration_context=context, render_item=render_item)
        database.close()
    lines = [line for line in code.splitlines() if not line.lstrip().startswith("#")]
    new_tables = [item.table_name for item in changes.ops if isinstance(item, CreateTableOp)]
    if not numbers:
        lines.insert(0, "create_plumbing()")
    if new_tables:
        lines.append(f"enable_tenancy({', '.join(repr(table) for table in new_tables)})")
    revision = f"{int(numbers[-1]) + 1 if numbers else 1:04}"
    body = "\n".join(f"    {line}" if not line.startswith("    ") else line for line in lines)
    head = HEAD.format(
        title=name.replace("_", " ").capitalize(), imports=imports(body), revision=revision, down=repr(numbers[-1]) if numbers else None
    )
    path = versions / f"{revision}_{name}.py"
    path.write_text(head + body + "\n", encoding="utf-8")
    print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
