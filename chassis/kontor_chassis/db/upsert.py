"""Insert-or-else, the same for SQLite and PostgreSQL (both know ON CONFLICT).

Values travel as parameters, so that each statement is built once: building it anew costs several times what running it does.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite


def insert_or_ignore(connection: sa.Connection, table: sa.Table, row: Mapping[str, Any]) -> bool:
    """Insert the row; False where one with the same key is there already."""
    # SQLAlchemy reports -1 for inserts on PostgreSQL unless it is asked to keep the count.
    result = connection.execute(_ignoring(connection.dialect.name, table), dict(row), execution_options={"preserve_rowcount": True})
    return result.rowcount == 1


def upsert_newer(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows of a replica, or replace those whose `sequence` is lower; what is older than the replica is dropped.

    Every row has all columns. A deleted record keeps its row with `deleted` set, so that a late older event cannot revive it.
    """
    if rows:
        connection.execute(_newer(connection.dialect.name, table, tuple(rows[0])), list(rows))


def _insert(dialect: str, table: sa.Table) -> Any:
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


@cache
def _ignoring(dialect: str, table: sa.Table) -> Any:
    return _insert(dialect, table).on_conflict_do_nothing()


@cache
def _newer(dialect: str, table: sa.Table, columns: tuple[str, ...]) -> Any:
    statement = _insert(dialect, table)
    keys = [column.name for column in table.primary_key.columns]
    changed = {name: statement.excluded[name] for name in columns if name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=changed, where=statement.excluded.sequence > table.c.sequence)
