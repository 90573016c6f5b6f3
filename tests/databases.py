"""A service's database with the plumbing tables and whatever a test adds, on both adapters: as migrations make them, tenancy included."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from kontor_chassis.db.database import Database
from kontor_chassis.db.migrations import create_plumbing, enable_tenancy

DIALECTS = ("sqlite", "postgresql")


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """Another process's view of the database there."""
    database = Database(url, name="chassis")
    try:
        yield database
    finally:
        database.close()


def make_plumbing(database: Database) -> None:
    with _operations(database):
        create_plumbing()


def make_tables(database: Database, *tables: sa.Table) -> None:
    """Tables of accounts' rows."""
    with _operations(database) as connection:
        for table in tables:
            table.create(connection)
            enable_tenancy(table.name)


@contextmanager
def _operations(database: Database) -> Iterator[sa.Connection]:
    with database.engine.connect() as connection, Operations.context(MigrationContext.configure(connection)):
        yield connection
