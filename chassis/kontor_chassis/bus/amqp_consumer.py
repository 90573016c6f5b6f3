"""One queue's consumer: it keeps itself attached to the broker, hands over batches, and settles them."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

import structlog
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from kontor_chassis.bus import amqp_codec, amqp_topology
from kontor_chassis.bus.absence import Absence
from kontor_chassis.bus.amqp_link import Link, broker_errors
from kontor_chassis.bus.amqp_publisher import Outgoing
from kontor_chassis.bus.amqp_topology import dead_queue, main_queue, retry_queue
from kontor_chassis.bus.delivery import Rest, error_text, hand_over, wait_for_event
from kontor_chassis.bus.port import BatchHandler, RetryPolicy, Topology
from kontor_chassis.clock import Clock
from kontor_chassis.errors import Unavailable

log = structlog.get_logger(__name__)

_ATTACH_SECONDS = 20.0
_CLOSE_SECONDS = 3.0
# How much longer than its pause a message may be on its way back from a retry queue before `idle` stops waiting for it.
_RETURN_SECONDS = 5.0


class _Session:
    """What one channel has delivered and is not handed over yet. When the channel is gone, so are these: they come again."""

    def __init__(self, channel: AbstractChannel) -> None:
        self.channel = channel
        self.messages: deque[AbstractIncomingMessage] = deque()
        self.wake = asyncio.Event()
        self._cancelled = False
        channel.close_callbacks.add(lambda *_: self.wake.set())

    @property
    def closed(self) -> bool:
        return self._cancelled or self.channel.is_closed

    async def deliver(self, message: AbstractIncomingMessage) -> None:
        self.messages.append(message)
        self.wake.set()

    async def cancelled(self, _: object) -> None:
        """The broker ends a consumer whose queue is deleted; the channel stays open then, and would stay silent."""
        self._cancelled = True
        self.wake.set()

    def take(self, limit: int) -> list[AbstractIncomingMessage]:
        return [self.messages.popleft() for _ in range(min(limit, len(self.messages)))]

    async def close(self) -> None:
        self.messages.clear()
        if not self.channel.is_closed:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self.channel.close()


class Consumer:
    def __init__(
        self,
        queue: str,
        handler: BatchHandler,
        *,
        types: frozenset[str],
        batch_size: int,
        link: Link,
        publish: Callable[[Sequence[Outgoing]], Awaitable[None]],
        retry: RetryPolicy,
        clock: Clock,
    ) -> None:
        self._queue = queue
        self._handler = handler
        self._topology = Topology({queue: types})
        self._batch_size = batch_size
        self._link = link
        self._publish = publish
        self._retry = retry
        self._clock = clock
        self._stopping = asyncio.Event()
        self._session: _Session | None = None
        self._absence = Absence()
        self._handling = False
        # Event id → loop time at which its return from the retry queue is no longer waited for.
        self._returning: dict[str, float] = {}
        self.activity = 0
        self._task = asyncio.create_task(self._run(), name=f"consume-{queue}")

    async def stop(self) -> None:
        """Let the running handler finish and settle, then let go of the queue."""
        self._stopping.set()
        if self._session is not None:
            self._session.wake.set()
        await self._task

    async def idle(self) -> bool:
        """Whether nothing is in hand, or on its way here, or on its way back from a retry queue. Raises Unavailable.

        Not while unattached: to attach is a command in the queue's own log, so it takes effect after the return of what a
        consumer before this one had in hand, which the broker does not count until then.
        """
        session = self._session
        if session is None or session.closed:
            return False
        # The broker's answer comes behind all that it had sent on this channel before the question.
        with broker_errors(f"the consumer of {self._queue} is cut off"):
            await session.channel.declare_queue(main_queue(self._queue), passive=True)
        now = asyncio.get_running_loop().time()
        self._returning = {event_id: until for event_id, until in self._returning.items() if until > now}
        return not self._handling and not self._returning and not session.messages

    async def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                await self._attend()
            except Exception as error:  # a queue must not fall silent, whatever happened
                if self._absence.is_to_be_told(asyncio.get_running_loop().time()):
                    log.warning("consumer_lost", queue=self._queue, error=error_text(error), exc_info=not isinstance(error, Unavailable))
                await wait_for_event(self._stopping, timeout=self._absence.next_pause())

    async def _attend(self) -> None:
        """Consume on one channel until it is lost, which raises Unavailable, or the bus stops."""
        with broker_errors(f"the consumer of {self._queue} is cut off"):
            session = _Session(await self._link.connection().channel(publisher_confirms=False))
            try:
                async with asyncio.timeout(_ATTACH_SECONDS):
                    await self._attach(session)
                self._absence.over()
                log.info("consumer_attached", queue=self._queue)
                self._session = session
                await self._serve(session)
            finally:
                await session.close()

    async def _attach(self, session: _Session) -> None:
        channel = session.channel
        # Each time: the queue may have been deleted, or the broker may have come back empty.
        await amqp_topology.declare(channel, self._topology, self._retry)
        await channel.set_qos(prefetch_count=self._batch_size)
        underlay = await channel.get_underlay_channel()
        underlay.on_consumer_cancel_callbacks.add(session.cancelled)
        queue = await channel.get_queue(main_queue(self._queue), ensure=False)
        await queue.consume(session.deliver)

    async def _serve(self, session: _Session) -> None:
        rest = Rest(self._queue)
        while not self._stopping.is_set():
            if session.closed:
                raise Unavailable("the channel was closed")
            batch = session.take(self._batch_size)
            if not batch:
                await session.wake.wait()
                session.wake.clear()
                continue
            self.activity += 1
            self._handling = True
            try:
                envelopes = [amqp_codec.decode(message) for message in batch]
                for envelope in envelopes:
                    self._returning.pop(envelope.id, None)
                answers = await hand_over(envelopes, self._handler, queue=self._queue)
                await self._settle(session, list(zip(batch, answers, strict=True)))
            finally:
                self._handling = False
            await rest.after(answers, stopping=self._stopping)

    async def _settle(self, session: _Session, answered: Sequence[tuple[AbstractIncomingMessage, Exception | None]]) -> None:
        """Acknowledge what is done. A failed message must be safe in its next queue before it is done here."""
        failures = [(message, answer) for message, answer in answered if answer is not None and not isinstance(answer, Unavailable)]
        if failures and not await self._move([self._next(message, answer) for message, answer in failures], session):
            raise Unavailable("stopped with failed messages in hand")
        kept = [message for message, answer in answered if isinstance(answer, Unavailable)]
        if not kept:
            # Deliveries are handed over in their order: nothing unsettled is before the last one.
            await answered[-1][0].ack(multiple=True)
            return
        for message, answer in answered:
            if not isinstance(answer, Unavailable):
                await message.ack()
        session.messages.extendleft(reversed(kept))

    async def _move(self, outgoing: Sequence[Outgoing], session: _Session) -> bool:
        """Publish until it succeeds; answers False where the bus stops or the channel was lost meanwhile."""
        while not session.closed:
            try:
                await self._publish(outgoing)
            except Unavailable as error:
                log.warning("failures_not_moved", queue=self._queue, error=error_text(error))
                if await wait_for_event(self._stopping, timeout=1.0):
                    return False
            else:
                return True
        return False

    def _next(self, message: AbstractIncomingMessage, answer: Exception) -> Outgoing:
        """Where a failed message goes: to the retry queue of its pause, or to the dead letters."""
        envelope = amqp_codec.decode(message)
        attempts = envelope.attempts + 1
        error = error_text(answer)
        pause = self._retry.pause_after(attempts)
        log.warning(
            "message_parked" if pause is None else "message_failed",
            queue=self._queue,
            event_id=envelope.id,
            event_type=envelope.type,
            attempts=attempts,
            error=error,
        )
        if pause is None:
            return Outgoing("", dead_queue(self._queue), amqp_codec.parked(message, attempts=attempts, error=error, now=self._clock()))
        self._returning[envelope.id] = asyncio.get_running_loop().time() + pause + _RETURN_SECONDS
        return Outgoing("", retry_queue(self._queue, pause), amqp_codec.failed(message, attempts=attempts))
