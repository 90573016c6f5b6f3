"""What is remembered of records of others: so that references to them can be checked, and deals be found by their names."""

from kontor_chassis.db.sessions import WriteSession
from kontor_sales.store import following, given, records


def told(session: WriteSession, ref: str, name: str, *, sequence: int) -> None:
    """A person or organisation is there and is called so."""
    _keep(session, ref, sequence=sequence, deleted=False, name=name)


def deleted(session: WriteSession, ref: str, *, sequence: int) -> None:
    """Nothing new can name it; deals and projects that do keep its id, which is their history, but not its name."""
    _keep(session, ref, sequence=sequence, deleted=True, name="")


def user_changed(session: WriteSession, user_id: str, *, active: bool, sequence: int) -> None:
    """Only active users can be made responsible. What a deactivated one answered for stays theirs."""
    records.keep(session, f"users/{user_id}", sequence=sequence, deleted=not active)


def _keep(session: WriteSession, ref: str, *, sequence: int, deleted: bool, name: str) -> None:
    renamed = records.keep(session, ref, sequence=sequence, deleted=deleted, name=name)
    # Who is made is named by nothing, as a rule; a deal that is being written finds the new name.
    if renamed and given.naming(session, ref, after="", limit=1):
        following.begin(session, ref, "name")
