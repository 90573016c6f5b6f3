"""The bus of the split profile: RabbitMQ 3.10 or newer, 4.x included.

What lies on the broker is described in amqp_topology; messages look as amqp_codec says. A lost broker makes `publish` raise
at once (the outbox keeps the events), and everything is declared and consumed again when it is back.
"""

import asyncio
from collections.abc import Sequence

import structlog

from kontor_chassis.bus import amqp_codec, amqp_dead_letters
from kontor_chassis.bus.amqp_consumer import Consumer
from kontor_chassis.bus.amqp_link import Link
from kontor_chassis.bus.amqp_publisher import Outgoing, Publisher
from kontor_chassis.bus.amqp_topology import EXCHANGE, dead_queue, main_queue, retry_queues
from kontor_chassis.bus.port import BatchHandler, DeadLetter, Envelope, QueueState, RetryPolicy, Topology
from kontor_chassis.clock import Clock, system_clock
from kontor_chassis.errors import FailedPrecondition, NotFound, Unavailable

log = structlog.get_logger(__name__)


class RabbitBus:
    """A Bus on the virtual host of `url` (amqp:// or amqps://). All processes of one suite share one virtual host."""

    def __init__(self, url: str, topology: Topology, *, retry: RetryPolicy | None = None, clock: Clock = system_clock) -> None:
        self._topology = topology
        self._retry = retry or RetryPolicy()
        self._clock = clock
        self._publisher = Publisher(url, topology, retry=self._retry)
        self._consuming = Link(url, name="consumer")
        self._consumers: dict[str, Consumer] = {}
        self._activity_before = 0

    async def start(self) -> None:
        await self._publisher.link.start()
        try:
            await self._consuming.start()
        except BaseException:
            await self._publisher.link.stop()
            raise

    async def stop(self) -> None:
        await asyncio.gather(*(consumer.stop() for consumer in self._consumers.values()))
        self._activity_before += sum(consumer.activity for consumer in self._consumers.values())
        self._consumers.clear()
        await self._consuming.stop()
        await self._publisher.link.stop()

    async def publish(self, envelopes: Sequence[Envelope]) -> None:
        wanted = [envelope for envelope in envelopes if self._topology.queues_for(envelope.type)]
        await self._publisher.publish([Outgoing(EXCHANGE, envelope.type, amqp_codec.encode(envelope)) for envelope in wanted])

    async def consume(self, queue: str, handler: BatchHandler, *, batch_size: int = 100) -> None:
        self._known(queue)
        if queue in self._consumers:
            raise FailedPrecondition(f"the queue {queue} has its consumer already", reason="QUEUE_TAKEN")
        self._consumers[queue] = Consumer(
            queue,
            handler,
            types=self._topology.queues[queue],
            batch_size=batch_size,
            link=self._consuming,
            publish=self._publisher.publish,
            retry=self._retry,
            clock=self._clock,
        )

    async def queues(self) -> list[QueueState]:
        names = [name for queue in self._topology.queues for name in (*self._working(queue), dead_queue(queue))]
        counts = await amqp_dead_letters.counts(self._publisher.link.connection(), names)
        return [
            QueueState(
                name=queue,
                ready=counts[main_queue(queue)],
                waiting=sum(counts[name] for name in retry_queues(queue, self._retry)),
                dead=counts[dead_queue(queue)],
            )
            for queue in self._topology.queues
        ]

    async def dead_letters(self, queue: str, *, limit: int = 100) -> list[DeadLetter]:
        self._known(queue)
        return await amqp_dead_letters.look(self._publisher.link.connection(), queue, limit=limit)

    async def replay(self, queue: str) -> int:
        self._known(queue)
        count = await amqp_dead_letters.replay(self._publisher.link.connection(), queue, publish=self._publisher.publish)
        log.info("dead_letters_replayed", queue=queue, messages=count)
        return count

    def ready(self) -> bool:
        return self._publisher.link.up()

    async def idle(self) -> bool:
        """See the port. False also while the broker cannot be asked."""
        if self._publisher.busy:
            return False
        names = [name for queue in self._topology.queues for name in self._working(queue)]
        try:
            counts = await amqp_dead_letters.counts(self._publisher.link.connection(), names)
            # Only now: a message that the broker does not count any more may be on its way to a consumer.
            return not any(counts.values()) and all([await consumer.idle() for consumer in self._consumers.values()])
        except Unavailable:
            return False

    def activity(self) -> int:
        return self._activity_before + self._publisher.activity + sum(consumer.activity for consumer in self._consumers.values())

    def _known(self, queue: str) -> None:
        if queue not in self._topology.queues:
            raise NotFound(f"there is no queue {queue}")

    def _working(self, queue: str) -> list[str]:
        return [main_queue(queue), *retry_queues(queue, self._retry)]
