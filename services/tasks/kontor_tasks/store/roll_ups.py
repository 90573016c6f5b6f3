"""How far the links of long timelines are in step with their ties and merges."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_tasks.store.entries import After
from kontor_tasks.store.tables import ROLL_UPS as T


@dataclass(frozen=True)
class RollUp:
    account_id: str
    subject: str


def go_on(session: WriteSession, subject: str, after: After | None) -> None:
    """What hangs on the subject is in step down to `after`; None: all of it."""
    mine = (T.c.account_id == session.account_id, T.c.subject == subject)
    session.execute(sa.delete(T).where(*mine))
    if after:
        row = {"account_id": session.account_id, "subject": subject, "occur_time": after[0], "entry_id": after[1], "due_time": session.now}
        session.execute(sa.insert(T).values(row))


def first_due(session: ReadSession) -> RollUp | None:
    """Of any account."""
    statement = sa.select(T.c.account_id, T.c.subject).where(T.c.due_time <= session.now).limit(1)
    row = session.execute(statement).first()
    return RollUp(row.account_id, row.subject) if row else None


def lock(session: WriteSession, subject: str) -> After | None:
    """Where to go on; None where there is nothing to do, or another process is at it."""
    mine = (T.c.account_id == session.account_id, T.c.subject == subject)
    row = session.execute(sa.select(T).where(*mine).with_for_update(skip_locked=True)).one_or_none()
    return (row.occur_time, row.entry_id) if row else None


def put_off(session: WriteSession, subject: str, until: datetime) -> None:
    session.execute(sa.update(T).where(T.c.account_id == session.account_id, T.c.subject == subject).values(due_time=until))
