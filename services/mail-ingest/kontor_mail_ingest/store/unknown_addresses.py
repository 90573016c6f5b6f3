"""Every SQL statement about addresses that were nobody's when their mail was filed, and have become somebody's since."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.db.upsert import insert_or_ignore
from kontor_mail_ingest.store.tables import LEARNED_ADDRESSES as L
from kontor_mail_ingest.store.tables import UNKNOWN_ADDRESSES as U

_ADDRESS_BOOK = 0x4B4F4E54


@dataclass(frozen=True)
class Learned:
    account_id: str
    address: str


@dataclass(frozen=True)
class Progress:
    """How far the work on a learned address has come."""

    # The last message that was looked at.
    after: str
    teacher_user_id: str
    # Id of each person at whom mails were filed → how many, and the id of the last one.
    filed: Mapping[str, tuple[int, str]]


def hold_address_book(session: WriteSession, *, to_change: bool) -> None:
    """Keep address book and unknown addresses in step until the transaction ends.

    Whoever files looks into the address book and remembers who is not in it; whoever changes the book looks at what is remembered. Were
    both under way at the same time, neither would see the other's, and the mail would wait for ever. Filings do not wait for one another.
    """
    if session.connection.dialect.name == "postgresql":
        function = sa.func.pg_advisory_xact_lock if to_change else sa.func.pg_advisory_xact_lock_shared
        session.execute(sa.select(function(_ADDRESS_BOOK)))


def remember(session: WriteSession, message_id: str, addresses: Collection[str]) -> None:
    if addresses:
        rows = [{"account_id": session.account_id, "message_id": message_id, "address": address} for address in addresses]
        session.execute(sa.insert(U), rows)


def of_message(session: ReadSession, message_id: str) -> list[str]:
    statement = sa.select(U.c.address).where(U.c.account_id == session.account_id, U.c.message_id == message_id)
    return list(session.execute(statement).scalars())


def forget(session: WriteSession, message_id: str, addresses: Collection[str]) -> None:
    mine = sa.and_(U.c.account_id == session.account_id, U.c.message_id == message_id)
    session.execute(sa.delete(U).where(mine, U.c.address.in_(addresses)))


def learn(session: WriteSession, addresses: Collection[str]) -> None:
    """Have all mails looked at again to which one of these addresses was unknown; it is the session's user who made it known."""
    if not addresses:
        return
    waiting = sa.select(U.c.address).where(U.c.account_id == session.account_id, U.c.address.in_(addresses)).distinct()
    for address in sorted(session.execute(waiting).scalars()):
        begun = {"after": "", "due_time": session.now, "teacher_user_id": session.user_id}
        row = {"account_id": session.account_id, "address": address, "filed": {}, **begun}
        if not insert_or_ignore(session.connection, L, row):
            again = sa.update(L).where(L.c.account_id == session.account_id, L.c.address == address)
            session.execute(again.values(begun))


def first_due(session: ReadSession) -> Learned | None:
    """One of any account."""
    row = session.execute(sa.select(L.c.account_id, L.c.address).where(L.c.due_time <= session.now).limit(1)).first()
    return Learned(row.account_id, row.address) if row else None


def lock(session: WriteSession, address: str) -> Progress | None:
    """None where the work on this address is done, or somebody else is at it."""
    columns = (L.c.after, L.c.teacher_user_id, L.c.filed)
    statement = sa.select(*columns).where(L.c.account_id == session.account_id, L.c.address == address)
    row = session.execute(statement.with_for_update(skip_locked=True)).one_or_none()
    if row is None:
        return None
    return Progress(row.after, row.teacher_user_id, {person_id: (count, last) for person_id, (count, last) in row.filed.items()})


def messages(session: ReadSession, address: str, *, after: str, limit: int) -> list[str]:
    """Ids of messages to which the address is unknown."""
    statement = sa.select(U.c.message_id).where(U.c.account_id == session.account_id, U.c.address == address, U.c.message_id > after)
    return list(session.execute(statement.order_by(U.c.message_id).limit(limit)).scalars())


def go_on(session: WriteSession, address: str, progress: Progress) -> None:
    row = sa.update(L).where(L.c.account_id == session.account_id, L.c.address == address)
    session.execute(row.values(after=progress.after, filed=dict(progress.filed)))


def finish(session: WriteSession, address: str) -> None:
    session.execute(sa.delete(L).where(L.c.account_id == session.account_id, L.c.address == address))


def put_off(session: WriteSession, address: str, due_time: datetime) -> None:
    session.execute(sa.update(L).where(L.c.account_id == session.account_id, L.c.address == address).values(due_time=due_time))
