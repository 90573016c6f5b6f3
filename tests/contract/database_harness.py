"""What the contract suite of the database is tested with: one place per test, databases opened on it, a table of accounts' rows."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.database import Database
from kontor_chassis.db.sessions import Sessions
from kontor_chassis.db.types import Instant, Json, Key
from kontor_chassis.principal import Principal
from tests.backends import Postgres
from tests.databases import make_plumbing, make_tables, opened

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ANNA = Principal(account_id="a", user_id="anna")
BERTA = Principal(account_id="b", user_id="berta")

NOTES = sa.Table(
    "notes",
    sa.MetaData(),
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("id", Key, primary_key=True),
    sa.Column("text", sa.Text),
    sa.Column("number", sa.BigInteger),
    sa.Column("moment", Instant),
    sa.Column("data", Json),
    sa.Column("sequence", sa.BigInteger, nullable=False, server_default="0"),
    sa.CheckConstraint("sequence >= 0", name="sequence_counts"),
)


@dataclass(frozen=True)
class DatabasePlace:
    """`open()` is a database on the place, as another process would have it."""

    dialect: str
    url: str
    open: Callable[[], AbstractContextManager[Database]]


@contextmanager
def sqlite_place(folder: Path) -> Iterator[DatabasePlace]:
    url = f"sqlite:///{folder / 'chassis.db'}"
    _prepare(url)
    yield DatabasePlace("sqlite", url, lambda: opened(url))


@contextmanager
def postgresql_place(server: Postgres) -> Iterator[DatabasePlace]:
    url = server.create_database("chassis")
    _prepare(url)
    yield DatabasePlace("postgresql", url, lambda: opened(url))
    server.drop_database(url)


def _prepare(url: str) -> None:
    with opened(url) as database:
        make_plumbing(database)
        make_tables(database, NOTES)


def sessions_of(database: Database) -> Sessions:
    return Sessions(database, lambda: NOW)


def note(sessions: Sessions, note_id: str, principal: Principal = ANNA, **values: Any) -> None:
    """Write one."""
    with sessions.write(principal) as session:
        session.execute(sa.insert(NOTES).values(account_id=principal.account_id, id=note_id, **values))


def notes(sessions: Sessions, principal: Principal = ANNA) -> list[str]:
    """The ids of an account's notes, in their order."""
    with sessions.read(principal) as session:
        statement = sa.select(NOTES.c.id).where(NOTES.c.account_id == principal.account_id).order_by(NOTES.c.id)
        return list(session.execute(statement).scalars())
