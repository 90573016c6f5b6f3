"""Keeps two writers apart that would not see each other's rows (PostgreSQL; SQLite has one writer anyway).

Links are made from entries and ties together. Without a lock, one transaction could write an entry while another one writes
a tie: neither sees the other's row, and the link is missing for ever. So whoever hangs something on a subject shares that
subject, and whoever changes what the subject's links depend on (its ties, its being there) claims it. The same goes for the
account's time zone and the keys that are made with it: every writer shares the account, a change of the zone claims it.

Taken before any row is locked, and sorted, so that two writers do not wait for each other. A batch of events may still do
so with somebody who moves a note from one subject to another; PostgreSQL then ends one of them, and that one is tried again.
"""

import hashlib
from collections.abc import Iterable

import sqlalchemy as sa

from kontor_chassis.db.sessions import WriteSession

# In the place of a subject: the account itself.
_ACCOUNT = ""


def share(session: WriteSession, subjects: Iterable[str]) -> None:
    """Until the end of the session nobody changes the ties of these subjects, nor the account's time zone."""
    _lock(session, "pg_advisory_xact_lock_shared", [_ACCOUNT, *(subject for subject in subjects if subject)])


def claim(session: WriteSession, subject: str) -> None:
    """Until the end of the session nobody hangs anything on the subject."""
    _lock(session, "pg_advisory_xact_lock", [subject])


def claim_account(session: WriteSession) -> None:
    """Until the end of the session nobody writes what depends on the time zone."""
    _lock(session, "pg_advisory_xact_lock", [_ACCOUNT])


def _lock(session: WriteSession, function: str, names: Iterable[str]) -> None:
    if session.connection.dialect.name != "postgresql":
        return
    keys = sorted({_key(session.account_id, name) for name in names})
    session.execute(sa.select(*(getattr(sa.func, function)(sa.literal(key, sa.BigInteger)) for key in keys)))


def _key(account_id: str, name: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{account_id}/{name}".encode()).digest()[:8], signed=True)
