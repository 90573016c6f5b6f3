"""Every SQL statement by which a mail is kept when it comes in."""

from dataclasses import dataclass

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.db.upsert import insert_or_ignore
from kontor_mail_ingest.store.messages import RECEIVED
from kontor_mail_ingest.store.tables import DEPOSITS as D
from kontor_mail_ingest.store.tables import MESSAGES as M


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """One account's part of a mail that has come in."""

    id: str
    depositor_user_id: str
    raw_key: str
    size: int
    sha256: str
    # The envelope: MAIL FROM (empty for the null sender), the client's network address, and what it calls itself.
    sender: str
    client_address: str
    client_name: str


def insert(session: WriteSession, arrival: Arrival) -> bool:
    """False where the account has a message of these bytes already."""
    unread = {"message_id": "", "subject": "", "from_mailbox": [], "to_mailboxes": [], "cc_mailboxes": [], "attachments": [], "text": ""}
    times = dict.fromkeys(("receive_time", "update_time", "due_time", "send_time"), session.now)
    counts = {"version": 1, "attempts": 0, "failures": 0, "automatic": False}
    state = {"account_id": session.account_id, "state": RECEIVED, "tray_reason": "", "original_id": ""}
    return insert_or_ignore(session.connection, M, {**vars(arrival), **unread, **times, **counts, **state})


def known(session: ReadSession, sha256: str) -> str:
    """The id of the account's message of these bytes: of the original where it is a copy. It must exist."""
    statement = sa.select(M.c.id, M.c.original_id).where(M.c.account_id == session.account_id, M.c.sha256 == sha256)
    row = session.execute(statement).one()
    message_id: str = row.original_id or row.id
    return message_id


def add_depositor(session: WriteSession, message_id: str, user_id: str, mail_address_id: str) -> None:
    """Remember who deposited the message; the first time counts."""
    row = {"message_id": message_id, "user_id": user_id, "mail_address_id": mail_address_id, "receive_time": session.now}
    insert_or_ignore(session.connection, D, {"account_id": session.account_id, **row})
