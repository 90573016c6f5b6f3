"""Every SQL statement about watches."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.db.upsert import insert_or_ignore
from kontor_notify.domain.happenings import Happening
from kontor_notify.domain.notifications import Recipient
from kontor_notify.domain.watches import ACTIVE, AUTOMATIC, ENDED, STOPPED, Watch
from kontor_notify.store.tables import ENDED_RECORDS as E
from kontor_notify.store.tables import MERGES
from kontor_notify.store.tables import USERS as U
from kontor_notify.store.tables import WATCHES as W

S = MERGES.table
# A place in a list: time and id.
After = tuple[datetime, str]


def insert(session: WriteSession, watch: Watch) -> bool:
    """False where the user has a watch at this record already, in whatever state."""
    row = {
        "account_id": session.account_id,
        "id": watch.id,
        "user_id": watch.user_id,
        "subject": watch.subject,
        "reason": watch.reason,
        "state": watch.state,
        "create_time": watch.create_time,
    }
    return insert_or_ignore(session.connection, W, row)


def lock(session: WriteSession, watch_id: str) -> Watch | None:
    """The caller's own watch, its row locked until the end of the session."""
    where = (W.c.account_id == session.account_id, W.c.id == watch_id, W.c.user_id == session.user_id)
    row = session.execute(sa.select(W).where(*where).with_for_update()).one_or_none()
    return _watch(row) if row else None


def lock_at(session: WriteSession, subject: str) -> Watch:
    """The caller's watch at this record, which must be there, its row locked until the end of the session."""
    where = (W.c.account_id == session.account_id, W.c.subject == subject, W.c.user_id == session.user_id)
    return _watch(session.execute(sa.select(W).where(*where).with_for_update()).one())


def restart(session: WriteSession, watch: Watch) -> None:
    """A stopped watch becomes this one."""
    values = {"reason": watch.reason, "state": watch.state, "create_time": watch.create_time}
    session.execute(sa.update(W).where(W.c.account_id == session.account_id, W.c.id == watch.id).values(values))


def active_at(session: ReadSession, records: Sequence[str]) -> list[Watch]:
    """The caller's active watches at these records, those at the first one before the others."""
    where = (W.c.account_id == session.account_id, W.c.subject.in_(records), W.c.user_id == session.user_id, W.c.state == ACTIVE)
    rows = session.execute(sa.select(W).where(*where).order_by(W.c.subject != records[0], W.c.id))
    return [_watch(row) for row in rows]


def stop_at(session: WriteSession, records: Sequence[str]) -> None:
    """End all watches of the caller at these records."""
    where = (W.c.account_id == session.account_id, W.c.subject.in_(records), W.c.user_id == session.user_id, W.c.state == ACTIVE)
    session.execute(sa.update(W).where(*where).values(state=STOPPED))


def page(session: ReadSession, *, among: Sequence[str], after: After | None, limit: int) -> list[Watch]:
    """The caller's active watches, newest first; `among` narrows to these records.

    A watch at a record that went into another one stands for a watch there. Of several that do one is shown: that at the record
    which is there, else the oldest.
    """
    at = sa.func.coalesce(S.c.root, W.c.subject)
    merged = W.outerjoin(S, sa.and_(S.c.account_id == W.c.account_id, S.c.ref == W.c.subject))
    gone = sa.exists().where(E.c.account_id == W.c.account_id, E.c.subject == at)
    statement = (
        sa.select(W.c.id, W.c.user_id, at.label("subject"), W.c.reason, W.c.state, W.c.create_time)
        .select_from(merged)
        .where(W.c.account_id == session.account_id, W.c.user_id == session.user_id, W.c.state == ACTIVE, ~gone)
        .where(sa.or_(at == W.c.subject, ~_is_shown_by_another()))
    )
    if among:
        statement = statement.where(W.c.subject.in_(among))
    if after:
        statement = statement.where(sa.tuple_(W.c.create_time, W.c.id) < after)
    rows = session.execute(statement.order_by(W.c.create_time.desc(), W.c.id.desc()).limit(limit))
    return [_watch(row) for row in rows]


