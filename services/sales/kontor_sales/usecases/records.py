"""What is remembered of records of others, so that references to them can be checked."""

from kontor_chassis.db.sessions import WriteSession
from kontor_sales.store import records


def deleted(session: WriteSession, ref: str, *, sequence: int) -> None:
    """Nothing new can name it; deals and projects that do keep its id, which is their history."""
    records.keep(session, ref, sequence=sequence, deleted=True)


def user_changed(session: WriteSession, user_id: str, *, active: bool, sequence: int) -> None:
    """Only active users can be made responsible. What a deactivated one answered for stays theirs."""
    records.keep(session, f"users/{user_id}", sequence=sequence, deleted=not active)
