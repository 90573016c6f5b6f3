"""Every SQL statement about notifications."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.db.visibility import names_any, told
from kontor_chassis.ids import new_id
from kontor_chassis.visibility import viewer_of
from kontor_notify.domain.happenings import Happening
from kontor_notify.domain.notifications import Notification, Recipient
from kontor_notify.store.tables import NOTIFICATIONS as N

# A place in a list: time and id.
After = tuple[datetime, str]

# What follows the reason that is named, where an earlier one turns up.
_OF_THE_REASON = ("sequence", "place", "subject", "title", "actor_user_id", "reason", "watch_id", "create_time")


def insert(session: WriteSession, happening: Happening, recipients: Sequence[Recipient]) -> None:
    """Tell them. Who was told of the occasion before is not told again; the reason that comes first in it is the one kept."""
    rows = [
        {
            "account_id": session.account_id,
            "id": new_id(),
            "user_id": recipient.user_id,
            "occasion": happening.occasion,
            "sequence": happening.sequence,
            "place": happening.place,
            "kind": happening.kind,
            "subject": happening.subject,
            "ref": happening.ref,
            "title": happening.title,
            "actor_user_id": happening.actor_user_id,
            "reason": recipient.reason,
            "watch_id": recipient.watch_id,
            "count": happening.count,
            "is_seen": False,
            "visible_to": list(happening.visible_to) or None,
            "create_time": happening.time,
        }
        for recipient in recipients
    ]
    statement: Any = postgresql.insert(N) if session.connection.dialect.name == "postgresql" else sqlite.insert(N)
    new = statement.excluded
    statement = statement.on_conflict_do_update(
        index_elements=["account_id", "user_id", "occasion"],
        set_={name: new[name] for name in _OF_THE_REASON},
        where=sa.tuple_(new.sequence, new.place) < sa.tuple_(N.c.sequence, N.c.place),
    )
    session.connection.execute(statement, rows)


def page(session: ReadSession, *, unseen: bool, after: After | None, limit: int) -> list[Notification]:
    """Those of the caller's that may be shown to them, newest first."""
    statement = sa.select(N).where(N.c.account_id == session.account_id, N.c.user_id == session.user_id, _visible(session))
    if unseen:
        statement = statement.where(N.c.is_seen == sa.false())
    if after:
        statement = statement.where(sa.tuple_(N.c.create_time, N.c.id) < after)
    rows = session.execute(statement.order_by(N.c.create_time.desc(), N.c.id.desc()).limit(limit))
    return [_notification(row) for row in rows]


def lock(session: WriteSession, notification_id: str) -> Notification | None:
    """The caller's own notification, if it may be shown to them, its row locked until the end of the session."""
    where = (N.c.account_id == session.account_id, N.c.id == notification_id, N.c.user_id == session.user_id, _visible(session))
    row = session.execute(sa.select(N).where(*where).with_for_update()).one_or_none()
    return _notification(row) if row else None


def mark_seen(session: WriteSession, notification_id: str) -> None:
    session.execute(sa.update(N).where(N.c.account_id == session.account_id, N.c.id == notification_id).values(is_seen=True))


def withdraw(session: WriteSession, user_id: str, *, since: datetime) -> None:
    """Take back what a user was told of things that happened at `since` or later."""
    session.execute(sa.delete(N).where(N.c.account_id == session.account_id, N.c.user_id == user_id, N.c.create_time >= since))


def _visible(session: ReadSession) -> sa.ColumnElement[bool]:
    """Asked when it is read: only the caller's principal tells their role and groups."""
    viewer = told(viewer_of(session.principal))
    return sa.true() if viewer is None else sa.or_(N.c.visible_to.is_(None), names_any(N.c.visible_to, sa.literal(viewer, sa.Text)))


def _notification(row: sa.Row[Any]) -> Notification:
    return Notification(
        id=row.id,
        kind=row.kind,
        subject=row.subject,
        ref=row.ref,
        title=row.title,
        actor_user_id=row.actor_user_id,
        reason=row.reason,
        watch_id=row.watch_id,
        # A row has a method of this name.
        count=row._mapping["count"],
        seen=row.is_seen,
        create_time=row.create_time,
    )
