"""What was heard last of records of other services."""

from collections.abc import Collection

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.db.upsert import insert_or_ignore, upsert_newer
from kontor_tasks.store.tables import RECORDS as T


def keep(session: WriteSession, ref: str, *, sequence: int, deleted: bool = False) -> bool:
    """Remember this news of the record; False where something newer, or the same, was heard before."""
    known = session.execute(sa.select(T.c.sequence).where(T.c.account_id == session.account_id, T.c.ref == ref)).scalar_one_or_none()
    if known is not None and known >= sequence:
        return False
    row = {"account_id": session.account_id, "ref": ref, "sequence": sequence, "deleted": deleted}
    upsert_newer(session.connection, T, [row])
    return True


def confirm(session: WriteSession, ref: str) -> None:
    """The owner says that the record exists. Any event about it, heard before or after, counts more."""
    insert_or_ignore(session.connection, T, {"account_id": session.account_id, "ref": ref, "sequence": 0, "deleted": False})


def states(session: ReadSession, refs: Collection[str]) -> dict[str, bool]:
    """Of those that are known: whether they are gone."""
    if not refs:
        return {}
    where = (T.c.account_id == session.account_id, T.c.ref.in_(refs))
    return {row.ref: row.deleted for row in session.execute(sa.select(T.c.ref, T.c.deleted).where(*where))}


def gone(session: ReadSession, refs: Collection[str]) -> set[str]:
    """Those that are known to be deleted."""
    if not refs:
        return set()
    return set(session.execute(sa.select(T.c.ref).where(_is_gone(session, T.c.ref.in_(refs)))).scalars())


def is_gone(session: ReadSession, ref: str) -> sa.Exists:
    """As a condition in another statement."""
    return sa.select(sa.literal(1)).where(_is_gone(session, T.c.ref == ref)).exists()


def _is_gone(session: ReadSession, which: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    return sa.and_(T.c.account_id == session.account_id, which, T.c.deleted)
