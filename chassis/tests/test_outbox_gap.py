"""R10: positions of the outbox are taken before the commit, so facts become visible out of order; PostgreSQL alone lets writers overlap."""

import asyncio
import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from kontor.contacts.events.v1 import events_pb2 as facts
from kontor_chassis.db.database import Database
from kontor_chassis.db.sessions import Sessions, WriteSession, flush
from kontor_chassis.outbox import Relay
from kontor_chassis.principal import Principal
from kontor_chassis.testing import RecordingBus
from tests.backends import Postgres
from tests.databases import make_plumbing, opened

ANNA = Principal(account_id="a", user_id="u")
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
RECORDS = sa.Table("records", sa.MetaData(), sa.Column("id", sa.Text, primary_key=True), sa.Column("version", sa.Integer, nullable=False))
_WRITERS = 16
_WRITES = 40
_NAMES = [f"r{number}" for number in range(12)]
_LATE = "late"
_HOLDER = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted"


@pytest.fixture
def url(postgres: Postgres) -> Iterator[str]:
    made = postgres.create_database("gap")
    with opened(made) as database:
        make_plumbing(database)
        RECORDS.metadata.create_all(database.engine)
        with database.writing("a") as connection:
            connection.execute(sa.insert(RECORDS), [{"id": name, "version": 0} for name in _NAMES])
    yield made
    postgres.drop_database(made)


class Refused(Exception):
    pass


def take_position(session: WriteSession) -> None:
    """Write the facts now, as a slow commit does: their positions are taken, and nobody sees them."""
    flush(session.connection, session._pending)
    session._pending.outbox.clear()


def write(sessions: Sessions, name: str, chance: random.Random) -> int:
    """The next version of a record and its fact. Commits after a while; one of twenty is rolled back."""
    with sessions.write(ANNA) as session:
        held = sa.select(RECORDS.c.version).where(RECORDS.c.id == name).with_for_update()
        version = int(session.execute(held).scalar_one()) + 1
        session.execute(sa.update(RECORDS).where(RECORDS.c.id == name).values(version=version))
        session.publish(facts.PersonDeleted(id=name), subject=f"persons/{name}", sequence=version)
        take_position(session)
        time.sleep(chance.uniform(0, 0.004))
        if chance.random() < 0.05:
            raise Refused
    return version


def write_slowly(sessions: Sessions, begun: threading.Event, release: threading.Event) -> int:
    """Takes its position first and commits last."""
    with sessions.write(ANNA) as session:
        session.publish(facts.PersonDeleted(id=_LATE), subject=f"persons/{_LATE}", sequence=1)
        take_position(session)
        begun.set()
        release.wait(60)
    return 1


def writer(sessions: Sessions, seed: int) -> list[tuple[str, int]]:
    chance, made = random.Random(seed), []
    for _ in range(_WRITES):
        name = chance.choice(_NAMES)
        try:
            made.append((f"persons/{name}", write(sessions, name, chance)))
        except Refused:
            continue
    return made


async def empty(relay: Relay, but: int = 0) -> None:
    async with asyncio.timeout(60):
        while await relay._database.read(relay._count) > but:
            relay.wake()
            await asyncio.sleep(0.005)


async def test_of_overlapping_writers_two_relays_skip_nothing_and_keep_the_order_of_each_record(url: str) -> None:
    bus, release, begun = RecordingBus(), threading.Event(), threading.Event()
    with opened(url) as writers, opened(url) as first, opened(url) as second, ThreadPoolExecutor(_WRITERS + 1) as pool:
        sessions = Sessions(writers, lambda: NOW)
        relays = [Relay(database, bus, "contacts") for database in (first, second)]
        for relay in relays:
            relay.start()
        late = pool.submit(write_slowly, sessions, begun, release)
        await asyncio.to_thread(begun.wait, 60)
        loop = asyncio.get_running_loop()
        running = [loop.run_in_executor(pool, writer, sessions, seed) for seed in range(_WRITERS)]
        await asyncio.sleep(0.1)
        await asyncio.to_thread(_end_leader, writers)
        made = [item for part in await asyncio.gather(*running) for item in part]
        # Nobody waits for the one that is still open.
        await empty(relays[0])
        assert {(item.subject, item.sequence) for item in bus.published} == set(made)
        release.set()
        made.append((f"persons/{_LATE}", await asyncio.wrap_future(late)))
        await empty(relays[1])
        for relay in relays:
            await relay.stop()

    told = [(item.subject, item.sequence) for item in bus.published]
    assert set(told) == set(made)
    for subject in {subject for subject, _ in made}:
        # A relay that lost its lead may tell again; nothing is told before what came before it.
        order = list(dict.fromkeys(sequence for name, sequence in told if name == subject))
        assert order == sorted(order), subject


def _end_leader(database: Database) -> None:
    """Cut the connection by which a relay leads, as a restart of the server would."""
    with database.engine.connect() as connection:
        for pid in connection.exec_driver_sql(_HOLDER).scalars().all():
            connection.exec_driver_sql(f"SELECT pg_terminate_backend({int(pid)})")
