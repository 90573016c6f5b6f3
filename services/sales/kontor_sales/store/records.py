"""What is known of people, organisations and users: which are there, and which are gone."""

from collections.abc import Collection

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.db.upsert import insert_or_ignore, upsert_newer
from kontor_sales.store.tables import RECORDS as T


def keep(session: WriteSession, ref: str, *, sequence: int, deleted: bool, name: str = "") -> bool:
    """Remember this news of the record; dropped where something newer was heard before. Answers whether its name is another one now."""
    before = names(session, [ref])
    row = {"account_id": session.account_id, "ref": ref, "sequence": sequence, "deleted": deleted, "name": name}
    upsert_newer(session.connection, T, [row])
    return before != names(session, [ref])


def confirm(session: WriteSession, ref: str) -> None:
    """The owner says that the record exists. Any event about it, heard before or after, counts more."""
    insert_or_ignore(session.connection, T, {"account_id": session.account_id, "ref": ref, "sequence": 0, "deleted": False, "name": ""})


def states(session: ReadSession, refs: Collection[str]) -> dict[str, bool]:
    """Of those that are known: whether they are gone."""
    if not refs:
        return {}
    where = (T.c.account_id == session.account_id, T.c.ref.in_(refs))
    return {row.ref: row.deleted for row in session.execute(sa.select(T.c.ref, T.c.deleted).where(*where))}


def names(session: ReadSession, refs: Collection[str]) -> dict[str, str]:
    """What those are called of whom that is known."""
    if not refs:
        return {}
    which = (T.c.account_id == session.account_id, T.c.ref.in_(refs), T.c.name != "")
    return {row.ref: row.name for row in session.execute(sa.select(T.c.ref, T.c.name).where(*which))}
