"""One service's database: SQLite in a file, or PostgreSQL. Units of work are plain synchronous functions, run in one hop to a
worker thread each; a hop per statement is what makes asynchronous drivers slow.

SQLite: WAL, `BEGIN IMMEDIATE` (a deferred transaction loses updates), `synchronous=FULL` (what was acknowledged survives a
power cut), foreign keys on, and one writing thread, because the file has one writer anyway.
PostgreSQL: every connection names its account in `kontor.account`; row-level security compares it (see migrations.py).
"""

import asyncio
import contextvars
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import sqlalchemy as sa
from sqlalchemy import event

from kontor_chassis.errors import InvalidArgument, KontorError, Unavailable

P = ParamSpec("P")
T = TypeVar("T")

_READERS = 8
# SQLite's readers never wait for a network: more of them than this only fight for the interpreter.
_SQLITE_READERS = 3
_STATEMENT_SECONDS = 10
_LOCK_SECONDS = 5
_CONNECT_SECONDS = 3
# An execution option: PostgreSQL plans the statement for its values each time.
PLANNED_ANEW = {"planned_anew": True}
_TRIES = 4
# https://www.postgresql.org/docs/current/errcodes-appendix.html
_DEADLOCK = "40P01"
# SQLITE_BUSY, SQLITE_IOERR_WRITE …: the word after the first underscore.
_SQLITE_PASSES = frozenset({"BUSY", "LOCKED", "FULL", "IOERR", "CANTOPEN", "READONLY", "NOMEM", "INTERRUPT"})
# Connection, transaction (serialisation, deadlock), resources, locks, operator intervention (SQLSTATE classes).
_POSTGRESQL_PASSES = ("08", "25", "40", "53", "55P03", "57", "58")


class Deadlocked(Unavailable):
    """Two transactions waited for each other, and this one was ended."""


