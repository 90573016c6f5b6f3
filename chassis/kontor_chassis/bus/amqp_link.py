"""A connection to the broker that comes back by itself.

aio-pika's robust connection does that too, but it restores objects behind one's back, publishes into a connection that is
being restored wait instead of failing, and its tracker knows many cases of consumers that stayed away after a broker's
restart (mosquito/aio-pika #231, #626, #632, #334). Here a lost connection is dropped whole, and its users begin anew.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress

import aio_pika
import structlog
from aio_pika.abc import AbstractConnection
from aio_pika.exceptions import CONNECTION_EXCEPTIONS

from kontor_chassis.bus.delivery import error_text
from kontor_chassis.errors import Unavailable

log = structlog.get_logger(__name__)

_CONNECT_SECONDS = 3.0
# Longer: on a fresh broker, with every process of the suite starting at once, there are some fifty queues to make.
_SETUP_SECONDS = 20.0
_CLOSE_SECONDS = 3.0
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0
# The broker gives a silent client up after two of these, the client library a silent broker after about three.
_HEARTBEAT_SECONDS = 10


@contextmanager
def broker_errors(what: str) -> Iterator[None]:
    """Raise Unavailable(`what`: …) for everything by which the client library says that the broker or the network failed.

    The trap: where a connection is closed, its pending calls raise CancelledError although nobody cancelled this task.
    """
    try:
        yield
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise Unavailable(f"{what}: the connection was closed") from error
    except (*CONNECTION_EXCEPTIONS, TimeoutError) as error:
        raise Unavailable(f"{what}: {error_text(error)}") from error


class Link:
    """`setup` prepares each new connection (topology, channels); only when it has returned is the link up."""

    def __init__(self, url: str, *, name: str, setup: Callable[[AbstractConnection], Awaitable[None]] | None = None) -> None:
        self._url = url
        self._name = name
        self._setup = setup
        self._connection: AbstractConnection | None = None
        self._up = asyncio.Event()
        self._lost = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._farewells: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Connect now, or raise Unavailable; from then on reconnect for ever."""
        await self._open()
        self._keeper = asyncio.create_task(self._keep(), name=f"amqp-{self._name}")

    async def stop(self) -> None:
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
            self._keeper = None
        await self._close()

    def up(self) -> bool:
        return self._up.is_set()

    def connection(self) -> AbstractConnection:
        """The present connection. Raises Unavailable at once where there is none."""
        if self._connection is None or not self.up():
            raise Unavailable("the message broker cannot be reached")
        return self._connection

    def drop(self) -> None:
        """Give the present connection up, because it does not answer or a channel of it was closed."""
        self._up.clear()
        self._lost.set()

    async def _keep(self) -> None:
        while True:
            await self._lost.wait()
            await self._close()
            log.warning("broker_connection_lost", link=self._name)
            await self._reopen()
            log.info("broker_connection_restored", link=self._name)

    async def _reopen(self) -> None:
        pause = _SHORTEST_PAUSE
        while True:
            try:
                await self._open()
            except Exception as error:  # it must never give up, whatever the peer answers
                log.warning("broker_unavailable", link=self._name, error=error_text(error), pause=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
            else:
                return

    async def _open(self) -> None:
        lost = asyncio.Event()

        def closed(*_: object) -> None:
            lost.set()
            # An old connection that closes late says nothing of the present one.
            if self._lost is lost:
                self._up.clear()

        try:
            with broker_errors("the message broker cannot be used"):
                async with asyncio.timeout(_CONNECT_SECONDS):
                    self._connection = await aio_pika.connect(
                        self._url, heartbeat=_HEARTBEAT_SECONDS, client_properties={"connection_name": f"kontor {self._name}"}
                    )
                self._connection.close_callbacks.add(closed)
                if self._setup is not None:
                    async with asyncio.timeout(_SETUP_SECONDS):
                        await self._setup(self._connection)
        except BaseException:
            await self._close()
            raise
        self._lost = lost
        if not lost.is_set():
            self._up.set()

    async def _close(self) -> None:
        self._up.clear()
        connection, self._connection = self._connection, None
        if connection is not None:
            # Not longer: a peer that is gone without a word never answers the farewell.
            farewell = asyncio.create_task(_close_connection(connection))
            self._farewells.add(farewell)
            farewell.add_done_callback(self._farewells.discard)
            await asyncio.wait({farewell}, timeout=_CLOSE_SECONDS)


async def _close_connection(connection: AbstractConnection) -> None:
    with suppress(Unavailable), broker_errors("closing"):
        await connection.close()
