"""Units of work: one transaction with its facts, exclusive writers, errors that can be tried again."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from kontor.contacts.events.v1 import events_pb2 as facts
from kontor_chassis.db.database import Database
from kontor_chassis.db.plumbing import AUDIT, IDEMPOTENCY, OUTBOX
from kontor_chassis.db.sessions import Sessions
from kontor_chassis.errors import Unavailable
from kontor_chassis.principal import Principal

ANNA = Principal(account_id="a", user_id="u")


def rows(database: Database, table: sa.Table) -> int:
    with database.reading("*") as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def test_facts_and_audit_commit_with_the_state(database: Database, sessions: Sessions) -> None:
    with sessions.write(ANNA) as session:
        session.publish(facts.PersonDeleted(id="1"), subject="persons/1", sequence=2)
        session.audit("persons/1", "delete")
    with database.reading("a") as connection:
        row = connection.execute(sa.select(OUTBOX)).one()
    assert (row.type, row.account_id, row.actor_user_id, row.sequence) == ("kontor.contacts.person.deleted.v1", "a", "u", 2)
    assert rows(database, AUDIT) == 1


def test_nothing_is_left_of_a_session_that_fails(database: Database, sessions: Sessions) -> None:
    def fail() -> None:
        with sessions.write(ANNA) as session:
            session.execute(
                sa.insert(IDEMPOTENCY).values(account_id="a", user_id="u", request_id="r", fingerprint="", create_time=session.now)
            )
            session.publish(facts.PersonDeleted(id="1"), subject="persons/1", sequence=2)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert (rows(database, IDEMPOTENCY), rows(database, OUTBOX)) == (0, 0)


def test_concurrent_read_modify_writes_lose_nothing(database: Database, sessions: Sessions) -> None:
    """SQLite's default transactions lost most of these updates, and so does PostgreSQL without the lock on the row."""
    counter = sa.Table("counter", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("value", sa.Integer))
    counter.create(database.engine)
    with sessions.write(ANNA) as session:
        session.execute(sa.insert(counter).values(id=1, value=0))

    def increment() -> None:
        with sessions.write(ANNA) as session:
            value = session.execute(sa.select(counter.c.value).with_for_update()).scalar_one()
            session.execute(sa.update(counter).values(value=value + 1))

    with ThreadPoolExecutor(8) as executor:
        for future in [executor.submit(increment) for _ in range(200)]:
            future.result()
    with sessions.read(ANNA) as session:
        assert session.execute(sa.select(counter.c.value)).scalar_one() == 200


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_a_full_disk_is_unavailable_and_heals_without_a_restart(database: Database, sessions: Sessions) -> None:
    def write(size: int) -> None:
        with sessions.write(ANNA) as session:
            session.audit("persons/1", "update", {"background": (None, "x" * size)})

    def limit(pages: int) -> None:
        # What a full disk looks like to SQLite, without filling one.
        with database.engine.connect() as connection:
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")

    used = database.engine.connect().exec_driver_sql("PRAGMA page_count").scalar_one()
    database.engine.dispose()
    await database.write(limit, used + 2)
    with pytest.raises(Unavailable):
        await database.write(write, 1_000_000)
    assert rows(database, AUDIT) == 0
    await database.write(limit, 1_000_000)
    await database.write(write, 1_000_000)
    assert rows(database, AUDIT) == 1


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_writers_of_one_database_take_turns(database: Database) -> None:
    running = 0

    def work() -> int:
        nonlocal running
        running += 1
        assert running == 1
        running -= 1
        return running

    await asyncio.gather(*(database.write(work) for _ in range(50)))
