"""Names that transactions share or claim, to keep writers apart that would not see each other's rows (PostgreSQL; SQLite has one
writer anyway). Taken before any row is locked, and sorted, so that two writers do not wait for each other."""

import hashlib
from collections.abc import Iterable

import sqlalchemy as sa

from kontor_chassis.db.sessions import WriteSession

# A name that stands for the account itself: it is no resource name.
ACCOUNT = ""


def share(session: WriteSession, names: Iterable[str]) -> None:
    """Until the end of the session nobody claims one of these names in this account."""
    _lock(session, "pg_advisory_xact_lock_shared", names)


def claim(session: WriteSession, names: Iterable[str]) -> None:
    """Until the end of the session nobody shares or claims one of these names in this account."""
    _lock(session, "pg_advisory_xact_lock", names)


def _lock(session: WriteSession, function: str, names: Iterable[str]) -> None:
    if session.connection.dialect.name != "postgresql":
        return
    keys = sorted({_key(session.account_id, name) for name in names})
    if keys:
        session.execute(sa.select(*(getattr(sa.func, function)(sa.literal(key, sa.BigInteger)) for key in keys)))


def _key(account_id: str, name: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{account_id}/{name}".encode()).digest()[:8], signed=True)
