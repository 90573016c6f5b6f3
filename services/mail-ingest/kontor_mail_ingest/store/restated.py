"""Every SQL statement about people who are gone, or there again, while what is filed at them is told of."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.db.upsert import insert_or_ignore
from kontor_mail_ingest.store.tables import FILINGS as F
from kontor_mail_ingest.store.tables import RESTATED_PERSONS as R


@dataclass(frozen=True)
class Restated:
    account_id: str
    person_id: str


def begin(session: WriteSession, person_ids: Collection[str]) -> None:
    """Have all messages told of that are filed at these people, from the beginning where that is under way."""
    for person_id in person_ids:
        row = {"account_id": session.account_id, "person_id": person_id, "after": "", "due_time": session.now}
        if not insert_or_ignore(session.connection, R, row):
            session.execute(_of(session, sa.update(R), person_id).values(after="", due_time=session.now))


def first_due(session: ReadSession) -> Restated | None:
    """One of any account."""
    row = session.execute(sa.select(R.c.account_id, R.c.person_id).where(R.c.due_time <= session.now).limit(1)).first()
    return Restated(row.account_id, row.person_id) if row else None


def lock(session: WriteSession, person_id: str) -> str | None:
    """After which message the work on this person goes on; None where it is done, or somebody else is at it."""
    statement = sa.select(R.c.after).where(R.c.account_id == session.account_id, R.c.person_id == person_id)
    after: str | None = session.execute(statement.with_for_update(skip_locked=True)).scalar_one_or_none()
    return after


def messages(session: ReadSession, person_id: str, *, after: str, limit: int) -> list[str]:
    """Ids of messages that are filed at the person by this id."""
    statement = sa.select(F.c.message_id).where(F.c.account_id == session.account_id, F.c.person_id == person_id, F.c.message_id > after)
    return list(session.execute(statement.order_by(F.c.message_id).limit(limit)).scalars())


def go_on(session: WriteSession, person_id: str, *, after: str) -> None:
    session.execute(_of(session, sa.update(R), person_id).values(after=after))


def finish(session: WriteSession, person_id: str) -> None:
    session.execute(sa.delete(R).where(R.c.account_id == session.account_id, R.c.person_id == person_id))


def put_off(session: WriteSession, person_id: str, due_time: datetime) -> None:
    session.execute(_of(session, sa.update(R), person_id).values(due_time=due_time))


def _of(session: WriteSession, update: sa.Update, person_id: str) -> sa.Update:
    return update.where(R.c.account_id == session.account_id, R.c.person_id == person_id)
