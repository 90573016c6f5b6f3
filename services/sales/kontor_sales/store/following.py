"""Whose deals and projects are to be looked at in the background, and how far that is."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.db.upsert import insert_or_ignore
from kontor_sales.store.tables import FOLLOWING as T


@dataclass(frozen=True)
class Followed:
    account_id: str
    ref: str
    # `merge` or `name`.
    what: str
    # Whose change it was that is followed.
    actor_user_id: str


def begin(session: WriteSession, ref: str, what: str) -> None:
    """From the start, if it is under way already."""
    anew = {"after": "", "due_time": session.now, "actor_user_id": session.user_id}
    if not insert_or_ignore(session.connection, T, {"account_id": session.account_id, "ref": ref, "what": what, **anew}):
        session.execute(sa.update(T).where(*_one(session, ref, what)).values(anew))


def first_due(session: ReadSession) -> Followed | None:
    """Of any account."""
    columns = (T.c.account_id, T.c.ref, T.c.what, T.c.actor_user_id)
    row = session.execute(sa.select(*columns).where(T.c.due_time <= session.now).limit(1)).first()
    return Followed(row.account_id, row.ref, row.what, row.actor_user_id) if row else None


def lock(session: WriteSession, ref: str, what: str) -> str | None:
    """After which record it goes on; None where it is done, or somebody else is at it."""
    statement = sa.select(T.c.after).where(*_one(session, ref, what)).with_for_update(skip_locked=True)
    after: str | None = session.execute(statement).scalar_one_or_none()
    return after


def go_on(session: WriteSession, ref: str, what: str, *, after: str) -> None:
    session.execute(sa.update(T).where(*_one(session, ref, what)).values(after=after))


def finish(session: WriteSession, ref: str, what: str) -> None:
    session.execute(sa.delete(T).where(*_one(session, ref, what)))


def put_off(session: WriteSession, ref: str, what: str, due_time: datetime) -> None:
    session.execute(sa.update(T).where(*_one(session, ref, what)).values(due_time=due_time))


def _one(session: ReadSession, ref: str, what: str) -> tuple[sa.ColumnElement[bool], ...]:
    return T.c.account_id == session.account_id, T.c.ref == ref, T.c.what == what
