"""Every service has the same rooms with the same names, and files stay small enough to be read at once."""

import pytest

from tests.architecture.tree import ROOT, SERVICE_NAMES, folder_of, python_files

ROOMS = {"domain", "usecases", "store", "rpc", "events", "migrations"}
# Further rooms, named after the outside world that they face. A new one is argued for before it is added here.
FURTHER_ROOMS = {
    # The child process in which uploaded pictures are read.
    "contacts": {"images"},
    # SMTP itself, and the child process in which hostile mail is read.
    "mail-ingest": {"smtp", "parsing"},
    "search": {"index"},
}
FILES = {
    "README.md",
    "pyproject.toml",
    "{package}/service.py",
    "{package}/py.typed",
    "{package}/store/tables.py",
    "{package}/migrations/env.py",
    "{package}/migrations/script.py.mako",
    "{package}/migrations/versions/__init__.py",
}
# Names that say nothing about what is inside, and so take in everything.
FORBIDDEN = {"util", "utils", "helper", "helpers", "common", "core", "manager", "managers", "misc", "lib", "shared", "base"}
MOST_LINES = 400


@pytest.mark.parametrize("name", SERVICE_NAMES)
def test_a_service_has_the_rooms_that_every_service_has(name: str) -> None:
    folder = folder_of(name)
    rooms = {path.name for path in folder.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert rooms == ROOMS | FURTHER_ROOMS.get(name, set())


@pytest.mark.parametrize("name", SERVICE_NAMES)
def test_a_service_has_the_files_that_every_service_has(name: str) -> None:
    folder = folder_of(name)
    missing = {file for file in FILES if not (folder.parent / file.format(package=folder.name)).is_file()}
    assert missing == set()
    assert list((folder / "migrations" / "versions").glob("[0-9]*.py")), "no migration"
    assert list((folder.parent / "tests").glob("test_*.py")), "no tests"


@pytest.mark.parametrize("name", SERVICE_NAMES)
def test_the_rooms_of_a_service_are_packages(name: str) -> None:
    """Without its `__init__.py` a room would not be in the wheel."""
    folders = {path.parent for path in folder_of(name).rglob("*.py")}
    assert {str(path.relative_to(ROOT)) for path in folders if not (path / "__init__.py").is_file()} == set()


def test_no_file_or_folder_has_a_name_that_says_nothing() -> None:
    parts = {part for path in python_files() for part in (*path.relative_to(ROOT).parts[:-1], path.stem)}
    assert parts & FORBIDDEN == set()


def test_no_file_is_longer_than_people_read() -> None:
    long = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in python_files()}
    assert {name: lines for name, lines in long.items() if lines > MOST_LINES} == {}
