"""Mails to those who are to confirm what they have sent, as they wait to be sent."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_contacts.domain.form_mails import LEASE
from kontor_contacts.store.form_tables import FORM_MAILS as M


@dataclass(frozen=True)
class Waiting:
    account_id: str
    submission_id: str
    attempts: int


def insert(session: WriteSession, submission_id: str) -> None:
    session.execute(
        sa.insert(M), {"account_id": session.account_id, "submission_id": submission_id, "attempts": 0, "due_time": session.now}
    )


def due(session: ReadSession) -> Waiting | None:
    """Of all accounts, one that nobody works at."""
    row = session.execute(sa.select(M).where(M.c.due_time <= session.now).order_by(M.c.due_time).limit(1)).one_or_none()
    return Waiting(row.account_id, row.submission_id, row.attempts) if row else None


def claim(session: WriteSession, mail: Waiting) -> bool:
    """Hold the mail for another attempt; False where somebody else was faster."""
    free = (M.c.account_id == session.account_id, M.c.submission_id == mail.submission_id, M.c.due_time <= session.now)
    values = {"attempts": M.c.attempts + 1, "due_time": session.now + LEASE}
    return session.execute(sa.update(M).where(*free).values(values)).rowcount == 1


def try_again(session: WriteSession, submission_id: str, at: datetime) -> None:
    session.execute(sa.update(M).where(M.c.account_id == session.account_id, M.c.submission_id == submission_id).values(due_time=at))


def delete(session: WriteSession, submission_id: str) -> None:
    session.execute(sa.delete(M).where(M.c.account_id == session.account_id, M.c.submission_id == submission_id))
