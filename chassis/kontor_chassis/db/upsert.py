"""Insert-or-else, the same for SQLite and PostgreSQL (both know ON CONFLICT)."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite


def _insert(connection: sa.Connection, table: sa.Table) -> Any:
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def insert_or_ignore(connection: sa.Connection, table: sa.Table, row: Mapping[str, Any]) -> bool:
    """Insert the row; False where one with the same key is there already."""
    statement = _insert(connection, table).values(**row).on_conflict_do_nothing()
    # SQLAlchemy reports -1 for inserts on PostgreSQL unless it is asked to keep the count.
    return connection.execute(statement, execution_options={"preserve_rowcount": True}).rowcount == 1


def upsert_newer(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows of a replica, or replace those whose `sequence` is lower; what is older than the replica is dropped.

    Every row has all columns. A deleted record keeps its row with `deleted` set, so that a late older event cannot revive it.
    """
    if not rows:
        return
    statement = _insert(connection, table)
    keys = [column.name for column in table.primary_key.columns]
    changed = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    connection.execute(
        statement.on_conflict_do_update(index_elements=keys, set_=changed, where=statement.excluded.sequence > table.c.sequence), list(rows)
    )
