"""SQL statements about sessions; what they share with keys and feeds stands in credentials.py."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_identity.domain.sessions import Lifetime, Session
from kontor_identity.store.tables import SESSIONS as S


def page(session: ReadSession, *, lifetime: Lifetime, after: str | None, limit: int) -> Sequence[Session]:
    """The caller's sessions that have not ended, newest first."""
    idle, absolute = _ends(session, lifetime)
    statement = sa.select(S).where(*_own(session), S.c.last_used_time > idle, S.c.create_time > absolute)
    if after is not None:
        statement = statement.where(S.c.id < after)
    return [session_of(row) for row in session.execute(statement.order_by(S.c.id.desc()).limit(limit))]


def insert(session: WriteSession, made: Session, secret_hash: str) -> None:
    values = {
        "account_id": session.account_id,
        "id": made.id,
        "user_id": made.user_id,
        "secret_hash": secret_hash,
        "client": made.client,
        "create_time": made.create_time,
        "last_used_time": made.last_used_time,
    }
    session.execute(sa.insert(S).values(**values))


def tidy(session: WriteSession, *, lifetime: Lifetime, keep: int) -> None:
    """Delete the caller's sessions that have ended, and all but the newest `keep`."""
    idle, absolute = _ends(session, lifetime)
    session.execute(sa.delete(S).where(*_own(session), sa.or_(S.c.last_used_time <= idle, S.c.create_time <= absolute)))
    newest = sa.select(S.c.id).where(*_own(session)).order_by(S.c.id.desc()).limit(1).offset(keep - 1).scalar_subquery()
    session.execute(sa.delete(S).where(*_own(session), S.c.id < newest))


def session_of(row: sa.Row[Any]) -> Session:
    return Session(id=row.id, user_id=row.user_id, client=row.client, create_time=row.create_time, last_used_time=row.last_used_time)


def _own(session: ReadSession) -> tuple[sa.ColumnElement[bool], ...]:
    return S.c.account_id == session.account_id, S.c.user_id == session.user_id


def _ends(session: ReadSession, lifetime: Lifetime) -> tuple[Any, Any]:
    """Sessions not used since the first, or made before the second, have ended."""
    return session.now - lifetime.idle, session.now - lifetime.absolute
