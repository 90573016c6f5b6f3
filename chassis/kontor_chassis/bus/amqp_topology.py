"""The queues behind one queue of the topology, and why they are declared as they are. All are quorum queues.

    kontor.events (topic) ──types──▶ kontor.<queue> ──handler fails, we publish──▶ kontor.<queue>.retry.<milliseconds>
                                          ▲                                               │ TTL, the broker
                                          └───────────────────────────────────────────────┘
                                     kontor.<queue> ──last try failed, we publish; or delivery limit, the broker──▶ kontor.<queue>.dead

RabbitMQ's default exchange serves as dead-letter exchange: it reaches every queue by its name and cannot be missing.
A queue cannot be declared again with other arguments, so the pause is part of a retry queue's name: after a change of the
policy the old queues still drain into the main queue, and can be deleted when they are empty.
"""

from aio_pika import ExchangeType
from aio_pika.abc import AbstractChannel
from pamqp.common import Arguments, FieldValue

from kontor_chassis.bus.port import RetryPolicy, Topology

EXCHANGE = "kontor.events"

# Counts deliveries that ended without an answer: the consumer died, or lost its connection, or held the message for longer than
# the broker's consumer timeout (30 minutes), as one does whose database is away. That is no verdict on the message unless it
# goes on for long: fifty are a day of such an outage. RabbitMQ 3.x knows no limit unless told, 4.x has 20.
_DELIVERY_LIMIT = 50
# Looking at dead letters counts as a delivery too, and must not use them up; 3.x does not know -1 for "no limit".
_NO_LIMIT = 1_000_000


def main_queue(queue: str) -> str:
    return f"kontor.{queue}"


def dead_queue(queue: str) -> str:
    return f"kontor.{queue}.dead"


def retry_queue(queue: str, pause: float) -> str:
    return f"kontor.{queue}.retry.{_milliseconds(pause)}"


def retry_queues(queue: str, retry: RetryPolicy) -> list[str]:
    return list(dict.fromkeys(retry_queue(queue, pause) for pause in retry.pauses))


async def declare(channel: AbstractChannel, topology: Topology, retry: RetryPolicy) -> None:
    """Make what is missing; harmless to repeat. Bindings of types that a queue no longer wants are left alone, as another
    version of the suite may still run and want them."""
    exchange = await channel.declare_exchange(EXCHANGE, ExchangeType.TOPIC, durable=True)
    underlay = await channel.get_underlay_channel()
    for queue, types in topology.queues.items():
        await _declare(channel, dead_queue(queue), {"x-delivery-limit": _NO_LIMIT})
        # A second replica of the service stands by: with both active, no order would be left.
        arguments = {"x-delivery-limit": _DELIVERY_LIMIT, "x-single-active-consumer": True, **_dead_letters_to(dead_queue(queue))}
        await _declare(channel, main_queue(queue), arguments)
        for pause in retry.pauses:
            arguments = {"x-message-ttl": _milliseconds(pause), **_dead_letters_to(main_queue(queue))}
            await _declare(channel, retry_queue(queue, pause), arguments)
        for event_type in sorted(types):
            await underlay.queue_bind(main_queue(queue), exchange.name, event_type, nowait=True)
    # Anything that asks for an answer tells whether the bindings went through: the channel would be closed.
    await channel.declare_exchange(EXCHANGE, ExchangeType.TOPIC, durable=True)


def _dead_letters_to(queue: str) -> dict[str, FieldValue]:
    """Without at-least-once the broker drops a message that it cannot deliver at once to its next queue."""
    return {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": queue, "x-dead-letter-strategy": "at-least-once"}


async def _declare(channel: AbstractChannel, name: str, arguments: dict[str, FieldValue]) -> None:
    # reject-publish is what at-least-once needs, and it makes a full queue an error for the publisher instead of a loss.
    every: Arguments = {"x-queue-type": "quorum", "x-overflow": "reject-publish", **arguments}
    await channel.declare_queue(name, durable=True, arguments=every)


def _milliseconds(pause: float) -> int:
    return round(pause * 1000)