class Database:
    """Opens sessions' connections; knows nothing of what is done with them."""

    def __init__(self, url: str, *, name: str) -> None:
        self.name = name
        parsed = sa.make_url(url)
        self.dialect = parsed.get_backend_name()
        if self.dialect == "sqlite":
            Path(parsed.database or "").parent.mkdir(parents=True, exist_ok=True)
            self.engine = _sqlite_engine(parsed)
            self._writers = ThreadPoolExecutor(1, thread_name_prefix=f"{name}-write")
            # SQLite lets waiting writers poll, and under load some of them never get their turn; a lock is fair enough.
            self._turn: AbstractContextManager[Any] = threading.Lock()
            readers = _SQLITE_READERS
        elif self.dialect == "postgresql":
            self.engine = _postgresql_engine(parsed)
            self._writers = ThreadPoolExecutor(_READERS, thread_name_prefix=f"{name}-write")
            self._turn = nullcontext()
            readers = _READERS
        else:
            raise ValueError(f"{name}: {self.dialect} is not supported, only sqlite and postgresql")
        event.listen(self.engine, "handle_error", _note_failure)
        self._readers = ThreadPoolExecutor(readers, thread_name_prefix=f"{name}-read")

    @contextmanager
    def reading(self, account_id: str) -> Iterator[sa.Connection]:
        """A connection in autocommit: each statement sees what is committed when it starts."""
        with translated(), self.engine.connect() as connection:
            self.enter_account(connection, account_id)
            try:
                yield connection
            finally:
                _close_cursors(connection)

    @contextmanager
    def writing(self, account_id: str) -> Iterator[sa.Connection]:
        """A connection in a write transaction that commits at the end of the block, and rolls back where it raises.

        Raises RuntimeError where a statement failed and the block went on: PostgreSQL would answer COMMIT with a rollback and no
        error, SQLite would commit the rest. What may fail is to be asked of the database without failing (insert_or_ignore).
        """
        with translated(), self._turn, self.engine.connect() as connection:
            if self.dialect == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                self.enter_account(connection, account_id)
                connection.exec_driver_sql("BEGIN")
            connection.info.pop("failed", None)
            try:
                yield connection
                if "failed" in connection.info:
                    raise RuntimeError("a statement of this transaction failed and was not let through")
                connection.exec_driver_sql("COMMIT")
            except BaseException:
                _roll_back(connection)
                raise
            finally:
                _close_cursors(connection)

    def enter_account(self, connection: sa.Connection, account_id: str) -> None:
        """Name the account to row-level security. Skipped where the connection already stands in it."""
        if self.dialect != "postgresql" or connection.info.get("account") == account_id:
            return
        connection.exec_driver_sql("SELECT set_config('kontor.account', %s, false)", (account_id,))
        connection.info["account"] = account_id

    async def read(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function that reads in a worker thread."""
        return await _hop(self._readers, function, *args, **kwargs)

    async def write(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function that writes in a worker thread; in SQLite they queue up for the one writer."""
        return await _hop(self._writers, function, *args, **kwargs)

    async def transact(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`write` for a function that is one write transaction and nothing else: begun again where PostgreSQL has ended it, because it
        and another one waited for each other."""
        for _ in range(_TRIES - 1):
            try:
                return await self.write(function, *args, **kwargs)
            except Deadlocked:
                continue
        return await self.write(function, *args, **kwargs)

    def close(self) -> None:
        """Wait for running units of work, then close the connections."""
        self._readers.shutdown(wait=True)
        self._writers.shutdown(wait=True)
        self.engine.dispose()


async def _hop(executor: ThreadPoolExecutor, function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    # The trace and the log's fields go along; executors do not take them by themselves.
    context = contextvars.copy_context()
    return await asyncio.get_running_loop().run_in_executor(executor, lambda: context.run(function, *args, **kwargs))


def _note_failure(context: sa.engine.ExceptionContext) -> None:
    if context.connection is not None:
        context.connection.info["failed"] = True


class _SqliteConnection(sqlite3.Connection):
    """Knows its cursors since they were last closed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cursors: list[sqlite3.Cursor] = []

    def cursor(self, *args: Any, **kwargs: Any) -> Any:
        cursor = super().cursor(*args, **kwargs)
        self.cursors.append(cursor)
        return cursor


def _close_cursors(connection: sa.Connection) -> None:
    """End what an exception kept from being read to its end: it would pin its snapshot to SQLite's connection, for all who get it next."""
    own = None if connection.invalidated else connection.connection.dbapi_connection
    if isinstance(own, _SqliteConnection):
        for cursor in own.cursors:
            cursor.close()
        own.cursors.clear()


def _roll_back(connection: sa.Connection) -> None:
    # A rollback takes back the account that was named within the transaction, too.
    connection.info.pop("account", None)
    try:
        connection.exec_driver_sql("ROLLBACK")
    except sa.exc.SQLAlchemyError:
        # The connection is gone, or SQLite has rolled back by itself; either way nothing is left of the transaction.
        connection.invalidate()


@contextmanager
def translated() -> Iterator[None]:
    """Turn a database that is away, locked or full into Unavailable; the caller may try again."""
    try:
        yield
    except KontorError:
        raise
    except (sa.exc.TimeoutError, sa.exc.PendingRollbackError, sa.exc.ResourceClosedError) as error:
        # The pool is exhausted, or the connection broke between two statements.
        raise Unavailable("The database has too much to do right now.", reason="DATABASE_UNAVAILABLE") from error
    except sa.exc.DataError as error:
        # Text that a database cannot keep, such as a NUL in PostgreSQL. REST refuses it with the field named.
        raise InvalidArgument("The request holds a value that cannot be stored.") from error
    except sa.exc.DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == _DEADLOCK:
            raise Deadlocked("The database cannot be used right now.", reason="DATABASE_UNAVAILABLE") from error
        if error.connection_invalidated or _passes(error.orig):
            raise Unavailable("The database cannot be used right now.", reason="DATABASE_UNAVAILABLE") from error
        raise


def _passes(error: BaseException | None) -> bool:
    """Whether trying again later can help: the server is away, overloaded or full. A statement that will always fail must
    count as a failure, or an event that leads to it would be tried for ever."""
    if isinstance(error, sqlite3.Error):
        return error.sqlite_errorname.split("_")[1] in _SQLITE_PASSES if error.sqlite_errorname else True
    state = getattr(error, "sqlstate", None)
    # Without a state the connection was never made, or broke.
    return state is None or state.startswith(_POSTGRESQL_PASSES)


def _sqlite_engine(url: sa.URL) -> sa.Engine:
    engine = sa.create_engine(
        url,
        isolation_level="AUTOCOMMIT",
        # Values of rows do not belong in error messages and logs.
        hide_parameters=True,
        pool_size=_SQLITE_READERS + 1,
        max_overflow=_READERS,
        connect_args={"check_same_thread": False, "timeout": _LOCK_SECONDS, "factory": _SqliteConnection},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY", "journal_size_limit=67108864"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine


def _postgresql_engine(url: sa.URL) -> sa.Engine:
    options = f"-c statement_timeout={_STATEMENT_SECONDS}s -c lock_timeout={_LOCK_SECONDS}s -c timezone=UTC"
    engine = sa.create_engine(
        url.set(drivername="postgresql+psycopg"),
        isolation_level="AUTOCOMMIT",
        hide_parameters=True,
        pool_size=2 * _READERS,
        max_overflow=4,
        pool_timeout=_CONNECT_SECONDS,
        pool_recycle=1800,
        # Autocommit connections have nothing to roll back on return; writes end their transaction themselves.
        pool_reset_on_return=None,
        connect_args={
            "connect_timeout": _CONNECT_SECONDS,
            "options": options,
            "application_name": "kontor",
            "keepalives_idle": 10,
            "keepalives_interval": 3,
            "keepalives_count": 3,
            "tcp_user_timeout": 10_000,
        },
    )

    @event.listens_for(engine, "connect")
    def forget_account(_connection: Any, record: Any) -> None:
        record.info.pop("account", None)

    @event.listens_for(engine, "do_execute")
    def plan_anew(cursor: Any, statement: str, parameters: Any, context: Any) -> bool:
        # psycopg prepares what is executed often (psycopg.org/psycopg3/docs/advanced/prepare.html).
        if not context.execution_options.get("planned_anew"):
            return False
        cursor.execute(statement, parameters, prepare=False)
        return True

    return engine
