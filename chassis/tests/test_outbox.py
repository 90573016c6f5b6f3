"""The relay: nothing skipped, nothing lost, order kept per subject."""

import asyncio
import random
from collections.abc import Sequence

import pytest
import sqlalchemy as sa

from kontor.contacts.events.v1 import events_pb2 as facts
from kontor_chassis.bus.port import Envelope
from kontor_chassis.db.database import Database
from kontor_chassis.db.plumbing import OUTBOX
from kontor_chassis.db.sessions import Sessions
from kontor_chassis.errors import Unavailable
from kontor_chassis.outbox import Relay
from kontor_chassis.principal import Principal
from kontor_chassis.testing import RecordingBus

ANNA = Principal(account_id="a", user_id="u")


def tell(sessions: Sessions, person: str, sequence: int) -> None:
    with sessions.write(ANNA) as session:
        session.publish(facts.PersonDeleted(id=person), subject=f"persons/{person}", sequence=sequence)


async def drained(relay: Relay) -> None:
    async with asyncio.timeout(60):
        while not await relay.idle():
            relay.wake()
            await asyncio.sleep(0.001)


class FailingBus(RecordingBus):
    """Fails as often as it is told to; `confirms` decides whether the messages were safe all the same."""

    def __init__(self, failures: int, *, confirms: bool) -> None:
        super().__init__()
        self._failures = failures
        self._confirms = confirms

    async def publish(self, envelopes: Sequence[Envelope]) -> None:
        if self._failures:
            self._failures -= 1
            if self._confirms:
                await super().publish(envelopes)
            raise Unavailable("away")
        await super().publish(envelopes)


async def test_a_committed_fact_leaves_the_outbox_and_a_rolled_back_one_never_existed(database: Database, sessions: Sessions) -> None:
    bus = RecordingBus()
    relay = Relay(database, bus, "contacts")
    relay.start()

    def fail() -> None:
        with sessions.write(ANNA) as session:
            session.publish(facts.PersonDeleted(id="2"), subject="persons/2", sequence=1)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await database.write(fail)
    await database.write(tell, sessions, "1", 1)
    await drained(relay)
    await relay.stop()
    assert [(item.subject, item.source, item.account_id) for item in bus.published] == [("persons/1", "contacts", "a")]


@pytest.mark.parametrize("confirms", [True, False])
async def test_a_bus_that_is_away_delays_and_loses_nothing(database: Database, sessions: Sessions, confirms: bool) -> None:
    """`confirms`: the messages were safe and the relay did not learn it; they come twice and consumers' inboxes see to that."""
    bus = FailingBus(2, confirms=confirms)
    for number in range(3):
        tell(sessions, "1", number)
    relay = Relay(database, bus, "contacts")
    relay.start()
    await drained(relay)
    await relay.stop()
    assert len({item.id for item in bus.published}) == 3
    assert len(bus.published) == (9 if confirms else 3)


async def test_facts_of_a_relay_that_died_are_published_by_the_next(database: Database, sessions: Sessions) -> None:
    tell(sessions, "1", 1)
    dead = Relay(database, FailingBus(10_000, confirms=False), "contacts")
    dead.start()
    await asyncio.sleep(0)
    await dead.stop()
    bus = RecordingBus()
    relay = Relay(database, bus, "contacts")
    relay.start()
    await drained(relay)
    await relay.stop()
    assert [item.sequence for item in bus.published] == [1]


async def test_a_row_with_a_lower_position_that_turns_up_late_is_not_skipped(database: Database, sessions: Sessions) -> None:
    """What a slow transaction looks like: its position was taken before others committed."""
    bus = RecordingBus()
    relay = Relay(database, bus, "contacts")
    relay.start()
    for number in (1, 2):
        tell(sessions, str(number), 1)
    await drained(relay)
    with database.writing("*") as connection:
        row = connection.execute(sa.select(OUTBOX)).first()
        assert row is None
    tell(sessions, "late", 1)
    with database.writing("*") as connection:
        connection.execute(sa.update(OUTBOX).values(position=-1))
    await drained(relay)
    await relay.stop()
    assert [item.subject for item in bus.published] == ["persons/1", "persons/2", "persons/late"]


async def test_many_writers_with_rollbacks_keep_the_order_per_subject(database: Database, sessions: Sessions) -> None:
    bus = RecordingBus()
    relay = Relay(database, bus, "contacts")
    relay.start()
    people = sa.Table("people", sa.MetaData(), sa.Column("id", sa.Text, primary_key=True), sa.Column("version", sa.Integer))
    people.create(database.engine)
    with sessions.write(ANNA) as session:
        session.execute(sa.insert(people), [{"id": str(number), "version": 0} for number in range(20)])
    chance = random.Random(7)

    def work() -> None:
        try:
            with sessions.write(ANNA) as session:
                one = people.c.id == str(chance.randrange(20))
                person, version = session.execute(sa.select(people).where(one).with_for_update()).one()
                version += 1
                session.execute(sa.update(people).where(one).values(version=version))
                session.publish(facts.PersonDeleted(id=person), subject=f"persons/{person}", sequence=version)
                if chance.random() < 0.05:
                    raise RuntimeError
        except RuntimeError:
            pass

    await asyncio.gather(*(database.write(work) for _ in range(1000)))
    await drained(relay)
    await relay.stop()
    seen: dict[str, list[int]] = {}
    for item in bus.published:
        seen.setdefault(item.subject, []).append(item.sequence)
    with sessions.read(ANNA) as reading:
        versions = {f"persons/{row.id}": row.version for row in reading.execute(sa.select(people)) if row.version}
    assert seen == {subject: list(range(1, version + 1)) for subject, version in versions.items()}
