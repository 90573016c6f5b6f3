"""Publishing with confirms: hundreds in flight, in order, and one wait for all of them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from aio_pika import Message
from aio_pika.abc import AbstractConnection, AbstractExchange
from aio_pika.exceptions import PublishError

from kontor_chassis.bus import amqp_topology
from kontor_chassis.bus.amqp_link import Link, broker_errors
from kontor_chassis.bus.port import RetryPolicy, Topology
from kontor_chassis.errors import Unavailable

_IN_FLIGHT = 500
# For one flight, not for a whole call. A healthy broker takes about a tenth of a second; a relay wants to know soon.
_CONFIRM_SECONDS = 3.0


@dataclass(frozen=True)
class Outgoing:
    """A message, and the routing key under which `exchange` knows its queues; the exchange "" knows each queue by its name."""

    exchange: str
    routing_key: str
    message: Message


class Publisher:
    """Owns the connection that is published on. Consumers have one of their own: a broker that is short of memory stops
    reading from connections that publish, and acknowledgements must not be stuck behind that."""

    def __init__(self, url: str, topology: Topology, *, retry: RetryPolicy) -> None:
        self._topology = topology
        self._retry = retry
        self._exchanges: dict[str, AbstractExchange] = {}
        self._busy = 0
        self._activity = 0
        self.link = Link(url, name="publisher", setup=self._setup)

    @property
    def busy(self) -> bool:
        return self._busy > 0

    @property
    def activity(self) -> int:
        return self._activity

    async def publish(self, outgoing: Sequence[Outgoing]) -> None:
        """Return when the broker has confirmed each message for all its queues. Raises Unavailable."""
        self._busy += 1
        self._activity += 1
        try:
            messages = iter(outgoing)
            while flight := list(islice(messages, _IN_FLIGHT)):
                await self._fly(flight)
        finally:
            self._busy -= 1
            self._activity += 1

    async def _fly(self, flight: Sequence[Outgoing]) -> None:
        self.link.connection()
        try:
            async with asyncio.timeout(_CONFIRM_SECONDS):
                # Tasks begin in this order, and the channel's lock is fair: so do the messages leave.
                results = await asyncio.gather(*(self._send(one) for one in flight), return_exceptions=True)
        except TimeoutError as error:
            self.link.drop()
            raise Unavailable("the message broker does not confirm") from error
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def _send(self, one: Outgoing) -> None:
        with broker_errors("the message broker did not take a message"):
            try:
                await self._exchanges[one.exchange].publish(one.message, one.routing_key, mandatory=True)
            except PublishError:
                # Returned: somebody deleted a queue or its bindings. A new connection declares them again.
                self.link.drop()
                raise

    async def _setup(self, connection: AbstractConnection) -> None:
        async with connection.channel() as declaring:
            await amqp_topology.declare(declaring, self._topology, self._retry)
        channel = await connection.channel(on_return_raises=True)
        channel.close_callbacks.add(lambda *_: self.link.drop())
        events = await channel.get_exchange(amqp_topology.EXCHANGE, ensure=False)
        self._exchanges = {"": channel.default_exchange, events.name: events}
