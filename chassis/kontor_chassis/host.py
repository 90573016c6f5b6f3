"""Runs services in this process, one life cycle for all: start in order, ready, drain, stop in reverse.

A part that fails for good stops the whole process (`failed`): a process that limps is harder to see than one that is gone,
and any process may restart at any time.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack

import sqlalchemy as sa
import structlog
from google.protobuf.message import Message

from kontor_chassis.blobs.port import Blobs
from kontor_chassis.bus.port import Bus, Topology
from kontor_chassis.clock import Clock
from kontor_chassis.db.database import Database
from kontor_chassis.db.migrations import upgrade
from kontor_chassis.db.sessions import Sessions
from kontor_chassis.errors import KontorError, Unavailable
from kontor_chassis.events import event_type
from kontor_chassis.housekeeping import keep_pruning
from kontor_chassis.inbox import transactional
from kontor_chassis.outbox import Relay
from kontor_chassis.outgoing_mail.port import OutgoingMail
from kontor_chassis.principal import EVERY_ACCOUNT, Keyring
from kontor_chassis.rpc.channel import Channel
from kontor_chassis.rpc.dispatch import Dispatcher
from kontor_chassis.seals.keys import read_seal_keys
from kontor_chassis.seals.sealer import Sealer
from kontor_chassis.service import Context, Service
from kontor_chassis.settings import Settings, read_settings

log = structlog.get_logger()

_CHECK_SECONDS = 2.0
_LONGEST_PAUSE_SECONDS = 5.0


def topology_of(services: Sequence[Service]) -> Topology:
    """One queue per service that consumes anything."""
    wanted = {service.name: frozenset(event_type(body) for body in consumed_by(service)) for service in services}
    return Topology({name: types for name, types in wanted.items() if types})


def consumed_by(service: Service) -> tuple[type[Message], ...]:
    return (*service.consumes, *service.consumes_in_batches)


class RunningService:
    """One service between start and stop."""

    def __init__(
        self,
        service: Service,
        settings: Settings,
        *,
        bus: Bus,
        channels: Mapping[str, Channel],
        keyring: Keyring,
        blobs: Blobs,
        mail: OutgoingMail,
        clock: Clock,
    ) -> None:
        self.service = service
        self._bus = bus
        database = Database(settings.database_url_of(service.name), name=service.name)
        self.relay = Relay(database, bus, service.package)
        sessions = Sessions(database, clock, self.relay.wake)
        self.context = Context(
            service=service,
            settings=settings,
            knobs=read_settings(service.knobs) if service.knobs else None,
            clock=clock,
            keyring=keyring,
            database=database,
            sessions=sessions,
            blobs=blobs,
            mail=mail,
            seal_keys=read_seal_keys(settings.keys_folder, service.name),
            channels=channels,
        )
        sessions.bind(self.context)
        self.dispatcher = Dispatcher(self.context)
        self.sealer = self._make_sealer()
        self._rooms = AsyncExitStack()
        self.tasks: list[asyncio.Task[None]] = []

    def _make_sealer(self) -> Sealer | None:
        context, settings = self.context, self.context.settings
        if context.seal_keys is None:
            return None
        return Sealer(
            context.database, context.clock, context.seal_keys, seconds=settings.audit_seal_seconds, tells=settings.audit_tell_seals
        )

    async def migrate(self) -> None:
        await self.context.database.write(upgrade, self.context.database, self.service.migrations)

    async def start(self) -> None:
        """Open what the service needs beside its database, then let facts out."""
        if self.service.prepare is not None:
            prepare = self.service.prepare
            await _patiently("start_waits", lambda: self.context.database.write(prepare, self.context), service=self.service.name)
        await _patiently("start_waits", self.open_rooms, service=self.service.name)
        context = self.context
        pruning = keep_pruning(context.database, context.clock, audit_days=context.settings.audit_days, seal_keys=context.seal_keys)
        self.tasks = [self.relay.start(), asyncio.create_task(pruning)]
        if self.sealer is not None:
            self.tasks.append(self.sealer.start())
        else:
            log.error("audit_not_sealed", service=self.service.name, reason=f"no key in {context.settings.keys_folder}, run `kontor keys`")

    async def open_rooms(self) -> None:
        """Open what the handlers need beside the database, and nothing more: for calls to a service that is not started."""
        self.context.parts = await self._rooms.enter_async_context(self.service.open(self.context))

    async def consume(self) -> None:
        """Let facts of others in."""
        if self.service.batch_handler is not None:
            await self._bus.consume(self.service.name, self.service.batch_handler(self.context))
        elif self.service.consumes:
            await self._bus.consume(self.service.name, transactional(self.context.sessions, self.service.name, self.service.consumes))

    async def close_rooms(self) -> None:
        """Stop what lets work in from outside (SMTP) or holds state of its own (the index)."""
        await self._rooms.aclose()

    async def stop(self) -> None:
        for task in self.tasks[1:]:
            task.cancel()
        await self.relay.stop()
        await asyncio.to_thread(self.context.database.close)

    async def checks(self) -> dict[str, bool]:
        """What readiness depends on, by name."""
        answers = {f"{self.service.name}.database": await _answers(self.context)}
        answers.update({f"{self.service.name}.{name}": check() for name, check in self.context.checks.items()})
        return answers


async def _patiently(event: str, step: Callable[[], Awaitable[None]], *, missing: type[KontorError] = Unavailable, **said: str) -> None:
    """Do it as soon as what it needs is there: processes may start in any order. `event` and `said` are logged while it waits."""
    pause = 0.2
    while True:
        try:
            return await step()
        except missing as error:
            log.warning(event, **said, error=str(error), pause=pause)
            await asyncio.sleep(pause)
            pause = min(_LONGEST_PAUSE_SECONDS, pause * 2)


async def _answers(context: Context) -> bool:
    def ask() -> None:
        with context.database.reading(EVERY_ACCOUNT) as connection:
            connection.execute(sa.select(1))

    try:
        async with asyncio.timeout(_CHECK_SECONDS):
            await context.database.read(ask)
    except (KontorError, TimeoutError, sa.exc.SQLAlchemyError):
        return False
    return True


class Host:
    """The services of one process on one bus."""

    def __init__(self, running: Sequence[RunningService], bus: Bus) -> None:
        self.running = tuple(running)
        self._bus = bus
        self._bus_task: asyncio.Task[None] | None = None
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def start(self, *, migrate: bool) -> None:
        """Start all; with `migrate` each database is brought up to date first. A bus that is away is waited for in the
        background: what needs only a database works meanwhile."""
        if migrate:
            for item in self.running:
                await item.migrate()
        connected = asyncio.create_task(_patiently("bus_waits", self._bus.start, missing=KontorError))
        # In the usual case the bus is there before the first fact.
        await asyncio.wait([connected], timeout=_CHECK_SECONDS)
        for item in self.running:
            await item.start()
            for task in item.tasks:
                task.add_done_callback(self._notice)
        self._bus_task = asyncio.create_task(self._consume(connected))
        self._bus_task.add_done_callback(self._notice)
        if connected.done():
            await asyncio.wait([self._bus_task])

    async def _consume(self, connected: asyncio.Task[None]) -> None:
        await connected
        for item in self.running:
            await item.consume()

    def _notice(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None and not self.failed.done():
            self.failed.set_exception(task.exception() or RuntimeError(task.get_name()))

    async def close_rooms(self) -> None:
        for item in reversed(self.running):
            await item.close_rooms()

    async def stop(self) -> None:
        """Stop consuming first, so that nothing new begins; facts that are left go out after the next start."""
        if self._bus_task is not None:
            self._bus_task.cancel()
        await self._bus.stop()
        for item in reversed(self.running):
            await item.stop()

    async def readiness(self) -> dict[str, str]:
        """`ok` or `failing` per check. The bus counts too, though writes go on without it."""
        answers = {"bus": self._bus.ready()}
        for checks in await asyncio.gather(*(item.checks() for item in self.running)):
            answers.update(checks)
        return {name: "ok" if answer else "failing" for name, answer in answers.items()}

    async def settled(self) -> bool:
        """Whether every outbox is empty (`kontor queues`, tests)."""
        return all([await item.relay.idle() for item in self.running])


Readiness = Callable[[], Awaitable[Mapping[str, str]]]
