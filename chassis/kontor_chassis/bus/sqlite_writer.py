"""One thread that owns one SQLite connection: jobs that pile up while it commits share the next commit.

With synchronous=FULL a commit costs a flush to the disk, whether it holds one job or a hundred. So many publishers and
consumers at once cost little more than one, and the event loop never waits for the disk.
"""

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from kontor_chassis.errors import Unavailable

T = TypeVar("T")

# How long a write waits for another process that holds the write lock.
_BUSY_MILLISECONDS = 3000
_JOBS_PER_COMMIT = 500


@dataclass(frozen=True)
class _Job:
    run: Callable[[sqlite3.Connection], Any]
    future: asyncio.Future[Any]


class SqliteWriter:
    """Runs jobs `job(connection)` in its thread, each within a transaction that was begun for writing; a job never commits.

    `run` returns after the commit. A job that raises is undone alone. Where SQLite itself fails (locked for too long, disk
    full, I/O error) the jobs concerned raise Unavailable and nothing of them is kept.
    """

    def __init__(self, path: Path, *, schema: str) -> None:
        self._path = path
        self._schema = schema
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    async def open(self) -> None:
        """Open the file, making it where there is none. Raises Unavailable."""
        loop = asyncio.get_running_loop()
        opened: asyncio.Future[None] = loop.create_future()
        self._jobs = SimpleQueue()
        self._thread = threading.Thread(target=self._work, args=(loop, opened), name=f"sqlite-writer-{self._path.name}", daemon=True)
        self._thread.start()
        try:
            await opened
        except Unavailable:
            self._thread = None
            raise

    async def run(self, job: Callable[[sqlite3.Connection], T]) -> T:
        if self._thread is None:
            raise Unavailable(f"{self._path.name} is not open")
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._jobs.put(_Job(job, future))
        return await future

    async def close(self) -> None:
        """Finish the jobs that were given before, then close the file."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._jobs.put(None)
            await asyncio.to_thread(thread.join)

    def _work(self, loop: asyncio.AbstractEventLoop, opened: asyncio.Future[None]) -> None:
        try:
            connection = _connect(self._path, schema=self._schema)
        except (sqlite3.Error, OSError) as error:
            _resolve(loop, [(opened, Unavailable(f"cannot open {self._path.name}: {error}"), None)])
            return
        _resolve(loop, [(opened, None, None)])
        with contextlib.closing(connection):
            closing = False
            while not closing:
                jobs, closing = self._take()
                if jobs:
                    _resolve(loop, _commit(connection, jobs))

    def _take(self) -> tuple[list[_Job], bool]:
        """The jobs for one commit, and whether the writer is to close after them."""
        jobs: list[_Job] = []
        entry = self._jobs.get()
        while entry is not None:
            jobs.append(entry)
            if len(jobs) == _JOBS_PER_COMMIT:
                return jobs, False
            try:
                entry = self._jobs.get_nowait()
            except Empty:
                return jobs, False
        return jobs, True


_Outcome = tuple[asyncio.Future[Any], BaseException | None, Any]


def _connect(path: Path, *, schema: str) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    # isolation_level=None: the module begins no transactions of its own; ours are all IMMEDIATE.
    connection = sqlite3.connect(path, timeout=_BUSY_MILLISECONDS / 1000, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.executescript(schema)
    except BaseException:
        connection.close()
        raise
    return connection


def _commit(connection: sqlite3.Connection, jobs: list[_Job]) -> list[_Outcome]:
    try:
        connection.execute("BEGIN IMMEDIATE")
        outcomes = [_run(connection, job) for job in jobs]
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        with contextlib.suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        unavailable = Unavailable(f"the queue file cannot be written: {error}")
        return [(job.future, unavailable, None) for job in jobs]
    return outcomes


def _run(connection: sqlite3.Connection, job: _Job) -> _Outcome:
    connection.execute("SAVEPOINT job")
    try:
        result = job.run(connection)
    except Exception as error:  # whatever it is belongs to the caller, not to this thread
        if not connection.in_transaction:
            raise  # SQLite has undone the whole transaction itself, as it does where the disk is full
        connection.execute("ROLLBACK TO job")
        connection.execute("RELEASE job")
        if isinstance(error, sqlite3.Error):
            return job.future, Unavailable(f"the queue file cannot be used: {error}"), None
        return job.future, error, None
    connection.execute("RELEASE job")
    return job.future, None, result


def _resolve(loop: asyncio.AbstractEventLoop, outcomes: list[_Outcome]) -> None:
    def resolve() -> None:
        for future, error, result in outcomes:
            # Cancelled meanwhile: its work is committed all the same, which at-least-once allows.
            if future.done():
                continue
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(result)

    # The loop may be gone when a process is torn down while a commit runs.
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(resolve)
