"""The bus of the embedded profile: durable queues in one SQLite file, inside the process.

It is a real queue, not a function call: messages survive a crash, handlers run on their own, failures wait and are parked.
One process consumes a file; others may open the same file to look, to publish and to replay. What they do is noticed
within some seconds, what this process does at once.
"""

import asyncio
import fcntl
import os
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path

import structlog

from kontor_chassis.bus import local_store as store
from kontor_chassis.bus.delivery import Rest, error_text, hand_over, wait_for_event
from kontor_chassis.bus.local_store import Batch, Delivery, Failure, Settlement
from kontor_chassis.bus.port import BatchHandler, DeadLetter, Envelope, QueueState, RetryPolicy, Topology
from kontor_chassis.bus.sqlite_writer import SqliteWriter
from kontor_chassis.clock import Clock, system_clock
from kontor_chassis.errors import FailedPrecondition, NotFound, Unavailable

log = structlog.get_logger(__name__)

# How often a consumer looks for what another process has put into the file.
_POLL_SECONDS = 2.0
_PAUSE_AFTER_STORE_ERROR = 1.0


@dataclass
class _Consumer:
    queue: str
    handler: BatchHandler
    batch_size: int
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    handling: bool = False
    task: asyncio.Task[None] | None = None


class LocalBus:
    """A Bus in the file `path`, for use on one event loop. `stop` leaves everything in the file; the next start goes on from there."""

    def __init__(self, path: Path, topology: Topology, *, retry: RetryPolicy | None = None, clock: Clock = system_clock) -> None:
        self._path = path
        self._topology = topology
        self._retry = retry or RetryPolicy()
        self._clock = clock
        self._writer = SqliteWriter(path, schema=store.SCHEMA)
        self._consumers: dict[str, _Consumer] = {}
        self._stopping = asyncio.Event()
        self._ready = False
        self._publishing = 0
        self._activity = 0
        self._lock: int | None = None

    async def start(self) -> None:
        self._stopping.clear()
        await self._writer.open()
        self._ready = True

    async def stop(self) -> None:
        self._ready = False
        self._stopping.set()
        for consumer in self._consumers.values():
            consumer.wake.set()
        await asyncio.gather(*(consumer.task for consumer in self._consumers.values() if consumer.task is not None))
        self._consumers.clear()
        await self._writer.close()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    async def publish(self, envelopes: Sequence[Envelope]) -> None:
        entries = [(queue, envelope) for envelope in envelopes for queue in self._topology.queues_for(envelope.type)]
        if not entries:
            return
        self._publishing += 1
        self._activity += 1
        try:
            await self._writer.run(partial(store.insert, entries=entries))
            self._ready = not self._stopping.is_set()
        except Unavailable:
            self._ready = False
            raise
        finally:
            self._publishing -= 1
            self._activity += 1
        for queue in {queue for queue, _ in entries}:
            self._wake(queue)

    async def consume(self, queue: str, handler: BatchHandler, *, batch_size: int = 100) -> None:
        self._known(queue)
        if queue in self._consumers:
            raise FailedPrecondition(f"the queue {queue} has its consumer already", reason="QUEUE_TAKEN")
        if self._lock is None:
            self._lock = _lock(self._path)
        consumer = _Consumer(queue, handler, batch_size)
        self._consumers[queue] = consumer
        consumer.task = asyncio.create_task(self._deliver(consumer), name=f"consume-{queue}")

    async def queues(self) -> list[QueueState]:
        return await self._writer.run(partial(store.states, queues=list(self._topology.queues)))

    async def dead_letters(self, queue: str, *, limit: int = 100) -> list[DeadLetter]:
        self._known(queue)
        return await self._writer.run(partial(store.dead_letters, queue=queue, limit=limit))

    async def replay(self, queue: str) -> int:
        self._known(queue)
        count = await self._writer.run(partial(store.replay, queue=queue))
        log.info("dead_letters_replayed", queue=queue, messages=count)
        self._activity += 1
        self._wake(queue)
        return count

    def ready(self) -> bool:
        return self._ready

    async def idle(self) -> bool:
        if self._publishing or any(consumer.handling for consumer in self._consumers.values()):
            return False
        return not await self._writer.run(partial(store.has_work, queues=list(self._topology.queues)))

    def activity(self) -> int:
        return self._activity

    def _known(self, queue: str) -> None:
        if queue not in self._topology.queues:
            raise NotFound(f"there is no queue {queue}")

    def _wake(self, queue: str) -> None:
        if queue in self._consumers:
            self._consumers[queue].wake.set()

    async def _deliver(self, consumer: _Consumer) -> None:
        """Take, hand over, settle, until the bus stops. Settling and taking the next batch share one transaction."""
        settlement = Settlement()
        rest = Rest(consumer.queue)
        while True:
            consumer.wake.clear()
            stopping = self._stopping.is_set()
            try:
                batch = await self._turn(consumer, settlement, limit=0 if stopping else consumer.batch_size)
            except Exception as error:  # a queue must not fall silent, whatever happened
                log.error("queue_file_failed", queue=consumer.queue, error=error_text(error), exc_info=True)
                if stopping:
                    return  # what was handled but not settled comes again
                await wait_for_event(self._stopping, timeout=_PAUSE_AFTER_STORE_ERROR)
                continue
            settlement = Settlement()
            if stopping:
                return
            if not batch.deliveries:
                await wait_for_event(consumer.wake, timeout=self._until_next(batch))
                continue
            answers = await self._handle(consumer, batch.deliveries)
            settlement = self._settlement(consumer.queue, batch.deliveries, answers)
            await rest.after(answers, stopping=self._stopping)

    async def _turn(self, consumer: _Consumer, settlement: Settlement, *, limit: int) -> Batch:
        now = self._clock()
        longest_pause = max(self._retry.pauses, default=0.0)

        def turn(connection: sqlite3.Connection) -> Batch:
            store.settle(connection, settlement, now=now)
            return store.take(connection, consumer.queue, limit=limit, now=now, longest_pause=longest_pause)

        return await self._writer.run(turn)

    async def _handle(self, consumer: _Consumer, deliveries: Sequence[Delivery]) -> list[Exception | None]:
        self._activity += 1
        consumer.handling = True
        try:
            return await hand_over([delivery.envelope for delivery in deliveries], consumer.handler, queue=consumer.queue)
        finally:
            consumer.handling = False

    def _settlement(self, queue: str, deliveries: Sequence[Delivery], answers: Sequence[Exception | None]) -> Settlement:
        done = []
        failed = []
        for delivery, answer in zip(deliveries, answers, strict=True):
            if answer is None:
                done.append(delivery.position)
            elif not isinstance(answer, Unavailable):
                failed.append(self._failure(queue, delivery, answer))
        return Settlement(done=done, failed=failed)

    def _failure(self, queue: str, delivery: Delivery, answer: Exception) -> Failure:
        envelope = delivery.envelope
        pause = self._retry.pause_after(envelope.attempts + 1)
        log.warning(
            "message_parked" if pause is None else "message_failed",
            queue=queue,
            event_id=envelope.id,
            event_type=envelope.type,
            attempts=envelope.attempts + 1,
            error=error_text(answer),
        )
        due = None if pause is None else self._clock() + timedelta(seconds=pause)
        return Failure(position=delivery.position, error=error_text(answer), due=due)

    def _until_next(self, batch: Batch) -> float:
        if batch.next_due is None:
            return _POLL_SECONDS
        # A millisecond more, because timers may go off a little early.
        return min(_POLL_SECONDS, max(0.0, (batch.next_due - self._clock()).total_seconds()) + 0.001)


def _lock(path: Path) -> int:
    """Take the right to consume; the system gives it back when this process ends, however it does.

    Two consuming processes would hand every message to both.
    """
    descriptor = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise FailedPrecondition(f"another process consumes the queues in {path.name}", reason="QUEUE_TAKEN") from error
    return descriptor
