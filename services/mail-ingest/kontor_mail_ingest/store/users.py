"""Replica of identity's users."""

from collections.abc import Collection

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.db.upsert import upsert_newer
from kontor_mail_ingest.store.tables import USERS as U

OWNER, READER = "owner", "reader"


def keep(session: WriteSession, user_id: str, *, email: str, active: bool, role: str, sequence: int) -> None:
    """`email` is normalised, or empty."""
    row = {"account_id": session.account_id, "id": user_id, "email": email, "active": active, "role": role, "sequence": sequence}
    upsert_newer(session.connection, U, [row])


def may_deposit(session: ReadSession, user_id: str) -> bool:
    """By what is held of the user, which may be newer than what has just been heard."""
    statement = sa.select(sa.literal(1)).where(U.c.account_id == session.account_id, U.c.id == user_id, U.c.active, U.c.role != READER)
    return session.execute(statement).first() is not None


def owner(session: ReadSession, account_id: str) -> tuple[str, str] | None:
    """Account and id of the active owner: of that account, or, where none is named, of the only one there is."""
    owners = sa.select(U.c.account_id, U.c.id).where(U.c.role == OWNER, U.c.active)
    found = session.execute((owners.where(U.c.account_id == account_id) if account_id else owners).limit(2)).all()
    return (found[0].account_id, found[0].id) if len(found) == 1 else None


def among(session: ReadSession, addresses: Collection[str]) -> set[str]:
    """Which of these normalised addresses are users' of the account, deactivated ones too."""
    if not addresses:
        return set()
    return set(session.execute(sa.select(U.c.email).where(U.c.account_id == session.account_id, U.c.email.in_(addresses))).scalars())
