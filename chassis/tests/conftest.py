"""A tiny database with the plumbing tables, for the chassis's own tests."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kontor_chassis.db.database import Database
from kontor_chassis.db.plumbing import METADATA
from kontor_chassis.db.sessions import Sessions


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path / 'chassis.db'}", name="chassis")
    METADATA.create_all(made.engine)
    yield made
    made.close()


@pytest.fixture
def sessions(database: Database) -> Sessions:
    return Sessions(database, lambda: datetime(2026, 3, 2, 9, 0, tzinfo=UTC))
