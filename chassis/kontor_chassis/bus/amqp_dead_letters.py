"""Looking at dead letters and replaying them.

AMQP knows no peeking: one takes messages and gives them back. Three traps, and what is done here about each:

- A quorum queue puts what is given back behind everything that was given back before, and where many are refused at once, in
  no order. So all are taken, and all are given back by closing the channel, which keeps their order.
- While they are taken the broker does not count them, and giving back takes effect a little after the channel is closed. So
  only one at a time does this, under a lock, and leaves only when the broker counts them again.
- A consumer is sent more as soon as it acknowledges. So each portion has its own consumer, which ends when it has its number.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage
from aio_pika.exceptions import AMQPChannelError

from kontor_chassis.bus import amqp_codec
from kontor_chassis.bus.amqp_link import broker_errors
from kontor_chassis.bus.amqp_publisher import Outgoing
from kontor_chassis.bus.amqp_topology import dead_queue, main_queue
from kontor_chassis.bus.port import DeadLetter

# The protocol's field for the number of unacknowledged messages has 16 bits. Beyond it, looking disturbs the order.
_MOST = 65_535
_REPLAYED_AT_ONCE = 1000
_PATIENCE_SECONDS = 10.0
_PAUSE_SECONDS = 0.02


async def counts(connection: AbstractConnection, names: Sequence[str]) -> dict[str, int]:
    """How many messages lie in the queues of these full names, without those handed to somebody."""
    with broker_errors("the message broker cannot be asked"):
        async with asyncio.timeout(_PATIENCE_SECONDS), connection.channel(publisher_confirms=False) as channel:
            return {name: await _count(channel, name) for name in names}


async def look(connection: AbstractConnection, queue: str, *, limit: int) -> list[DeadLetter]:
    name = dead_queue(queue)
    async with taking(connection, queue):
        async with connection.channel(publisher_confirms=False) as channel:
            total = await _count(channel, name)
            messages = await _take(channel, name, min(total, _MOST))
        async with connection.channel(publisher_confirms=False) as channel, asyncio.timeout(_PATIENCE_SECONDS):
            while await _count(channel, name) < total:  # noqa: ASYNC110 - the broker tells only who asks
                await asyncio.sleep(_PAUSE_SECONDS)
    return [amqp_codec.dead_letter(message) for message in messages[:limit]]


async def replay(connection: AbstractConnection, queue: str, *, publish: Callable[[Sequence[Outgoing]], Awaitable[None]]) -> int:
    """Each is confirmed by the main queue before it leaves the dead letters: a crash in between doubles it, at worst."""
    name = dead_queue(queue)
    replayed = 0
    async with taking(connection, queue), connection.channel(publisher_confirms=False) as channel:
        total = await _count(channel, name)
        while replayed < total:
            messages = await _take(channel, name, min(total - replayed, _REPLAYED_AT_ONCE))
            await publish([Outgoing("", main_queue(queue), amqp_codec.replayed(message)) for message in messages])
            await messages[-1].ack(multiple=True)
            replayed += len(messages)
    return replayed


@asynccontextmanager
async def taking(connection: AbstractConnection, queue: str) -> AsyncIterator[None]:
    """The right to take dead letters of this queue, for one at a time. Raises Unavailable where it is not to be had."""
    with broker_errors(f"the dead letters of {queue} cannot be read"):
        async with asyncio.timeout(_PATIENCE_SECONDS):
            lock = await _lock(connection, f"{dead_queue(queue)}.lock")
        try:
            yield
        finally:
            await lock.close()


async def _lock(connection: AbstractConnection, name: str) -> AbstractChannel:
    """Wait for the lock `name`; closing the channel gives it back, and so does losing the connection.

    It is a queue that belongs to one connection, so no other one can declare it, and whose consumer is exclusive, so no other
    channel of this connection gets that far. Being refused, which closes the channel, means that somebody has the lock.
    """
    while True:
        channel = await connection.channel(publisher_confirms=False)
        try:
            queue = await channel.declare_queue(name, exclusive=True, auto_delete=True)
            await queue.consume(_ignore, exclusive=True)
        except AMQPChannelError:
            await asyncio.sleep(_PAUSE_SECONDS)
        else:
            return channel


async def _take(channel: AbstractChannel, name: str, number: int) -> list[AbstractIncomingMessage]:
    """Exactly so many messages from the head of the queue, in order."""
    if number == 0:
        return []
    arrived: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()
    await channel.set_qos(prefetch_count=number)
    queue = await channel.get_queue(name, ensure=False)
    tag = await queue.consume(arrived.put)
    messages: list[AbstractIncomingMessage] = []
    while len(messages) < number:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            messages.append(await arrived.get())
    await queue.cancel(tag)
    return messages


async def _ignore(_: AbstractIncomingMessage) -> None:
    """Nobody sends to a lock."""


async def _count(channel: AbstractChannel, name: str) -> int:
    queue = await channel.declare_queue(name, passive=True)
    return queue.declaration_result.message_count or 0
