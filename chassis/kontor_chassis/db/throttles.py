"""Buckets of `kontor_chassis.throttling` as rows (account_id, key, empty_time) of a service's table."""

from collections.abc import Collection, Mapping
from datetime import datetime

import sqlalchemy as sa

from kontor_chassis.db.sessions import WriteSession
from kontor_chassis.db.upsert import insert_or_ignore


def hold(session: WriteSession, table: sa.Table, keys: Collection[str]) -> dict[str, datetime]:
    """When each bucket will be empty, made where it is missing; rows are held, in the order of keys, until the end of the
    session, so that two tries can neither overlook nor deadlock each other."""
    for key in sorted(keys):
        insert_or_ignore(session.connection, table, {"account_id": session.account_id, "key": key, "empty_time": session.now})
    statement = sa.select(table.c.key, table.c.empty_time).where(table.c.account_id == session.account_id, table.c.key.in_(keys))
    return {row.key: row.empty_time for row in session.execute(statement.order_by(table.c.key).with_for_update())}


def put(session: WriteSession, table: sa.Table, empty_times: Mapping[str, datetime]) -> None:
    """The caller holds the rows."""
    for key, empty_time in empty_times.items():
        mine = (table.c.account_id == session.account_id, table.c.key == key)
        session.execute(sa.update(table).where(*mine).values(empty_time=empty_time))
