"""Replica of identity's users."""

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.db.upsert import insert_or_ignore
from kontor_notify.domain.users import Presence
from kontor_notify.store.tables import USERS as U


def get(session: ReadSession, user_id: str) -> Presence | None:
    """None of whom nothing was told; they are active."""
    where = (U.c.account_id == session.account_id, U.c.user_id == user_id)
    row = session.execute(sa.select(U).where(*where)).one_or_none()
    return Presence(sequence=row.sequence, inactive_time=row.inactive_time) if row else None


def put(session: WriteSession, user_id: str, presence: Presence) -> None:
    values = {"sequence": presence.sequence, "inactive_time": presence.inactive_time}
    row = {"account_id": session.account_id, "user_id": user_id, **values}
    if not insert_or_ignore(session.connection, U, row):
        session.execute(sa.update(U).where(U.c.account_id == session.account_id, U.c.user_id == user_id).values(values))
