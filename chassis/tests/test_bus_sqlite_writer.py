"""The thread that writes the queue file."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from kontor_chassis.bus import sqlite_writer
from kontor_chassis.bus.sqlite_writer import SqliteWriter
from kontor_chassis.errors import Unavailable

SCHEMA = "CREATE TABLE IF NOT EXISTS t (x INTEGER PRIMARY KEY, y BLOB)"


@pytest.fixture
async def writer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SqliteWriter]:
    monkeypatch.setattr(sqlite_writer, "_BUSY_MILLISECONDS", 50)
    writer = SqliteWriter(tmp_path / "deep" / "file.db", schema=SCHEMA)
    await writer.open()
    yield writer
    await writer.close()


def insert(number: int) -> Callable[[sqlite3.Connection], None]:
    def job(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO t (x) VALUES (?)", (number,))

    return job


def numbers(connection: sqlite3.Connection) -> list[int]:
    return [row[0] for row in connection.execute("SELECT x FROM t ORDER BY x")]


async def test_what_run_returned_is_on_disk_for_everybody(writer: SqliteWriter, tmp_path: Path) -> None:
    await writer.run(insert(1))
    with sqlite3.connect(tmp_path / "deep" / "file.db") as other:
        assert numbers(other) == [1]
    other.close()


async def test_the_file_is_flushed_at_every_commit(writer: SqliteWriter) -> None:
    settings = await writer.run(
        lambda connection: [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
    )
    assert settings == ["wal", 2]


async def test_jobs_that_pile_up_share_one_commit_in_the_order_they_came(writer: SqliteWriter) -> None:
    statements: list[str] = []
    busy, may_go_on = threading.Event(), threading.Event()

    def block(connection: sqlite3.Connection) -> None:
        connection.set_trace_callback(statements.append)
        busy.set()
        may_go_on.wait()

    blocking = asyncio.create_task(writer.run(block))
    await asyncio.to_thread(busy.wait)
    piled = [asyncio.create_task(writer.run(insert(number))) for number in range(50)]
    await asyncio.sleep(0)
    may_go_on.set()
    await asyncio.gather(blocking, *piled)

    # One for the blocking job, one for all the others.
    assert statements.count("COMMIT") == 2
    assert [statement for statement in statements if statement.startswith("INSERT")] == [
        f"INSERT INTO t (x) VALUES ({n})" for n in range(50)
    ]


async def test_a_job_that_raises_is_undone_alone(writer: SqliteWriter) -> None:
    def fail_after_writing(connection: sqlite3.Connection) -> None:
        insert(100)(connection)
        raise ValueError("changed my mind")

    results = await asyncio.gather(writer.run(insert(1)), writer.run(fail_after_writing), writer.run(insert(2)), return_exceptions=True)
    assert isinstance(results[1], ValueError)
    assert await writer.run(numbers) == [1, 2]


async def test_a_file_that_somebody_else_has_locked_is_unavailable_until_it_is_free(writer: SqliteWriter, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "deep" / "file.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable):
        await writer.run(insert(1))
    other.execute("ROLLBACK")
    other.close()
    await writer.run(insert(2))
    assert await writer.run(numbers) == [2]


async def test_a_full_disk_is_unavailable_and_keeps_nothing_half_done(writer: SqliteWriter) -> None:
    await writer.run(insert(1))
    await writer.run(lambda connection: connection.execute("PRAGMA max_page_count = 10").fetchone())

    def too_much(connection: sqlite3.Connection) -> None:
        insert(2)(connection)
        connection.execute("INSERT INTO t (x, y) VALUES (3, zeroblob(1000000))")

    with pytest.raises(Unavailable, match="full"):
        await writer.run(too_much)
    await writer.run(lambda connection: connection.execute("PRAGMA max_page_count = 100000").fetchone())
    await writer.run(insert(4))
    assert await writer.run(numbers) == [1, 4]


async def test_a_caller_that_gives_up_does_not_disturb_the_others(writer: SqliteWriter) -> None:
    abandoned = asyncio.create_task(writer.run(insert(1)))
    await asyncio.sleep(0)
    abandoned.cancel()
    await writer.run(insert(2))
    assert await writer.run(numbers) == [1, 2]


async def test_before_open_and_after_close_it_is_unavailable(tmp_path: Path) -> None:
    writer = SqliteWriter(tmp_path / "file.db", schema=SCHEMA)
    with pytest.raises(Unavailable):
        await writer.run(numbers)
    await writer.open()
    await writer.close()
    await writer.close()
    with pytest.raises(Unavailable):
        await writer.run(numbers)


async def test_a_path_that_cannot_be_a_file_is_unavailable_and_may_be_tried_again(tmp_path: Path) -> None:
    path = tmp_path / "file.db"
    path.mkdir()
    writer = SqliteWriter(path, schema=SCHEMA)
    with pytest.raises(Unavailable):
        await writer.open()
    with pytest.raises(Unavailable):
        await writer.run(numbers)
    path.rmdir()
    await writer.open()
    assert await writer.run(numbers) == []
    await writer.close()


async def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "file.db"
    path.write_bytes(b"no database at all" * 1000)
    with pytest.raises(Unavailable):
        await SqliteWriter(path, schema=SCHEMA).open()
