"""What was heard last of records of other services."""

from collections.abc import Collection

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.db.upsert import insert_or_ignore, upsert_newer
from kontor_tasks.store.tables import RECORDS as T

_ACCOUNT = sa.bindparam("this_account", type_=sa.Text)
_STATES = sa.select(T.c.ref, T.c.deleted).where(T.c.account_id == _ACCOUNT, T.c.ref.in_(sa.bindparam("refs", expanding=True)))
_SEQUENCE = sa.select(T.c.sequence).where(T.c.account_id == _ACCOUNT, T.c.ref == sa.bindparam("this_ref", type_=sa.Text))


def keep(session: WriteSession, ref: str, *, sequence: int, deleted: bool = False) -> bool:
    """Remember this news of the record; False where something newer, or the same, was heard before."""
    known = session.execute(_SEQUENCE, {"this_account": session.account_id, "this_ref": ref}).scalar_one_or_none()
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
    rows = session.execute(_STATES, {"this_account": session.account_id, "refs": list(refs)})
    return {row.ref: row.deleted for row in rows}


def gone(session: ReadSession, refs: Collection[str]) -> set[str]:
    """Those that are known to be deleted."""
    if not refs:
        return set()
    return {ref for ref, deleted in states(session, refs).items() if deleted}


def is_gone(account_id: sa.ColumnElement[str], ref: sa.ColumnElement[str]) -> sa.Exists:
    """As a condition in another statement."""
    return sa.select(sa.literal(1)).where(T.c.account_id == account_id, T.c.ref == ref, T.c.deleted).exists()