def _is_shown_by_another() -> sa.ColumnElement[bool]:
    """Whether the user of a watch at a merged record has an active watch that is shown in its place."""
    other, older, sibling = W.alias("other"), W.alias("older"), S.alias("sibling")
    at_head = sa.exists().where(
        other.c.account_id == W.c.account_id, other.c.subject == S.c.root, other.c.user_id == W.c.user_id, other.c.state == ACTIVE
    )
    at_another = sa.exists().where(
        sibling.c.account_id == W.c.account_id,
        sibling.c.root == S.c.root,
        older.c.account_id == W.c.account_id,
        older.c.subject == sibling.c.ref,
        older.c.user_id == W.c.user_id,
        older.c.state == ACTIVE,
        older.c.id < W.c.id,
    )
    return sa.or_(at_head, at_another)


def recipients(
    session: ReadSession,
    happening: Happening,
    records: Sequence[str],
    *,
    among: Collection[str] | None,
    after_user_id: str,
    limit: int,
) -> Sequence[Recipient]:
    """Who is told of the happening because they watch its record, by user id; `among` narrows to these users.

    `records` are the one that is there and those that went into it. Who watches several of them comes several times, with
    the watch that is shown to them first.
    """
    known = W.outerjoin(U, sa.and_(U.c.account_id == W.c.account_id, U.c.user_id == W.c.user_id))
    ended = sa.exists().where(E.c.account_id == session.account_id, E.c.subject == records[0], E.c.end_time <= happening.time)
    statement = (
        sa.select(W.c.user_id, W.c.reason, W.c.id)
        .select_from(known)
        .where(
            W.c.account_id == session.account_id,
            W.c.subject == records[0] if len(records) == 1 else W.c.subject.in_(records),
            W.c.user_id > after_user_id,
            W.c.user_id.not_in(happening.doers),
            W.c.state != STOPPED,
            ~ended,
            sa.or_(U.c.inactive_time.is_(None), U.c.inactive_time > happening.time),
        )
    )
    if among is not None:
        statement = statement.where(W.c.user_id.in_(among))
    # At one record there is one watch of each user, and so nothing to sort.
    order = (W.c.user_id,) if len(records) == 1 else (W.c.user_id, W.c.subject != records[0], W.c.id)
    rows = session.execute(statement.order_by(*order).limit(limit))
    return [Recipient(user_id=row.user_id, reason=row.reason, watch_id=row.id) for row in rows]


def has_automatic(session: ReadSession, subject: str) -> bool:
    """Whether somebody watches the record because of its creation."""
    where = (W.c.account_id == session.account_id, W.c.subject == subject, W.c.reason.in_(AUTOMATIC))
    return session.execute(sa.select(sa.literal(1)).where(*where).limit(1)).first() is not None


def end(session: WriteSession, subject: str, *, time: datetime) -> None:
    """The record is gone: its watches end, and none begins there."""
    insert_or_ignore(session.connection, E, {"account_id": session.account_id, "subject": subject, "end_time": time})
    where = (W.c.account_id == session.account_id, W.c.subject == subject, W.c.state == ACTIVE)
    session.execute(sa.update(W).where(*where).values(state=ENDED))


def exists(session: ReadSession, subject: str) -> bool:
    """Whether anybody watches the record, or did."""
    where = (W.c.account_id == session.account_id, W.c.subject == subject)
    return session.execute(sa.select(sa.literal(1)).where(*where).limit(1)).first() is not None


def is_ended(session: ReadSession, subject: str) -> bool:
    where = (E.c.account_id == session.account_id, E.c.subject == subject)
    return session.execute(sa.select(sa.literal(1)).where(*where)).first() is not None


def _watch(row: sa.Row[Any]) -> Watch:
    return Watch(id=row.id, user_id=row.user_id, subject=row.subject, reason=row.reason, state=row.state, create_time=row.create_time)
