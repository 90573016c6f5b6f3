"""What only PostgreSQL can do for us and to us: the second wall between accounts, connections that break, deadlocks."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
import sqlalchemy as sa

from kontor_chassis.db.database import Database
from kontor_chassis.db.plumbing import AUDIT, OUTBOX
from kontor_chassis.db.sessions import Sessions
from kontor_chassis.errors import InvalidArgument, Unavailable
from tests import backends
from tests.backend_fixtures import owned, required
from tests.backends import Postgres
from tests.contract.database_harness import ANNA, BERTA, NOTES, DatabasePlace, note, notes, postgresql_place, sessions_of

EVERYTHING = sa.select(NOTES.c.id).order_by(NOTES.c.id)


@pytest.fixture
def database_place(postgres: Postgres) -> Iterator[DatabasePlace]:
    with postgresql_place(postgres) as place:
        yield place


def seen(database: Database, account_id: str) -> list[str]:
    """Without any filter."""
    with database.reading(account_id) as connection:
        return list(connection.execute(EVERYTHING).scalars())


def end_connections(postgres: Postgres, database: Database) -> int:
    """As the server does when it stops, a proxy when it is tired, an operator when somebody hangs."""
    with psycopg.connect(postgres.admin_url, autocommit=True) as admin:
        ended = admin.execute(
            "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE datname = %s", (database.engine.url.database,)
        )
        return len(ended.fetchall())


def test_a_statement_without_its_account_filter_meets_the_named_accounts_rows_only(database: Database, sessions: Sessions) -> None:
    note(sessions, "1")
    note(sessions, "2", BERTA)
    assert (seen(database, "a"), seen(database, "b"), seen(database, "c"), seen(database, "*")) == (["1"], ["2"], [], ["1", "2"])
    with sessions.write(ANNA) as session:
        assert session.execute(sa.update(NOTES).values(text="changed")).rowcount == 1
        assert session.execute(sa.delete(NOTES)).rowcount == 1
    assert seen(database, "*") == ["2"]


def test_a_connection_that_named_no_account_meets_nothing(database_place: DatabasePlace, sessions: Sessions) -> None:
    note(sessions, "1")
    with psycopg.connect(database_place.url) as connection:
        assert connection.execute("SELECT * FROM notes").fetchall() == []


def test_a_row_cannot_be_put_or_moved_into_another_account(sessions: Sessions) -> None:
    note(sessions, "1")

    def put() -> None:
        with sessions.write(ANNA) as session:
            session.execute(sa.insert(NOTES).values(account_id="b", id="2"))

    def move() -> None:
        with sessions.write(ANNA) as session:
            session.execute(sa.update(NOTES).values(account_id="b"))

    for work in (put, move):
        with pytest.raises(sa.exc.ProgrammingError, match="row-level security"):
            work()
    assert (notes(sessions), notes(sessions, BERTA)) == (["1"], [])


def test_facts_and_audit_stand_behind_the_wall_too(database: Database, sessions: Sessions) -> None:
    with sessions.write(ANNA) as session:
        session.audit("notes/1", "create")
    for table in (AUDIT, OUTBOX):
        with database.reading("b") as connection:
            assert connection.execute(sa.select(table)).all() == []


def test_a_failed_write_takes_back_the_account_that_it_named(database: Database, sessions: Sessions) -> None:
    """write_many names accounts within its transaction; the rollback takes that back on the server, and must here."""
    note(sessions, "1")
    note(sessions, "2", BERTA)

    def fail() -> None:
        with sessions.write_many(means="event") as enter:
            enter(BERTA)
            raise RuntimeError

    for _ in range(5):
        with pytest.raises(RuntimeError):
            fail()
        assert (seen(database, "b"), seen(database, "a"), seen(database, "*")) == (["2"], ["1"], ["1", "2"])


def test_after_its_connections_broke_a_session_names_its_account_anew(postgres: Postgres, database: Database, sessions: Sessions) -> None:
    """The account was the old connection's; a new one in its place has none, and believing otherwise would show nothing, or worse."""
    note(sessions, "1")
    note(sessions, "2", BERTA)
    for _ in range(3):
        with ThreadPoolExecutor(4) as executor:
            assert list(executor.map(lambda who: seen(database, who), "abab")) == [["1"], ["2"], ["1"], ["2"]]
        assert end_connections(postgres, database) > 0
        # The first to use a broken connection hears of it, and the pool throws away all of its age.
        with pytest.raises(Unavailable):
            seen(database, "a")
        assert (seen(database, "a"), seen(database, "b"), seen(database, "a")) == (["1"], ["2"], ["1"])


