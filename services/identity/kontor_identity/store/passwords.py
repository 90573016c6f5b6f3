"""Every SQL statement that sees the hash of a password."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_identity.store.tables import ACCOUNTS as A
from kontor_identity.store.tables import PASSWORDS as P
from kontor_identity.store.tables import USERS as U

# Users of one address that are tried without an account's slug. Only an operator makes accounts, so nobody has more.
_MAX_CANDIDATES = 10


@dataclass(frozen=True)
class Candidate:
    """A user whose password may be meant."""

    account_id: str
    slug: str
    user_id: str
    hash: str = field(repr=False)


def candidates(session: ReadSession, email_key: str, *, slug: str) -> Sequence[Candidate]:
    """Active users of this address that have a password, over all accounts or in the one that is named. Needs a session of every
    account."""
    statement = (
        sa.select(U.c.account_id, A.c.slug, U.c.id, P.c.hash)
        .join(A, A.c.account_id == U.c.account_id)
        .join(P, sa.and_(P.c.account_id == U.c.account_id, P.c.user_id == U.c.id))
        .where(U.c.email_key == email_key, U.c.active)
    )
    if slug:
        statement = statement.where(A.c.slug == slug)
    rows = session.execute(statement.order_by(U.c.account_id).limit(_MAX_CANDIDATES))
    return [Candidate(account_id=row.account_id, slug=row.slug, user_id=row.id, hash=row.hash) for row in rows]


def hash_of(session: ReadSession, user_id: str) -> str:
    """Empty where the user has no password."""
    statement = sa.select(P.c.hash).where(P.c.account_id == session.account_id, P.c.user_id == user_id)
    return session.execute(statement).scalar_one_or_none() or ""


def put(session: WriteSession, user_id: str, password_hash: str) -> None:
    """Set or replace; the caller holds the user's row."""
    session.execute(sa.delete(P).where(P.c.account_id == session.account_id, P.c.user_id == user_id))
    row = {"account_id": session.account_id, "user_id": user_id, "hash": password_hash, "update_time": session.now}
    session.execute(sa.insert(P).values(**row))
