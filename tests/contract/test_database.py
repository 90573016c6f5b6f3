"""What units of work may rely on, on SQLite and on PostgreSQL alike (law 3, R2 to R4). Outbox, inbox and upsert are tested the same way in
chassis/tests, whose database is either."""

import asyncio
import contextlib
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from kontor_chassis.db.database import Database
from kontor_chassis.db.json_rows import children
from kontor_chassis.db.sessions import Sessions
from kontor_chassis.db.upsert import insert_or_ignore, upsert_newer
from tests.contract.database_harness import ANNA, BERTA, NOTES, DatabasePlace, note, notes, sessions_of


def test_a_read_sees_what_is_committed_when_each_statement_starts(database_place: DatabasePlace, sessions: Sessions) -> None:
    count = sa.select(sa.func.count()).select_from(NOTES)
    with database_place.open() as other, sessions.read(ANNA) as reading:
        assert reading.execute(count).scalar_one() == 0
        note(sessions_of(other), "1")
        assert reading.execute(count).scalar_one() == 1


def test_others_read_on_while_one_writes_and_see_nothing_of_it_before_its_commit(database_place: DatabasePlace, sessions: Sessions) -> None:
    note(sessions, "1", text="before")
    with database_place.open() as other:
        with sessions.write(ANNA) as session:
            session.execute(sa.update(NOTES).values(text="after"))
            session.execute(sa.insert(NOTES).values(account_id="a", id="2"))
            with sessions_of(other).read(ANNA) as reading:
                assert [row.text for row in reading.execute(sa.select(NOTES))] == ["before"]
        assert notes(sessions_of(other)) == ["1", "2"]


@pytest.mark.parametrize("failure", [RuntimeError, KeyboardInterrupt, asyncio.CancelledError, SystemExit])
def test_whatever_ends_a_write_early_leaves_nothing_of_it(sessions: Sessions, failure: type[BaseException]) -> None:
    note(sessions, "1")

    def fail() -> None:
        with sessions.write(ANNA) as session:
            session.execute(sa.delete(NOTES))
            session.execute(sa.insert(NOTES).values(account_id="a", id="2"))
            raise failure

    for _ in range(3):
        with pytest.raises(failure):
            fail()
    assert notes(sessions) == ["1"]
    note(sessions, "3")
    assert notes(sessions) == ["1", "3"]


def test_a_statement_that_fails_takes_the_whole_write_with_it(sessions: Sessions) -> None:
    note(sessions, "1")

    def twice() -> None:
        with sessions.write(ANNA) as session:
            session.execute(sa.insert(NOTES).values(account_id="a", id="2"))
            session.execute(sa.insert(NOTES).values(account_id="a", id="1"))

    with pytest.raises(sa.exc.IntegrityError):
        twice()
    assert notes(sessions) == ["1"]


def test_a_write_that_swallows_the_failure_of_a_statement_is_no_success(sessions: Sessions) -> None:
    """PostgreSQL answers the COMMIT of a broken transaction with a rollback and no error; SQLite would commit what is left."""
    note(sessions, "1")

    def swallow() -> None:
        with sessions.write(ANNA) as session:
            session.execute(sa.insert(NOTES).values(account_id="a", id="2"))
            with contextlib.suppress(sa.exc.IntegrityError):
                session.execute(sa.insert(NOTES).values(account_id="a", id="1"))

    with pytest.raises(RuntimeError, match="failed and was not let through"):
        swallow()
    assert notes(sessions) == ["1"]
    note(sessions, "2")
    assert notes(sessions) == ["1", "2"]


def test_changes_at_once_that_hold_their_row_lose_nothing(database_place: DatabasePlace, sessions: Sessions) -> None:
    """Two processes with four threads each."""
    note(sessions, "1", number=0)
    one = NOTES.c.id == "1"

    def increment(mine: Sessions) -> None:
        with mine.write(ANNA) as session:
            session.hold(sa.select(NOTES.c.id).where(one).with_for_update())
            number = session.execute(sa.select(NOTES.c.number).where(one)).scalar_one()
            session.execute(sa.update(NOTES).where(one).values(number=number + 1))

    with database_place.open() as other, ThreadPoolExecutor(8) as executor:
        both = [sessions, sessions_of(other)]
        for future in [executor.submit(increment, both[number % 2]) for number in range(80)]:
            future.result()
    with sessions.read(ANNA) as reading:
        assert reading.execute(sa.select(NOTES.c.number)).scalar_one() == 80


def test_who_waited_for_a_row_sees_what_was_committed_meanwhile(sessions: Sessions, database_place: DatabasePlace) -> None:
    note(sessions, "1", text="before")
    begun = threading.Event()

    def wait(mine: Sessions) -> str:
        begun.set()
        with mine.write(ANNA) as session:
            session.hold(sa.select(NOTES.c.id).with_for_update())
            return str(session.execute(sa.select(NOTES.c.text)).scalar_one())

    with database_place.open() as other, ThreadPoolExecutor(1) as executor:
        with sessions.write(ANNA) as session:
            session.hold(sa.select(NOTES.c.id).with_for_update())
            waiting = executor.submit(wait, sessions_of(other))
            begun.wait()
            session.execute(sa.update(NOTES).values(text="after"))
        assert waiting.result() == "after"


