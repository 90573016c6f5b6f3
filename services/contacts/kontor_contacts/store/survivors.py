"""Whom an id means now that records were merged."""

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession
from kontor_chassis.ids import is_id
from kontor_contacts.store.merge_tables import MERGES as T

_NEXT = sa.select(T.c.survivor_id).where(
    T.c.account_id == sa.bindparam("this_account", type_=sa.Text),
    T.c.duplicate_id == sa.bindparam("this_id", type_=sa.Text),
    T.c.noun == sa.bindparam("this_noun", type_=sa.Text),
    T.c.undo_time.is_(None),
)


def present_id(session: ReadSession, noun: str, record_id: str) -> str:
    """The id itself, or that of the record which has taken its place; either may be gone. What is no id stays as it is."""
    if not is_id(record_id):
        return record_id
    # It ends: what was merged into others has no row that anything could be merged into.
    while survivor_id := session.execute(
        _NEXT, {"this_account": session.account_id, "this_id": record_id, "this_noun": noun}
    ).scalar_one_or_none():
        record_id = survivor_id
    return record_id
