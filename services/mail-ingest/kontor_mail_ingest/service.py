"""The door of mail-ingest: mail that comes in is kept, read, and filed at people."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import cast

from kontor.contacts.events.v1 import events_pb2 as contacts
from kontor.identity.events.v1 import events_pb2 as identity
from kontor_chassis.principal import EVERY_ACCOUNT, service_principal
from kontor_chassis.service import Context, Service
from kontor_mail_ingest.domain.addresses import normalise_address
from kontor_mail_ingest.events import consumed
from kontor_mail_ingest.parsing.pool import ParserPool
from kontor_mail_ingest.rpc import documents, mail_addresses, messages
from kontor_mail_ingest.settings import MailSettings
from kontor_mail_ingest.smtp.server import MailServer
from kontor_mail_ingest.smtp.session import Desk
from kontor_mail_ingest.store.mail_addresses import Recipient
from kontor_mail_ingest.store.tables import METADATA
from kontor_mail_ingest.usecases.backlog import Backlog
from kontor_mail_ingest.usecases.deposits import Deposits
from kontor_mail_ingest.usecases.learning import Learning
from kontor_mail_ingest.usecases.mail_addresses import find_recipient
from kontor_mail_ingest.usecases.restating import Restating


@dataclass(frozen=True)
class Parts:
    """What runs beside the database."""

    smtp: MailServer
    backlog: Backlog
    learning: Learning
    restating: Restating


@asynccontextmanager
async def open_parts(context: Context) -> AsyncIterator[Parts]:
    """Read what waits, then let mail in; stop in the reverse order. Raises OSError where the port is taken or the certificate
    cannot be used, ValueError where the mail domain is none."""
    settings, knobs = context.settings, cast(MailSettings, context.knobs)
    if normalise_address(f"drop@{settings.mail_domain}") is None:
        raise ValueError(f"KONTOR_MAIL_DOMAIN: {settings.mail_domain!r} is no domain")
    pool = ParserPool(processes=knobs.reader_processes)
    backlog = Backlog(context, pool.parse, most_per_commit=knobs.group_commit)
    learning, restating = Learning(context), Restating(context)
    deposits = Deposits(context, stored=backlog.wake, most_per_commit=knobs.group_commit)

    def look_up(address: str) -> Recipient | None:
        with context.sessions.read(service_principal(context.service.name, account_id=EVERY_ACCOUNT)) as session:
            return find_recipient(session, address)

    async def recipient(address: str) -> Recipient | None:
        return await context.database.read(look_up, address)

    smtp = MailServer(Desk(recipient, deposits.keep), knobs, hostname=settings.mail_domain)
    context.checks.update(smtp=lambda: smtp.listening, backlog=lambda: backlog.running)
    context.checks.update(learning=lambda: learning.running, restating=lambda: restating.running)
    try:
        await backlog.start()
        learning.start()
        restating.start()
        await smtp.start(settings.smtp_host, settings.smtp_port)
        yield Parts(smtp, backlog, learning, restating)
    finally:
        await smtp.stop(settings.drain_seconds)
        await deposits.close()
        await learning.stop()
        await restating.stop()
        await backlog.stop()
        await pool.close()


SERVICE = Service(
    name="mail-ingest",
    package="mail",
    rpc={
        "kontor.mail.v1.MailAddressService": mail_addresses,
        "kontor.mail.v1.MessageService": messages,
        "kontor.type.v1.DocumentSource": documents,
    },
    metadata=METADATA,
    migrations="kontor_mail_ingest.migrations",
    knobs=MailSettings,
    consumes={
        contacts.PersonCreated: consumed.person_changed,
        contacts.PersonUpdated: consumed.person_changed,
        contacts.PersonDeleted: consumed.person_deleted,
        contacts.PersonMerged: consumed.person_merged,
        contacts.PersonUnmerged: consumed.person_unmerged,
        identity.UserCreated: consumed.user_changed,
        identity.UserUpdated: consumed.user_changed,
    },
    open=open_parts,
)