@pytest.mark.parametrize("last", ["statement", "commit"])
def test_a_write_whose_connection_breaks_is_unavailable_and_leaves_nothing(
    postgres: Postgres, database: Database, sessions: Sessions, last: str
) -> None:
    def work() -> None:
        with sessions.write(ANNA) as session:
            session.execute(sa.insert(NOTES).values(account_id="a", id="1"))
            end_connections(postgres, database)
            if last == "statement":
                session.execute(sa.insert(NOTES).values(account_id="a", id="2"))

    with pytest.raises(Unavailable):
        work()
    assert notes(sessions) == []
    note(sessions, "3")
    assert notes(sessions) == ["3"]


def test_a_text_that_it_cannot_keep_is_the_callers_mistake(sessions: Sessions) -> None:
    with pytest.raises(InvalidArgument):
        note(sessions, "1", text="\0")
    assert notes(sessions) == []


@pytest.mark.parametrize("state", ["53100", "53200", "53300", "57014", "57P01", "57P03", "58030", "40001", "55P03", "25006"])
def test_what_passes_is_unavailable(sessions: Sessions, state: str) -> None:
    """Disk full, no memory, too many connections, cancelled, shutting down, starting up, disk failing, serialisation, lock, read-only."""

    def work() -> None:
        with sessions.write(ANNA) as session:
            session.connection.exec_driver_sql(f"DO $$ BEGIN RAISE EXCEPTION 'oh' USING ERRCODE = '{state}'; END $$")

    with pytest.raises(Unavailable):
        work()
    note(sessions, "1")


def test_of_two_that_wait_for_each_other_one_is_unavailable_and_one_goes_on(sessions: Sessions) -> None:
    note(sessions, "1", text="")
    note(sessions, "2", text="")
    both = threading.Barrier(2, timeout=60)

    def change(first: str, second: str) -> bool:
        try:
            with sessions.write(ANNA) as session:
                session.execute(sa.update(NOTES).where(NOTES.c.id == first).values(text=first))
                both.wait()
                session.execute(sa.update(NOTES).where(NOTES.c.id == second).values(text=first))
        except Unavailable:
            return False
        return True

    with ThreadPoolExecutor(2) as executor:
        done = [future.result() for future in [executor.submit(change, "1", "2"), executor.submit(change, "2", "1")]]
    assert sorted(done) == [False, True]
    with sessions.read(ANNA) as reading:
        assert set(reading.execute(sa.select(NOTES.c.text)).scalars()) == {"1" if done[0] else "2"}


def test_a_server_that_was_killed_is_unavailable_and_has_all_that_was_committed_when_it_returns() -> None:
    with required("postgres", backends.postgres()) as postgres:
        server = owned(postgres.server, "KONTOR_TEST_DATABASE_URL")
        with postgresql_place(postgres) as place, place.open() as database:
            sessions = sessions_of(database)
            note(sessions, "1")
            server.kill()
            for _ in range(2):
                with pytest.raises(Unavailable):
                    notes(sessions)
                with pytest.raises(Unavailable):
                    note(sessions, "2")
            server.start()
            assert notes(sessions) == ["1"]
            note(sessions, "3")
            assert seen(database, "a") == ["1", "3"]
