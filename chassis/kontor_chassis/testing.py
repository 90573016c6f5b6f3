"""One service, really running on a database of its own, for its tests: calls with any principal, events in, facts out.

No network: calls go through the in-process channel with the whole middleware; the bus is a recorder.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from google.protobuf.message import Message

from kontor_chassis.blobs.disk import DiskBlobs
from kontor_chassis.bus.port import BatchHandler, DeadLetter, Envelope, QueueState
from kontor_chassis.db.database import Database
from kontor_chassis.db.migrations import upgrade
from kontor_chassis.events import event_type
from kontor_chassis.host import RunningService, consumed_by
from kontor_chassis.ids import new_id
from kontor_chassis.outgoing_mail.port import Mail, message_of
from kontor_chassis.principal import METADATA_KEY, USER_ISSUER, Keyring, Principal, write_keys
from kontor_chassis.rpc.channel import Channel
from kontor_chassis.rpc.dispatch import Dispatcher
from kontor_chassis.seals.keys import write_seal_keys
from kontor_chassis.service import Service
from kontor_chassis.settings import Settings

M = TypeVar("M", bound=Message)


class RecordingBus:
    """Keeps what is published; delivers what a test hands in."""

    def __init__(self) -> None:
        self.published: list[Envelope] = []
        self.handlers: dict[str, BatchHandler] = {}

    async def start(self) -> None: ...

    async def publish(self, envelopes: Sequence[Envelope]) -> None:
        self.published += envelopes

    async def consume(self, queue: str, handler: BatchHandler, *, batch_size: int = 100) -> None:
        self.handlers[queue] = handler

    async def stop(self) -> None: ...

    async def queues(self) -> list[QueueState]:
        return []

    async def dead_letters(self, queue: str, *, limit: int = 100) -> list[DeadLetter]:
        return []

    async def replay(self, queue: str) -> int:
        return 0

    def ready(self) -> bool:
        return True

    async def idle(self) -> bool:
        return True

    def activity(self) -> int:
        return len(self.published)


@dataclass
class RecordingMail:
    """Keeps what is sent; what is to go wrong is put into `failures` before."""

    sent: list[Mail] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)

    async def send(self, mail: Mail) -> None:
        message_of(mail)
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append(mail)


@dataclass
class ManualClock:
    """A clock that moves only when told to."""

    now: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **delta: float) -> None:
        self.now += timedelta(**delta)


def methods(dispatcher: Dispatcher) -> dict[type[Message], str]:
    """Request type → path; a request type belongs to one method."""
    return {method.request_type: path for path, method in dispatcher.methods.items()}


@dataclass
class Harness:
    """A running service and the means to talk to it."""

    running: RunningService
    bus: RecordingBus
    clock: ManualClock
    # Member of one account with every scope of the service; `replace()` it for others.
    user: Principal
    paths: dict[type[Message], str] = field(default_factory=dict)
    mail: RecordingMail = field(default_factory=RecordingMail)

    async def call(self, request: Message, *, user: Principal | None = None) -> Any:
        """Call the method that takes this request, as nobody where the user is STRANGER; answers its response or raises its error."""
        principal = user or self.user
        if principal is STRANGER:
            return await self.running.dispatcher.call(self.paths[type(request)], request, {})
        issuer = principal.service or USER_ISSUER
        token = self.running.context.keyring.sign(principal, issuer=issuer)
        return await self.running.dispatcher.call(self.paths[type(request)], request, {METADATA_KEY: token})

    async def deliver(
        self,
        body: Message,
        *,
        subject: str,
        sequence: int = 1,
        account_id: str = "",
        actor_user_id: str = "",
        event_id: str = "",
    ) -> None:
        """Hand an event of another service to this one's consumer. Raises what its handler raised."""
        kind = event_type(type(body))
        envelope = Envelope(
            id=event_id or new_id(),
            type=kind,
            source=kind.split(".")[1],
            subject=subject,
            account_id=account_id or self.user.account_id,
            sequence=sequence,
            time=self.clock(),
            data=body.SerializeToString(),
            actor_user_id=actor_user_id,
        )
        await self.deliver_envelopes([envelope])

    async def deliver_envelopes(self, envelopes: Sequence[Envelope]) -> None:
        assert all(item.type in {event_type(body) for body in consumed_by(self.running.service)} for item in envelopes)
        for error in await self.bus.handlers[self.running.service.name](envelopes):
            if error is not None:
                raise error

    async def published(self, kind: type[M]) -> list[M]:
        """The facts of one kind that have been published so far, oldest first."""
        while not await self.running.relay.idle():
            self.running.relay.wake()
            await asyncio.sleep(0.001)
        return [kind.FromString(item.data) for item in self.bus.published if item.type == event_type(kind)]


# Who has not signed in.
STRANGER = Principal(account_id="")


class _Everything(frozenset[str]):
    """Every scope there is: tests act as any service."""

    def __contains__(self, scope: object) -> bool:
        return True


# Files that were brought up to date once, by service; copying one is much faster than migrating, which tests of migrations do.
_migrated = TemporaryDirectory(prefix="kontor-migrated-")


def _copy_migrated(service: Service, target: Path) -> None:
    """Begin with a migrated file where there is none yet."""
    first = Path(_migrated.name) / f"{service.name}.db"
    if not first.exists():
        database = Database(f"sqlite:///{first}", name=service.name)
        upgrade(database, service.migrations)
        with database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        database.close()
    if not target.exists():
        shutil.copyfile(first, target)


@asynccontextmanager
async def harness(
    service: Service, folder: Path, *, settings: Mapping[str, Any] | None = None, channels: Mapping[str, Channel] | None = None
) -> AsyncIterator[Harness]:
    """Run `service` below `folder`. `settings` go to Settings, `database_url` among them for PostgreSQL."""
    write_keys(folder / "keys", {USER_ISSUER, service.name, "operator"})
    write_seal_keys(folder / "keys", [service.name])
    options = Settings(**{"data_dir": folder, "smtp_port": 0, **(settings or {})})
    if not options.database_url:
        _copy_migrated(service, folder / f"{service.name}.db")
    bus = RecordingBus()
    clock = ManualClock()
    trusted = dict.fromkeys((service.name, "operator"), _Everything())
    keyring = Keyring(options.keys_folder, service_scopes=trusted)
    blobs = DiskBlobs(folder / "blobs")
    mail = RecordingMail()
    running = RunningService(service, options, bus=bus, channels=channels or {}, keyring=keyring, blobs=blobs, mail=mail, clock=clock)
    await running.migrate()
    await running.start()
    await running.consume()
    scopes = frozenset(
        method.rule.scope for method in running.dispatcher.methods.values() if not method.rule.internal and not method.rule.public
    )
    user = Principal(account_id=new_id(), user_id=new_id(), role="member", scopes=scopes)
    try:
        yield Harness(running, bus, clock, user, methods(running.dispatcher), mail)
    finally:
        await running.close_rooms()
        await running.stop()
