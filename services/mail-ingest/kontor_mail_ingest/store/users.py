"""Replica of identity's users."""

from collections.abc import Collection

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.db.upsert import upsert_newer
from kontor_mail_ingest.store.tables import USERS as U


def keep(session: WriteSession, user_id: str, *, email: str, active: bool, sequence: int) -> None:
    """`email` is normalised, or empty."""
    row = {"account_id": session.account_id, "id": user_id, "email": email, "active": active, "sequence": sequence}
    upsert_newer(session.connection, U, [row])


def among(session: ReadSession, addresses: Collection[str]) -> set[str]:
    """Which of these normalised addresses are users' of the account, deactivated ones too."""
    if not addresses:
        return set()
    return set(session.execute(sa.select(U.c.email).where(U.c.account_id == session.account_id, U.c.email.in_(addresses))).scalars())
