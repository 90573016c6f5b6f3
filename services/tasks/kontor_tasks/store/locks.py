"""Keeps two writers apart that would not see each other's rows (PostgreSQL; SQLite has one writer anyway).

Links are made from entries, ties and merges together. Without a lock, one transaction could write an entry while another one
writes a tie: neither sees the other's row, and the link is missing for ever. So whoever hangs something on a subject shares that
subject, and whoever changes what the subject's links depend on (its ties, its being there) claims it. The same goes for the
account's time zone and for its merges: every writer shares the account, a change of the zone and a merge claim it.

Taken before any row is locked. A batch of events may still wait in a circle with somebody who moves a note from one subject to
another; PostgreSQL then ends one of them, and that one is tried again.
"""

from collections.abc import Iterable

from kontor_chassis.db import locks
from kontor_chassis.db.locks import ACCOUNT
from kontor_chassis.db.sessions import WriteSession


def share(session: WriteSession, subjects: Iterable[str]) -> None:
    """Until the end of the session nobody changes the ties of these subjects, nor the account's time zone and merges."""
    locks.share(session, [ACCOUNT, *(subject for subject in subjects if subject)])


def claim(session: WriteSession, subjects: Iterable[str]) -> None:
    """Until the end of the session nobody hangs anything on these subjects, nor changes the account's time zone and merges."""
    locks.share(session, [ACCOUNT])
    locks.claim(session, subjects)


def claim_account(session: WriteSession) -> None:
    """Until the end of the session nobody writes what depends on the time zone or the merges."""
    locks.claim(session, [ACCOUNT])