def test_what_was_committed_survives_the_death_of_its_process_and_nothing_else(database_place: DatabasePlace, sessions: Sessions) -> None:
    program = Path(__file__).parent / "database_process.py"
    ran = subprocess.run(
        [sys.executable, str(program), database_place.url], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )
    assert (ran.stdout, ran.returncode) == ("kept\n", -9), ran.stderr
    # The dead one's lock is gone with it.
    note(sessions, "next")
    assert notes(sessions) == ["kept", "next"]


def test_a_session_of_one_account_after_another_sees_the_rows_of_its_own(sessions: Sessions) -> None:
    """The same few connections serve all accounts in turn."""
    for number in range(20):
        who = (ANNA, BERTA)[number % 2]
        note(sessions, str(number), who)
    assert [int(note_id) % 2 for note_id in notes(sessions)] == [0] * 10
    assert [int(note_id) % 2 for note_id in notes(sessions, BERTA)] == [1] * 10


def test_a_write_for_several_accounts_commits_or_fails_as_one(sessions: Sessions) -> None:
    def write(*, fail: bool) -> None:
        with sessions.write_many(means="event") as enter:
            for who in (ANNA, BERTA, ANNA):
                session = enter(who)
                rows = session.execute(sa.select(sa.func.count()).select_from(NOTES).where(NOTES.c.account_id == who.account_id))
                session.execute(sa.insert(NOTES).values(account_id=who.account_id, id=str(rows.scalar_one())))
            if fail:
                raise RuntimeError

    with pytest.raises(RuntimeError):
        write(fail=True)
    assert (notes(sessions), notes(sessions, BERTA)) == ([], [])
    write(fail=False)
    assert (notes(sessions), notes(sessions, BERTA)) == (["0", "1"], ["0"])


# Statements that both understand ----------------------------------------------------------------------------------------------


def test_of_many_newer_rows_at_once_the_newest_stays(database_place: DatabasePlace, sessions: Sessions) -> None:
    def keep(mine: Sessions, sequence: int) -> None:
        with mine.write(ANNA) as session:
            upsert_newer(session.connection, NOTES, [{"account_id": "a", "id": "1", "text": f"{sequence}", "sequence": sequence}])

    order = [7, 3, 20, 1, 12, 19, 5, 20, 2, 18] * 3
    with database_place.open() as other, ThreadPoolExecutor(8) as executor:
        both = [sessions, sessions_of(other)]
        for future in [executor.submit(keep, both[number % 2], sequence) for number, sequence in enumerate(order)]:
            future.result()
    with sessions.read(ANNA) as reading:
        [row] = reading.execute(sa.select(NOTES)).all()
    assert (row.text, row.sequence) == ("20", 20)


def test_of_many_inserts_of_one_key_at_once_one_wins(database_place: DatabasePlace, sessions: Sessions) -> None:
    def insert(mine: Sessions, number: int) -> bool:
        with mine.write(ANNA) as session:
            return insert_or_ignore(session.connection, NOTES, {"account_id": "a", "id": "1", "number": number})

    with database_place.open() as other, ThreadPoolExecutor(8) as executor:
        both = [sessions, sessions_of(other)]
        won = [future.result() for future in [executor.submit(insert, both[number % 2], number) for number in range(30)]]
    assert won.count(True) == 1
    with sessions.read(ANNA) as reading:
        assert reading.execute(sa.select(NOTES.c.number)).scalar_one() == won.index(True)


TEXTS = ["", "Grüße", "'", '"', "\\", "\n\t\r", "\x7f", "{}", "null", "👩‍👩‍👧", "\u2028", "Ü" * 5000]


def test_what_was_not_read_to_its_end_keeps_nobody_from_reading_and_writing(database_place: DatabasePlace, sessions: Sessions) -> None:
    """An exception breaks off between two rows, and is kept: by a log, or by whoever waits for the answer."""
    with sessions.write(ANNA) as session:
        for number in range(3000):
            session.execute(sa.insert(NOTES).values(account_id="a", id=f"{number:04}", text="x" * 300))
    broken: list[sa.CursorResult[Any]] = []

    def break_off() -> None:
        with sessions.read(ANNA) as reading:
            found = reading.execute(sa.select(NOTES))
            next(iter(found))
            broken.append(found)
            raise LookupError

    with database_place.open() as other:
        for number in range(3):
            with pytest.raises(LookupError):
                break_off()
            note(sessions_of(other), f"by another {number}")
            assert f"by another {number}" in notes(sessions)
            note(sessions, f"own {number}")
    assert len(broken) == 3


