"""SQL statements about calendar feeds; what they share with sessions and keys stands in credentials.py."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_identity.domain.calendar_feeds import CalendarFeed
from kontor_identity.store.tables import CALENDAR_FEEDS as F


def page(session: ReadSession, *, after: str | None, limit: int) -> Sequence[CalendarFeed]:
    """The caller's feeds, newest first."""
    statement = sa.select(F).where(F.c.account_id == session.account_id, F.c.user_id == session.user_id)
    if after is not None:
        statement = statement.where(F.c.id < after)
    return [_feed(row) for row in session.execute(statement.order_by(F.c.id.desc()).limit(limit))]


def lock(session: WriteSession, feed_id: str) -> CalendarFeed | None:
    """One of the caller's own, with its row held until the end of the session."""
    statement = sa.select(F).where(F.c.account_id == session.account_id, F.c.user_id == session.user_id, F.c.id == feed_id)
    row = session.execute(statement.with_for_update()).one_or_none()
    return _feed(row) if row else None


def insert(session: WriteSession, feed: CalendarFeed, secret_hash: str) -> None:
    values = {
        "account_id": session.account_id,
        "id": feed.id,
        "user_id": feed.user_id,
        "secret_hash": secret_hash,
        "name": feed.name,
        "create_time": feed.create_time,
        "last_used_time": None,
    }
    session.execute(sa.insert(F).values(**values))


def rotate(session: WriteSession, feed_id: str, secret_hash: str) -> None:
    session.execute(sa.update(F).where(F.c.account_id == session.account_id, F.c.id == feed_id).values(secret_hash=secret_hash))


def _feed(row: sa.Row[Any]) -> CalendarFeed:
    return CalendarFeed(id=row.id, user_id=row.user_id, name=row.name, create_time=row.create_time, last_used_time=row.last_used_time)
