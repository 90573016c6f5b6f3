"""A durable queue that keeps every fact that was published, to be read when all is over."""

import asyncio
from collections.abc import Sequence

import aio_pika

from kontor_chassis.bus import amqp_codec
from kontor_chassis.bus.amqp_topology import EXCHANGE
from kontor_chassis.bus.port import Envelope

_QUEUE = "test.told"


def begin(url: str) -> None:
    """Keep from now on; what an earlier test has kept is forgotten."""

    async def declare() -> None:
        async with await aio_pika.connect(url) as connection:
            channel = await connection.channel()
            queue = await channel.declare_queue(_QUEUE, durable=True, arguments={"x-queue-type": "quorum"})
            await queue.bind(EXCHANGE, "#")
            await queue.purge()

    asyncio.run(declare())


def read(url: str) -> list[Envelope]:
    """All of them, in the order in which the broker took them; those that were published again come again."""

    async def take() -> list[Envelope]:
        found: list[Envelope] = []
        async with await aio_pika.connect(url) as connection:
            queue = await (await connection.channel()).get_queue(_QUEUE)
            while (message := await queue.get(no_ack=True, fail=False)) is not None:
                found.append(amqp_codec.decode(message))
        return found

    return asyncio.run(take())


def end(url: str) -> None:
    async def delete() -> None:
        async with await aio_pika.connect(url) as connection:
            await (await connection.channel()).queue_delete(_QUEUE)

    asyncio.run(delete())


def overtaken(facts: Sequence[Envelope]) -> list[Envelope]:
    """Facts that came first after a newer one of the same record."""
    newest: dict[tuple[str, str, str], int] = {}
    seen: set[str] = set()
    found: list[Envelope] = []
    for fact in facts:
        if fact.id in seen:
            continue
        seen.add(fact.id)
        record = (fact.account_id, fact.source, fact.subject)
        if fact.sequence < newest.get(record, 0):
            found.append(fact)
        newest[record] = max(newest.get(record, 0), fact.sequence)
    return found
