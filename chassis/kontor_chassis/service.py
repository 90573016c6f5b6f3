"""What a service is: its description, and the context that its parts share while it runs.

`service.py` of every service holds one `SERVICE = Service(…)`; the suite imports nothing else of it.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import sqlalchemy as sa
from google.protobuf.message import Message
from pydantic_settings import BaseSettings

from kontor_chassis.blobs.port import Blobs
from kontor_chassis.bus.port import BatchHandler
from kontor_chassis.clock import Clock
from kontor_chassis.db.database import Database
from kontor_chassis.db.sessions import Sessions
from kontor_chassis.inbox import EventHandler
from kontor_chassis.outgoing_mail.port import OutgoingMail
from kontor_chassis.principal import Keyring
from kontor_chassis.rpc.channel import Channel
from kontor_chassis.seals.keys import SealKeys
from kontor_chassis.settings import Settings


@dataclass
class Context:
    """What a running service has. Made by the host; handlers find it at their session or call."""

    service: "Service"
    settings: Settings
    # An instance of the service's own settings class.
    knobs: Any
    clock: Clock
    keyring: Keyring
    database: Database
    sessions: Sessions
    blobs: Blobs
    mail: OutgoingMail
    # What the audit log is sealed with; None where this process has no key.
    seal_keys: SealKeys | None
    # Channels to other services, by their name.
    channels: Mapping[str, Channel]
    # What `Service.open` gave.
    parts: Any = None
    # Further checks for readiness: name → whether it answers.
    checks: dict[str, Callable[[], bool]] = field(default_factory=dict)


@asynccontextmanager
async def nothing(context: Context) -> AsyncIterator[None]:
    """The `open` of a service without further rooms."""
    yield None


@dataclass(frozen=True)
class Service:
    # `contacts`, `mail-ingest`: names the database, the queue, the process.
    name: str
    # The middle of its proto packages, `kontor.<package>.v1`; the name without hyphens in most cases.
    package: str
    # Full name of each proto service → the module of `rpc/` that holds a function per method, in snake case.
    rpc: Mapping[str, ModuleType]
    # Tables of `store/tables.py`, to compare with the migrations.
    metadata: sa.MetaData
    # Package with the Alembic environment.
    migrations: str
    knobs: type[BaseSettings] | None = None
    # Event message → handler, run in a write session with an inbox.
    consumes: Mapping[type[Message], EventHandler] = field(default_factory=dict)
    # Event messages for a handler of whole batches, for a service whose state is no database.
    consumes_in_batches: tuple[type[Message], ...] = ()
    batch_handler: Callable[[Context], BatchHandler] | None = None
    # Opens what else the service runs (an SMTP server, an index) and gives what its handlers need of it.
    open: Callable[[Context], AbstractAsyncContextManager[Any]] = nothing
    # What the service's own principal may claim when it calls others; other scopes are refused, whoever holds its key.
    service_scopes: tuple[str, ...] = ()
    # Runs once per start after migrations, before anything is served; must be repeatable.
    prepare: Callable[[Context], None] | None = None
