"""What the bus contract is tested with: one storage per test, buses on it, and a handler that remembers."""

import asyncio
import itertools
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aio_pika

from kontor_chassis.bus.amqp_topology import dead_queue, main_queue, retry_queues
from kontor_chassis.bus.local import LocalBus
from kontor_chassis.bus.port import Bus, Envelope, RetryPolicy, Topology
from kontor_chassis.bus.rabbitmq import RabbitBus
from kontor_chassis.ids import new_id

FAST = RetryPolicy(pauses=(0.02, 0.05))
ONCE = RetryPolicy(pauses=())
NEVER_AGAIN = RetryPolicy(pauses=(3600.0,))

_START = datetime(2026, 2, 3, 4, 5, 6, 789000, tzinfo=UTC)
_counter = itertools.count(1)


@dataclass
class Harness:
    """One fresh storage with two queues, both wanting `created` and only the second wanting `deleted`. The names carry a random
    part, because the tests of a session share a broker."""

    adapter: str
    # A broker's URL or a file's path.
    storage: str
    tag: str = field(default_factory=lambda: secrets.token_hex(4))
    _buses: list[Bus] = field(default_factory=list)
    _policies: list[RetryPolicy] = field(default_factory=list)

    @property
    def first(self) -> str:
        return f"first-{self.tag}"

    @property
    def second(self) -> str:
        return f"second-{self.tag}"

    @property
    def created(self) -> str:
        return f"kontor.test{self.tag}.thing.created.v1"

    @property
    def deleted(self) -> str:
        return f"kontor.test{self.tag}.thing.deleted.v1"

    @property
    def topology(self) -> Topology:
        return Topology({self.first: frozenset({self.created}), self.second: frozenset({self.created, self.deleted})})

    def bus(self, *, retry: RetryPolicy = FAST) -> Bus:
        """A bus on this storage that is not started."""
        self._policies.append(retry)
        bus = build(self.adapter, self.storage, self.topology, retry=retry)
        self._buses.append(bus)
        return bus

    async def start(self, *, retry: RetryPolicy = FAST) -> Bus:
        bus = self.bus(retry=retry)
        await bus.start()
        return bus

    def event(self, number: int = 0, *, event_type: str = "", data: bytes = b"\x00\xff payload") -> Envelope:
        count = next(_counter)
        return Envelope(
            id=new_id(),
            type=event_type or self.created,
            source="contacts",
            subject=f"things/{number}",
            account_id="0193b0a0-0000-7000-8000-00000000abcd",
            sequence=count,
            time=_START + timedelta(microseconds=count),
            data=data,
            actor_user_id="0193b0a0-0000-7000-8000-000000000001",
            traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        )

    def events(self, count: int) -> list[Envelope]:
        return [self.event(number) for number in range(count)]

    def broker_queues(self) -> list[str]:
        """The full names of all that the buses have declared on a broker."""
        names = [name for queue in self.topology.queues for name in (main_queue(queue), dead_queue(queue))]
        retries = [name for queue in self.topology.queues for policy in self._policies for name in retry_queues(queue, policy)]
        return list(dict.fromkeys(names + retries))

    async def stop(self) -> None:
        for bus in self._buses:
            await bus.stop()

    async def close(self) -> None:
        """Stop the buses and leave nothing behind."""
        await self.stop()
        if self.adapter == "rabbitmq":
            connection = await aio_pika.connect(self.storage)
            async with connection, connection.channel() as channel:
                for name in self.broker_queues():
                    await channel.queue_delete(name)


def build(adapter: str, storage: str, topology: Topology, *, retry: RetryPolicy) -> Bus:
    if adapter == "local":
        return LocalBus(Path(storage), topology, retry=retry)
    return RabbitBus(storage, topology, retry=retry)


Verdict = Callable[[Envelope], Exception | None]


@dataclass
class Recorder:
    """A handler that remembers what it was given, and answers for each message what `verdict` says."""

    verdict: Verdict = lambda _: None
    batches: list[list[Envelope]] = field(default_factory=list)
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def __call__(self, batch: Sequence[Envelope]) -> list[Exception | None]:
        async with self._changed:
            self.batches.append(list(batch))
            self._changed.notify_all()
        return [self.verdict(envelope) for envelope in batch]

    @property
    def seen(self) -> list[Envelope]:
        return [envelope for batch in self.batches for envelope in batch]

    @property
    def ids(self) -> list[str]:
        return [envelope.id for envelope in self.seen]

    async def until(self, reached: Callable[[], bool], *, timeout: float = 30) -> None:
        """Wait until a delivery has made `reached` true."""
        async with asyncio.timeout(timeout), self._changed:
            await self._changed.wait_for(reached)

    async def until_seen(self, count: int) -> None:
        await self.until(lambda: len(self.seen) >= count)


async def until(reached: Callable[[], Awaitable[bool]], *, timeout: float = 30) -> None:
    """Ask again and again: for what no event tells of, such as a broker that is back."""
    async with asyncio.timeout(timeout):
        while not await reached():  # noqa: ASYNC110 - it happens outside this process
            await asyncio.sleep(0.02)


def fails(*ids: str, error: Callable[[], Exception] = lambda: ValueError("cannot be done")) -> Verdict:
    """The verdict of a handler for which these messages are poison."""
    return lambda envelope: error() if envelope.id in ids else None
