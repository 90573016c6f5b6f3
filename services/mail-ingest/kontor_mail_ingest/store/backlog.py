"""Every SQL statement by which a received mail is taken up, read, and put where it belongs."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.db.upsert import insert_or_ignore
from kontor_mail_ingest.domain.filing import Filing
from kontor_mail_ingest.store.mail_addresses import POSTMASTER
from kontor_mail_ingest.store.messages import FILED
from kontor_mail_ingest.store.tables import DEPOSITS as D
from kontor_mail_ingest.store.tables import FILINGS as F
from kontor_mail_ingest.store.tables import MESSAGES as M
from kontor_mail_ingest.store.tables import ORIGINALS as O

# A literal and no parameter: only so do both databases see that the index of waiting mails serves.
_WAITS = M.c.state == sa.literal_column("'received'")

_DEPOSITED = (
    sa.exists().where(D.c.account_id == M.c.account_id, D.c.message_id == M.c.id, D.c.mail_address_id != POSTMASTER).label("deposited")
)


@dataclass(frozen=True)
class Claim:
    """A mail that one worker has taken up for a while."""

    account_id: str
    id: str
    raw_key: str
    size: int
    depositor_user_id: str
    # This attempt counted.
    attempts: int
    # Attempts that ended with an error of ours.
    failures: int


@dataclass(frozen=True)
class Unsettled:
    """A received message whose row is held."""

    version: int
    depositor_user_id: str
    # MAIL FROM; empty for the null sender.
    sender: str
    receive_time: datetime
    # Whether somebody deposited it; mail to postmaster comes from anybody.
    deposited: bool


def is_due(session: ReadSession) -> bool:
    """Whether any account has a mail to be read."""
    statement = sa.select(sa.literal(1)).where(_WAITS, M.c.due_time <= session.now).limit(1)
    return session.execute(statement).first() is not None


def claim(session: WriteSession, *, holder: str, limit: int, room: int, alone: bool, lease: timedelta) -> list[Claim]:
    """For the worker `holder`, take up the mails of all accounts that have been due longest: at most `limit`, of at most `room`
    bytes together; with `alone` the first one however large it is. Until the lease is over nobody else takes them up."""
    columns = (M.c.account_id, M.c.id, M.c.raw_key, M.c.size, M.c.depositor_user_id, M.c.attempts, M.c.failures)
    due = sa.select(*columns).where(_WAITS, M.c.due_time <= session.now).order_by(M.c.due_time).limit(limit)
    claims: list[Claim] = []
    for row in session.execute(due.with_for_update(skip_locked=True)):
        room -= row.size
        if room < 0 and (claims or not alone):
            break
        claims.append(Claim(row.account_id, row.id, row.raw_key, row.size, row.depositor_user_id, row.attempts + 1, row.failures))
    if claims:
        changes = [{"of": item.account_id, "which": item.id, "begun": item.attempts, "again": session.now + lease} for item in claims]
        taken = sa.update(M).where(M.c.account_id == sa.bindparam("of"), M.c.id == sa.bindparam("which"))
        session.execute(taken.values(attempts=sa.bindparam("begun"), due_time=sa.bindparam("again"), holder=holder), changes)
    return claims


def prolong(session: WriteSession, ids: Collection[str], *, holder: str, lease: timedelta) -> None:
    """Let the worker keep these mails. Rows that somebody is writing are left out: whoever settles several waits for none of them."""
    held = sa.select(M.c.id).where(_WAITS, M.c.holder == holder, M.c.id.in_(ids)).with_for_update(skip_locked=True)
    session.execute(sa.update(M).where(_WAITS, M.c.id.in_(held)).values(due_time=session.now + lease))


def put_back(session: WriteSession, message_id: str, *, failed: bool, due_time: datetime) -> None:
    """Give up a claim. An attempt that has not failed is forgotten."""
    counts = {"failures": M.c.failures + 1} if failed else {"attempts": M.c.attempts - 1}
    waiting = sa.update(M).where(M.c.account_id == session.account_id, M.c.id == message_id, _WAITS)
    session.execute(waiting.values(due_time=due_time, holder=None, **counts))


def release(session: WriteSession, *, holder: str, but: Collection[str]) -> None:
    """Give up what the worker has taken up and is not at, whether it knows of it or not. Attempts are forgotten."""
    held = sa.update(M).where(_WAITS, M.c.due_time > session.now, M.c.holder == holder, M.c.id.not_in(but))
    session.execute(held.values(due_time=session.now, attempts=M.c.attempts - 1, holder=None))


def end_leases(session: WriteSession) -> None:
    """Make every received mail due that is not, in the order in which they are now. For who is the only worker there is."""
    session.execute(sa.update(M).where(_WAITS, M.c.due_time > session.now).values(due_time=session.now))


def lock(session: WriteSession, message_id: str) -> Unsettled | None:
    """The message with its row held, if it still waits for a decision."""
    waiting = sa.select(M.c.version, M.c.depositor_user_id, M.c.sender, M.c.receive_time, _DEPOSITED).where(
        M.c.account_id == session.account_id, M.c.id == message_id, _WAITS
    )
    row = session.execute(waiting.with_for_update(of=M)).one_or_none()
    return Unsettled(row.version, row.depositor_user_id, row.sender, row.receive_time, row.deposited) if row else None


def settle(session: WriteSession, message_id: str, values: dict[str, Any]) -> None:
    statement = sa.update(M).where(M.c.account_id == session.account_id, M.c.id == message_id)
    session.execute(statement.values(update_time=session.now, **values))


def add_filings(session: WriteSession, message_id: str, filings: Sequence[Filing], *, first_place: int = 0) -> None:
    rows = [
        {"message_id": message_id, "person_id": item.person_id, "place": place, "reason": item.reason.value, "address": item.address}
        for place, item in enumerate(filings, first_place)
    ]
    session.execute(sa.insert(F), [{"account_id": session.account_id, **row} for row in rows])


def original(session: WriteSession, copy_key: str, state: str, message_id: str) -> str:
    """The id of the message that stands for this mail: `message_id`, or one that was there before.

    A mail that is filed is a copy of a filed one only. Waits until a transaction that is just making another copy known ends.
    """
    known = sa.select(O.c.message_id).where(O.c.account_id == session.account_id, O.c.copy_key == copy_key)
    filed: str | None = session.execute(known.where(O.c.state == FILED)).scalar_one_or_none()
    if filed is not None:
        return filed
    row = {"account_id": session.account_id, "copy_key": copy_key, "state": state, "message_id": message_id}
    if insert_or_ignore(session.connection, O, row):
        return message_id
    first: str = session.execute(known.where(O.c.state == state)).scalar_one()
    return first


def move_depositors(session: WriteSession, message_id: str, original_id: str) -> None:
    """Count the depositors of a copy among those of the original."""
    mine = sa.and_(D.c.account_id == session.account_id, D.c.message_id == message_id)
    for row in session.execute(sa.select(D).where(mine)).mappings().all():
        insert_or_ignore(session.connection, D, {**row, "message_id": original_id})
    session.execute(sa.delete(D).where(mine))