def test_a_statement_planned_anew_is_not_kept_with_one_plan_for_all_values(sessions: Sessions) -> None:
    note(sessions, "1")
    with sessions.read(ANNA) as reading:
        for _ in range(20):
            found = reading.execute_planned_anew(sa.select(NOTES.c.id).where(NOTES.c.id == sa.bindparam("wanted")), {"wanted": "1"})
            assert [row.id for row in found] == ["1"]
            reading.execute(sa.select(NOTES.c.id).where(NOTES.c.id == "1"))
        if reading.connection.dialect.name == "postgresql":
            kept = [row.statement for row in reading.execute(sa.text("SELECT statement FROM pg_prepared_statements"))]
            assert any("FROM notes" in statement for statement in kept)
            assert not any("wanted" in statement for statement in kept)


def test_child_rows_come_with_their_record_whatever_they_hold(sessions: Sessions) -> None:
    numbers = [0, -1, 2**53 + 1, 2**63 - 1, -(2**63), None]
    for number, text in enumerate(TEXTS):
        note(sessions, f"{number:02}", text=text, number=numbers[number % len(numbers)])
    note(sessions, "none", text=None)
    inner, outer = NOTES.alias("inner_notes"), NOTES.alias("outer_notes")
    rows = children(inner.c.id, inner.c.text, inner.c.number, where=(inner.c.account_id == outer.c.account_id) & (inner.c.id < outer.c.id))
    with sessions.read(ANNA) as reading:
        held = {row.id: row.rows for row in reading.execute(sa.select(outer.c.id, rows.label("rows")))}
    assert held["00"] == []
    expected = [[f"{number:02}", text, numbers[number % len(numbers)]] for number, text in enumerate(TEXTS)]
    assert sorted(held["none"]) == expected


@pytest.mark.parametrize("value", [{}, [], None, "", "ü", 0, 1.5, True, {"a": [None, {"b": "'\"\\ \u2028 👧"}], "": 2**53}, TEXTS])
def test_json_values_come_back_as_they_went(sessions: Sessions, value: Any) -> None:
    note(sessions, "1", data=value)
    with sessions.read(ANNA) as reading:
        assert reading.execute(sa.select(NOTES.c.data)).scalar_one() == value


BERLIN = timezone(timedelta(hours=2))
MOMENTS = [
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    datetime(1970, 1, 1, tzinfo=UTC),
    datetime(2026, 3, 29, 1, 59, 59, 999_999, tzinfo=UTC),
    datetime(2026, 10, 25, 2, 30, 0, 1, tzinfo=BERLIN),
    datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
]


def test_moments_are_exact_to_the_microsecond_and_sort_and_compare_in_statements(sessions: Sessions) -> None:
    for number, moment in enumerate(MOMENTS):
        note(sessions, str(number), moment=moment)
    note(sessions, "never")
    with sessions.read(ANNA) as reading:
        held = reading.execute(sa.select(NOTES.c.moment).where(NOTES.c.moment.is_not(None)).order_by(NOTES.c.moment)).scalars().all()
        assert list(held) == MOMENTS
        assert {moment.utcoffset() for moment in held} == {timedelta()}
        for number, moment in enumerate(MOMENTS):
            before = sa.select(sa.func.count()).select_from(NOTES).where(NOTES.c.moment < moment)
            assert reading.execute(before).scalar_one() == number
            assert reading.execute(sa.select(NOTES.c.id).where(NOTES.c.moment == moment)).scalar_one() == str(number)
        assert reading.execute(sa.select(NOTES.c.moment).where(NOTES.c.id == "never")).scalar_one() is None


def test_keys_are_sorted_and_told_apart_byte_by_byte(sessions: Sessions) -> None:
    keys = ["Z", "a", "A", "ä", "z", "a-b", "aB", "a b", "ae", "\u00e4\u0301", "10", "9", "_", "é", "e\u0301"]
    for key in keys:
        note(sessions, key)
    assert notes(sessions) == sorted(keys, key=str.encode)
    with sessions.read(ANNA) as reading:
        ids = reading.execute(sa.select(NOTES.c.id).where(NOTES.c.id > "a").order_by(NOTES.c.id).limit(3)).scalars()
        assert list(ids) == sorted((key for key in keys if key.encode() > b"a"), key=str.encode)[:3]


async def test_units_of_work_run_beside_the_loop(database: Database, sessions: Sessions) -> None:
    """A write that waits in its thread keeps nobody else from reading."""
    release = threading.Event()

    def slow() -> None:
        with sessions.write(ANNA) as session:
            session.execute(sa.insert(NOTES).values(account_id="a", id="1"))
            release.wait()

    writing = asyncio.create_task(database.write(slow))
    try:
        assert await database.read(notes, sessions) == []
    finally:
        release.set()
        await writing
    assert await database.read(notes, sessions) == ["1"]
