"""What the local bus promises beyond the port's contract (that is in tests/contract)."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kontor_chassis.bus.drain import drain
from kontor_chassis.bus.local import LocalBus
from kontor_chassis.bus.port import Envelope, QueueState, RetryPolicy, Topology
from kontor_chassis.errors import FailedPrecondition, Unavailable
from kontor_chassis.ids import new_id

CREATED = "kontor.contacts.person.created.v1"
TOPOLOGY = Topology({"search": frozenset({CREATED})})


@dataclass
class SettableClock:
    now: datetime = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def event() -> Envelope:
    return Envelope(new_id(), CREATED, "contacts", "persons/1", "account", 1, datetime(2026, 1, 1, tzinfo=UTC), b"data")


class Handler:
    """Remembers; fails while `broken`."""

    def __init__(self, *, broken: bool = False) -> None:
        self.broken = broken
        self.seen: list[Envelope] = []
        self._arrived = asyncio.Condition()

    async def __call__(self, batch: Sequence[Envelope]) -> list[Exception | None]:
        async with self._arrived:
            self.seen.extend(batch)
            self._arrived.notify_all()
        return [ValueError("bad") if self.broken else None for _ in batch]

    async def until_seen(self, count: int) -> None:
        async with asyncio.timeout(20), self._arrived:
            await self._arrived.wait_for(lambda: len(self.seen) >= count)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "queues.db"


@pytest.fixture
async def bus(path: Path) -> AsyncIterator[LocalBus]:
    bus = LocalBus(path, TOPOLOGY)
    await bus.start()
    yield bus
    await bus.stop()


async def test_publishing_again_changes_nothing_while_the_event_is_queued(bus: LocalBus) -> None:
    first, second = event(), event()
    await bus.publish([first, second, first])
    await bus.publish([second, first])
    handler = Handler()
    await bus.consume("search", handler)
    await drain(bus)
    assert handler.seen == [first, second]


async def test_an_event_may_be_queued_in_one_queue_and_gone_from_another(path: Path) -> None:
    bus = LocalBus(path, Topology({"search": frozenset({CREATED}), "sales": frozenset({CREATED})}))
    await bus.start()
    handler = Handler()
    await bus.consume("search", handler)
    published = event()
    await bus.publish([published])
    await handler.until_seen(1)
    await bus.stop()
    assert _rows(path) == [("sales", published.id)]


async def test_a_waiting_message_comes_due_by_the_clock(path: Path) -> None:
    clock = SettableClock()
    bus = LocalBus(path, TOPOLOGY, retry=RetryPolicy(pauses=(60.0,)), clock=clock)
    await bus.start()
    handler = Handler(broken=True)
    await bus.consume("search", handler)
    late, others = event(), [event(), event()]
    await bus.publish([late])
    await handler.until_seen(1)
    handler.broken = False

    clock.now += timedelta(seconds=59)
    await bus.publish(others[:1])
    await handler.until_seen(2)
    clock.now += timedelta(seconds=1)
    await bus.publish(others[1:])
    await drain(bus)
    await bus.stop()
    assert [envelope.id for envelope in handler.seen] == [late.id, others[0].id, late.id, others[1].id]


async def test_a_clock_that_is_set_back_makes_nobody_wait_for_longer_than_the_longest_pause(path: Path) -> None:
    clock = SettableClock()
    bus = LocalBus(path, TOPOLOGY, retry=RetryPolicy(pauses=(60.0,)), clock=clock)
    await bus.start()
    handler = Handler(broken=True)
    await bus.consume("search", handler)
    await bus.publish([event()])
    await handler.until_seen(1)
    handler.broken = False
    clock.now -= timedelta(days=1)
    await bus.publish([event()])
    await drain(bus)
    await bus.stop()
    assert len(handler.seen) == 3


async def test_pauses_outlast_a_restart(path: Path) -> None:
    clock = SettableClock()
    retry = RetryPolicy(pauses=(60.0,))
    before = LocalBus(path, TOPOLOGY, retry=retry, clock=clock)
    await before.start()
    failing = Handler(broken=True)
    await before.consume("search", failing)
    await before.publish([event()])
    await failing.until_seen(1)
    await before.stop()

    clock.now += timedelta(seconds=61)
    bus = LocalBus(path, TOPOLOGY, retry=retry, clock=clock)
    await bus.start()
    handler = Handler()
    assert await bus.queues() == [QueueState("search", ready=0, waiting=1, dead=0)]
    await bus.consume("search", handler)
    await drain(bus)
    await bus.stop()
    assert [envelope.attempts for envelope in handler.seen] == [1]


async def test_only_one_process_consumes_a_file_and_its_end_frees_it(bus: LocalBus, path: Path) -> None:
    await bus.consume("search", Handler())
    other = LocalBus(path, TOPOLOGY)
    await other.start()
    with pytest.raises(FailedPrecondition, match="another process"):
        await other.consume("search", Handler())
    await bus.stop()
    await other.consume("search", Handler())
    await other.stop()


async def test_a_locked_file_delays_consumers_and_loses_nothing(bus: LocalBus, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A backup or an operator's shell holds the write lock for longer than anybody waits."""
    monkeypatch.setattr("kontor_chassis.bus.local._PAUSE_AFTER_STORE_ERROR", 0.01)
    monkeypatch.setattr("kontor_chassis.bus.sqlite_writer._BUSY_MILLISECONDS", 50)
    patient = LocalBus(path, TOPOLOGY)
    await patient.start()
    published = event()
    await patient.publish([published])
    lock = sqlite3.connect(path, isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    handler = Handler()
    await patient.consume("search", handler)
    with pytest.raises(Unavailable):
        await patient.publish([event()])
    assert not patient.ready()
    lock.execute("ROLLBACK")
    lock.close()
    await handler.until_seen(1)
    await drain(patient)
    await patient.publish([event()])
    assert patient.ready()
    await handler.until_seen(2)
    await patient.stop()
    assert handler.seen[0] == published


async def test_a_path_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    bus = LocalBus(tmp_path / "file" / "queues.db", TOPOLOGY)
    with pytest.raises(Unavailable):
        await bus.start()
    assert not bus.ready()


def _rows(path: Path) -> list[tuple[str, str]]:
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT queue, event_id FROM delivery ORDER BY queue").fetchall()
    connection.close()
    return rows
