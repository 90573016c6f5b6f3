"""A tiny database with the plumbing tables, for the chassis's own tests: each runs on both adapters."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kontor_chassis.db.database import Database
from kontor_chassis.db.sessions import Sessions
from tests.databases import DIALECTS, make_plumbing, opened


@pytest.fixture(params=DIALECTS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "sqlite":
        with opened(f"sqlite:///{tmp_path / 'chassis.db'}") as made:
            make_plumbing(made)
            yield made
    else:
        server = request.getfixturevalue("postgres")
        url = server.create_database("chassis")
        with opened(url) as made:
            make_plumbing(made)
            yield made
        server.drop_database(url)


@pytest.fixture
def sessions(database: Database) -> Sessions:
    return Sessions(database, lambda: datetime(2026, 3, 2, 9, 0, tzinfo=UTC))
