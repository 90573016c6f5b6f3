"""Real mails, vCards and tables with what must be found in them.

The folder is named by KONTOR_CORPUS, else `../shared/corpus` beside the repository. A test that takes `email_entry`,
`vcard_entry` or `table_entry` runs once for each entry of that kind in its manifest; without the folder it is skipped.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest

KINDS = ("email", "vcard", "table")


def corpus_folder() -> Path:
    default = Path(__file__).resolve().parents[2].parent / "shared" / "corpus"
    return Path(os.environ.get("KONTOR_CORPUS") or default)


def entries(kind: str) -> list[dict[str, Any]]:
    """Of one kind, in the manifest's order; empty where there is no corpus."""
    manifest = corpus_folder() / "manifest.json"
    if not manifest.is_file():
        return []
    return [entry for entry in json.loads(manifest.read_text("utf-8"))["entries"] if entry["kind"] == kind]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    for kind in KINDS:
        name = f"{kind}_entry"
        if name not in metafunc.fixturenames:
            continue
        found = entries(kind)
        reason = f"NOT TESTED: no corpus in {corpus_folder()} (set KONTOR_CORPUS), so no fact about any {kind} was checked"
        skipped = [pytest.param(None, marks=pytest.mark.skip(reason=reason), id="no-corpus")]
        metafunc.parametrize(name, [pytest.param(entry, id=Path(entry["file"]).name) for entry in found] or skipped)


@pytest.fixture(scope="session")
def corpus() -> Path:
    folder = corpus_folder()
    if not folder.is_dir():
        pytest.skip(f"NOT TESTED: no corpus in {folder} (set KONTOR_CORPUS)")
    return folder
