"""Every SQL statement by which a message that was filed, or held in the tray, is filed again."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.text import TEXT
from kontor_mail_ingest.domain.filing import TrayReason
from kontor_mail_ingest.domain.messages import Mailbox, ParsedMail
from kontor_mail_ingest.store.messages import COPY, FILED, TRAY
from kontor_mail_ingest.store.tables import FILINGS as F
from kontor_mail_ingest.store.tables import MESSAGES as M


@dataclass(frozen=True)
class Settled:
    """A message that may be filed again, whose row is held."""

    state: str
    version: int
    depositor_user_id: str
    receive_time: datetime
    automatic: bool
    copy_key: str
    # As far as it is told of: the text cut, nothing of attachments.
    mail: ParsedMail


def lock(session: WriteSession, message_id: str) -> Settled | None:
    """None where the message is a copy by now, or waits in the tray for another reason than unknown addresses."""
    columns = [column for column in M.columns if column.name != "text"]
    waits = sa.and_(M.c.state == TRAY, M.c.tray_reason == TrayReason.UNKNOWN_ADDRESSES.value)
    statement = sa.select(*columns, sa.func.substr(M.c.text, 1, TEXT).label("text")).where(
        M.c.account_id == session.account_id, M.c.id == message_id, sa.or_(M.c.state == FILED, waits)
    )
    row = session.execute(statement.with_for_update()).one_or_none()
    if row is None:
        return None
    mail = ParsedMail(
        message_id=row.message_id or None,
        send_time=row.send_time,
        subject=row.subject,
        from_mailboxes=(Mailbox(*row.from_mailbox),) if row.from_mailbox else (),
        to_mailboxes=tuple(Mailbox(*item) for item in row.to_mailboxes),
        cc_mailboxes=tuple(Mailbox(*item) for item in row.cc_mailboxes),
        text=row.text,
    )
    return Settled(row.state, row.version, row.depositor_user_id, row.receive_time, row.automatic, row.copy_key, mail)


def depositors(session: ReadSession, ids: Collection[str]) -> dict[str, str]:
    """Who deposited each of these messages first."""
    statement = sa.select(M.c.id, M.c.depositor_user_id).where(M.c.account_id == session.account_id, M.c.id.in_(ids))
    return {row.id: row.depositor_user_id for row in session.execute(statement)}


def filed_at(session: ReadSession, message_id: str) -> list[str]:
    """Ids of the people at whom it was filed, in their order."""
    statement = sa.select(F.c.person_id).where(F.c.account_id == session.account_id, F.c.message_id == message_id)
    return list(session.execute(statement.order_by(F.c.place)).scalars())


def move_copies(session: WriteSession, message_id: str, original_id: str) -> None:
    """Make copies of a message that has become a copy itself copies of its original."""
    copies = sa.update(M).where(M.c.account_id == session.account_id, M.c.original_id == message_id)
    session.execute(copies.where(M.c.state == sa.literal_column(f"'{COPY}'")).values(original_id=original_id))
