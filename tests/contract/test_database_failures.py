"""What a caller is told where the database cannot, on SQLite and on PostgreSQL alike: Unavailable for what passes, the error itself for
what never will, and nothing is left of what failed (R4, R5)."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from kontor_chassis.db import database as adapter
from kontor_chassis.db.database import Database
from kontor_chassis.db.sessions import Sessions
from kontor_chassis.errors import InvalidArgument, Unavailable
from tests.backend_servers import free_port
from tests.contract.database_harness import ANNA, DatabasePlace, note, notes, sessions_of
from tests.databases import DIALECTS, opened


@pytest.fixture(params=DIALECTS)
def nowhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database that cannot be reached."""
    (tmp_path / "gone").mkdir()
    url = {"sqlite": f"sqlite:///{tmp_path}/gone/chassis.db", "postgresql": f"postgresql://kontor@127.0.0.1:{free_port()}/kontor"}
    with opened(url[request.param]) as database:
        (tmp_path / "gone").rmdir()
        yield database


@contextmanager
def somebody_elses_lock(place: DatabasePlace) -> Iterator[None]:
    """Another program holds all notes and does not let go."""
    if place.dialect == "sqlite":
        connection = sqlite3.connect(place.url.removeprefix("sqlite:///"), isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")
        connection.close()
    else:
        with psycopg.connect(place.url) as locking:
            locking.execute("LOCK TABLE notes IN SHARE ROW EXCLUSIVE MODE")
            yield
            locking.rollback()


def test_a_database_that_is_away_is_unavailable(nowhere: Database) -> None:
    sessions = sessions_of(nowhere)
    for _ in range(2):
        with pytest.raises(Unavailable) as read:
            notes(sessions)
        with pytest.raises(Unavailable) as written:
            note(sessions, "1")
        assert {read.value.reason, written.value.reason} == {"DATABASE_UNAVAILABLE"}


def test_a_lock_that_is_not_let_go_is_unavailable_and_readers_do_not_care(
    database_place: DatabasePlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapter, "_LOCK_SECONDS", 1)
    with database_place.open() as database:
        sessions = sessions_of(database)
        note(sessions, "1")
        with somebody_elses_lock(database_place):
            with pytest.raises(Unavailable):
                note(sessions, "2")
            assert notes(sessions) == ["1"]
        note(sessions, "3")
        assert notes(sessions) == ["1", "3"]


def test_a_unique_key_that_is_taken_is_told_as_it_is(sessions: Sessions) -> None:
    """Whoever knows what the key means turns it into AlreadyExists."""
    note(sessions, "1")
    with pytest.raises(sa.exc.IntegrityError):
        note(sessions, "1")


def test_a_rule_of_the_table_that_is_broken_is_told_as_it_is(sessions: Sessions) -> None:
    with pytest.raises(sa.exc.IntegrityError):
        note(sessions, "1", sequence=-1)
    with pytest.raises(sa.exc.IntegrityError):
        note(sessions, "1", sequence=None)


def test_a_statement_that_can_never_work_does_not_look_as_if_it_could_later(sessions: Sessions) -> None:
    """An event that leads to it would be tried for ever."""

    def read() -> None:
        with sessions.read(ANNA) as reading:
            reading.execute(sa.text("SELECT * FROM no_such_table"))

    def write() -> None:
        with sessions.write(ANNA) as session:
            session.execute(sa.text("INSERT INTO no_such_table VALUES (1)"))

    for work in (read, write):
        with pytest.raises(sa.exc.DBAPIError):
            work()


def test_errors_do_not_repeat_the_values_of_rows(sessions: Sessions) -> None:
    note(sessions, "1")
    with pytest.raises(sa.exc.IntegrityError) as raised:
        note(sessions, "1", text="geheim")
    assert "geheim" not in str(raised.value)


def test_a_number_that_no_column_can_hold_is_refused(sessions: Sessions) -> None:
    with pytest.raises((InvalidArgument, OverflowError)):
        note(sessions, "1", number=2**63)
    assert notes(sessions) == []


def test_a_moment_without_a_zone_is_refused_before_the_database_is_asked(sessions: Sessions) -> None:
    with pytest.raises(sa.exc.StatementError, match="offset-naive"):
        note(sessions, "1", moment=datetime(2026, 3, 2, 9, 0))
    assert notes(sessions) == []
