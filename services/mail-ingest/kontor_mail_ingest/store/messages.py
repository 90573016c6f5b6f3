"""Every SQL statement about messages for those who read them. What happens to them on the way: `arrivals.py`, `backlog.py`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.json_rows import children
from kontor_chassis.db.sessions import ReadSession
from kontor_mail_ingest.domain.messages import Mailbox
from kontor_mail_ingest.store.tables import DEPOSITS as D
from kontor_mail_ingest.store.tables import FILINGS as F
from kontor_mail_ingest.store.tables import MERGES
from kontor_mail_ingest.store.tables import MESSAGES as M
from kontor_mail_ingest.store.tables import PERSONS as P

RECEIVED, FILED, TRAY, COPY = "received", "filed", "tray", "copy"
# A place in a list: time of receipt and id.
After = tuple[datetime, str]


@dataclass(frozen=True)
class Filing:
    # Who is there: who stands for the person at whom it was filed.
    person_id: str
    reason: str
    address: str


@dataclass(frozen=True)
class AttachedFile:
    filename: str
    media_type: str
    size: int


@dataclass(frozen=True, kw_only=True)
class Message:
    id: str
    version: int
    state: str
    tray_reason: str
    original_id: str
    depositor_user_id: str
    # Everybody who has deposited it, in the order of their ids.
    depositor_user_ids: tuple[str, ...]
    size: int
    receive_time: datetime
    update_time: datetime
    message_id: str
    send_time: datetime
    subject: str
    from_mailbox: Mailbox | None
    to_mailboxes: tuple[Mailbox, ...]
    cc_mailboxes: tuple[Mailbox, ...]
    attachments: tuple[AttachedFile, ...]
    # Each person once, without those who are gone.
    filings: tuple[Filing, ...]
    # Ids of the people of `filings` as they were when it was filed: those who went into another one since by their own.
    filed_at: tuple[str, ...]
    # Empty in lists.
    text: str


_FACTS = [column for column in M.columns if column.name != "text"]
_MERGED = MERGES.table
_STANDS = sa.func.coalesce(_MERGED.c.root, F.c.person_id)
_WITH_PEOPLE = F.outerjoin(_MERGED, sa.and_(_MERGED.c.account_id == F.c.account_id, _MERGED.c.ref == F.c.person_id)).outerjoin(
    P, sa.and_(P.c.account_id == F.c.account_id, P.c.id == _STANDS)
)
_IS_THERE = sa.func.coalesce(P.c.deleted, sa.false()) == sa.false()
_FILINGS = children(
    F.c.place,
    F.c.person_id,
    _STANDS,
    F.c.reason,
    F.c.address,
    where=sa.and_(F.c.account_id == M.c.account_id, F.c.message_id == M.c.id, _IS_THERE),
    join=_WITH_PEOPLE,
).label("filings")
_DEPOSITORS = children(D.c.user_id, where=sa.and_(D.c.account_id == M.c.account_id, D.c.message_id == M.c.id)).label("depositors")
_BRIEF = sa.select(*_FACTS, sa.literal("").label("text"), _FILINGS, _DEPOSITORS)
_WHOLE = sa.select(M, _FILINGS, _DEPOSITORS)


def get(session: ReadSession, message_id: str) -> Message | None:
    row = session.execute(_WHOLE.where(M.c.account_id == session.account_id, M.c.id == message_id)).one_or_none()
    return _message(row) if row else None


def raw_key(session: ReadSession, message_id: str) -> str | None:
    """Under which key the bytes are kept."""
    statement = sa.select(M.c.raw_key).where(M.c.account_id == session.account_id, M.c.id == message_id)
    return session.execute(statement).scalar_one_or_none()


def page(session: ReadSession, *, state: str, after: After | None, limit: int) -> list[Message]:
    """Newest first, without text; copies only where they are asked for."""
    statement = _BRIEF.where(M.c.account_id == session.account_id, M.c.state == state if state else M.c.state != COPY)
    if after:
        statement = statement.where(sa.tuple_(M.c.receive_time, M.c.id) < after)
    return [_message(row) for row in session.execute(statement.order_by(M.c.receive_time.desc(), M.c.id.desc()).limit(limit))]


def filed_at_those_who_are_there(session: ReadSession, message_id: str) -> list[str]:
    """Ids of people, as they were when the message was filed."""
    statement = sa.select(F.c.person_id).select_from(_WITH_PEOPLE)
    statement = statement.where(F.c.account_id == session.account_id, F.c.message_id == message_id, _IS_THERE)
    return list(session.execute(statement.order_by(F.c.place)).scalars())


def filed_by_ids(session: ReadSession, ids: Sequence[str]) -> list[Message]:
    """Those that exist and are filed, in no particular order."""
    statement = _WHOLE.where(M.c.account_id == session.account_id, M.c.id.in_(ids), M.c.state == FILED)
    return [_message(row) for row in session.execute(statement)]


def filed_after(session: ReadSession, after: str, limit: int) -> list[Message]:
    """Filed messages by id, for reading all of them."""
    statement = _WHOLE.where(M.c.account_id == session.account_id, M.c.id > after, M.c.state == FILED)
    return [_message(row) for row in session.execute(statement.order_by(M.c.id).limit(limit))]


def _message(row: sa.Row[Any]) -> Message:
    filings = sorted(row.filings)
    # The first filing of each person.
    at = {stands: Filing(stands, reason, address) for _, _, stands, reason, address in reversed(filings)}
    return Message(
        id=row.id,
        version=row.version,
        state=row.state,
        tray_reason=row.tray_reason,
        original_id=row.original_id,
        depositor_user_id=row.depositor_user_id,
        depositor_user_ids=tuple(sorted(user_id for (user_id,) in row.depositors)),
        size=row.size,
        receive_time=row.receive_time,
        update_time=row.update_time,
        message_id=row.message_id,
        send_time=row.send_time,
        subject=row.subject,
        from_mailbox=Mailbox(*row.from_mailbox) if row.from_mailbox else None,
        to_mailboxes=tuple(Mailbox(*item) for item in row.to_mailboxes),
        cc_mailboxes=tuple(Mailbox(*item) for item in row.cc_mailboxes),
        attachments=tuple(AttachedFile(*item) for item in row.attachments),
        filings=tuple(at[stands] for stands in dict.fromkeys(item[2] for item in filings)),
        filed_at=tuple(item[1] for item in filings),
        text=row.text,
    )
