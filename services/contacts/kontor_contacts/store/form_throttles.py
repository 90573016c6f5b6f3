"""Buckets of what is sent by web forms; see kontor_chassis.throttling."""

from collections.abc import Collection, Mapping
from datetime import datetime

import sqlalchemy as sa

from kontor_chassis.db.sessions import WriteSession
from kontor_chassis.db.upsert import insert_or_ignore
from kontor_contacts.store.form_tables import FORM_THROTTLES as T


def hold(session: WriteSession, keys: Collection[str]) -> dict[str, datetime]:
    """When each bucket will be empty, made where it is missing; rows are held, in the order of keys, until the end of the
    session, so that two senders can neither overlook nor deadlock each other."""
    for key in sorted(keys):
        insert_or_ignore(session.connection, T, {"account_id": session.account_id, "key": key, "empty_time": session.now})
    statement = sa.select(T.c.key, T.c.empty_time).where(T.c.account_id == session.account_id, T.c.key.in_(keys))
    return {row.key: row.empty_time for row in session.execute(statement.order_by(T.c.key).with_for_update())}


def put(session: WriteSession, empty_times: Mapping[str, datetime]) -> None:
    """The caller holds the rows."""
    for key, empty_time in empty_times.items():
        session.execute(sa.update(T).where(T.c.account_id == session.account_id, T.c.key == key).values(empty_time=empty_time))


def prune(session: WriteSession, *, limit: int) -> int:
    """Forget buckets that are empty, of all accounts, in a session of every account; those that somebody holds are left."""
    old = sa.select(T.c.account_id, T.c.key).where(T.c.empty_time < session.now).order_by(T.c.empty_time).limit(limit)
    chosen = session.execute(old.with_for_update(skip_locked=True)).all()
    for row in chosen:
        session.execute(sa.delete(T).where(T.c.account_id == row.account_id, T.c.key == row.key))
    return len(chosen)
