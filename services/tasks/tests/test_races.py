"""Two writers at once, on PostgreSQL (SQLite has one): an entry and a tie that do not see each other's rows (store/locks.py).

One of the two is held just before its commit; the other one is started, and the first one is let go when the other waits for it
or has finished. Without the locks it finishes, and a link is missing for ever.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from kontor.contacts.events.v1 import events_pb2 as contacts
from kontor.tasks.v1 import notes_pb2 as notes
from kontor.tasks.v1 import timeline_pb2 as timeline
from kontor_chassis.errors import InvalidArgument, Unavailable
from kontor_chassis.ids import new_id
from kontor_chassis.references import Answers, Unanswered
from kontor_chassis.testing import Harness, harness
from kontor_tasks.events import published
from kontor_tasks.service import SERVICE
from kontor_tasks.store import links
from kontor_tasks.usecases import merges, references
from tests.backends import Postgres

Work = Callable[[], Coroutine[Any, Any, Any]]


@pytest.fixture
async def tasks(tmp_path: Path, postgres: Postgres) -> AsyncIterator[Harness]:
    url = postgres.create_database("tasks")
    async with harness(SERVICE, tmp_path, settings={"database_url": url}) as running:
        yield running
    postgres.drop_database(url)


class Gate:
    """Holds the first thread that has passed through `function`, until it is opened."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self.reached, self.opened = threading.Event(), threading.Event()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        answer = self._function(*args, **kwargs)
        if not self.reached.is_set():
            self.reached.set()
            assert self.opened.wait(30)
        return answer


async def cross(tasks: Harness, gate: Gate, held: Work, other: Work) -> list[Any]:
    """Run `held` up to the gate, `other` beside it, and both to their ends; answers what they answered or raised."""
    first = asyncio.create_task(held())
    await asyncio.to_thread(gate.reached.wait, 30)
    second = asyncio.create_task(other())
    while not second.done() and not await tasks.running.context.database.read(_somebody_waits, tasks):
        pass
    gate.opened.set()
    return list(await asyncio.gather(first, second, return_exceptions=True))


def _somebody_waits(tasks: Harness) -> bool:
    here = "(SELECT oid FROM pg_database WHERE datname = current_database())"
    with tasks.running.context.database.reading(tasks.user.account_id) as connection:
        waiting = connection.execute(sa.text(f"SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = {here}"))
        return waiting.first() is not None


def note_on(tasks: Harness, subject: str) -> Work:
    return lambda: tasks.call(notes.CreateNoteRequest(note=notes.Note(subject=subject, text="Notiz")))


def event(tasks: Harness, body: Any, subject: str) -> Work:
    return lambda: tasks.deliver(body, subject=subject, sequence=2)


async def shown(tasks: Harness, subject: str) -> list[str]:
    return [entry.text for entry in (await tasks.call(timeline.ListTimelineRequest(subject=subject))).entries]


@pytest.mark.parametrize("note_first", [True, False])
async def test_a_note_and_a_position_at_the_same_time_find_each_other(
    tasks: Harness, monkeypatch: pytest.MonkeyPatch, note_first: bool
) -> None:
    anna, mueller = new_id(), new_id()
    note = note_on(tasks, f"persons/{anna}")
    facts = contacts.PositionFacts(id=new_id(), person_id=anna, organisation_id=mueller)
    position = event(tasks, contacts.PositionCreated(position=facts), f"persons/{anna}/positions/{facts.id}")
    if note_first:
        gate = Gate(published.note_created)
        monkeypatch.setattr(published, "note_created", gate)
        await cross(tasks, gate, note, position)
    else:
        gate = Gate(links.refresh)
        monkeypatch.setattr(links, "refresh", gate)
        await cross(tasks, gate, position, note)
    assert await shown(tasks, f"organisations/{mueller}") == ["Notiz"]


@pytest.mark.parametrize("note_first", [True, False])
async def test_a_note_on_a_person_who_is_being_deleted_is_removed_or_refused(
    tasks: Harness, monkeypatch: pytest.MonkeyPatch, note_first: bool
) -> None:
    anna = new_id()
    note = note_on(tasks, f"persons/{anna}")
    deletion = event(tasks, contacts.PersonDeleted(id=anna), f"persons/{anna}")
    if note_first:
        gate = Gate(published.note_created)
        monkeypatch.setattr(published, "note_created", gate)
        made, _ = await cross(tasks, gate, note, deletion)
        assert (await tasks.running.context.database.read(_notes, tasks)) == 0
        assert made.text == "Notiz"
    else:
        gate = Gate(links.delete_at)
        monkeypatch.setattr(links, "delete_at", gate)
        _, refused = await cross(tasks, gate, deletion, note)
        assert isinstance(refused, InvalidArgument)


@pytest.mark.parametrize("note_first", [True, False])
async def test_a_note_and_a_merge_at_the_same_time_find_each_other(
    tasks: Harness, monkeypatch: pytest.MonkeyPatch, note_first: bool
) -> None:
    """B15: what is written on the one that is going shows where the survivor works."""
    anna, double, mueller = (new_id() for _ in range(3))
    position = contacts.PositionFacts(id=new_id(), person_id=anna, organisation_id=mueller)
    await event(tasks, contacts.PositionCreated(position=position), f"persons/{anna}/positions/{position.id}")()
    note = note_on(tasks, f"persons/{double}")
    merge = event(tasks, contacts.PersonMerged(id=double, survivor_id=anna), f"persons/{double}")
    if note_first:
        gate = Gate(published.note_created)
        monkeypatch.setattr(published, "note_created", gate)
        await cross(tasks, gate, note, merge)
    else:
        gate = Gate(merges.merged)
        monkeypatch.setattr(merges, "merged", gate)
        await cross(tasks, gate, merge, note)
    for subject in (f"persons/{anna}", f"persons/{double}", f"organisations/{mueller}"):
        assert await shown(tasks, subject) == ["Notiz"]


def _notes(tasks: Harness) -> int:
    with tasks.running.context.database.reading(tasks.user.account_id) as connection:
        return int(connection.execute(sa.text("SELECT count(*) FROM entries")).scalar_one())


async def test_what_a_write_names_may_be_merged_between_two_answers(tasks: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each time it asks for who now answers; it does not ask for ever."""
    led_to = [f"persons/{new_id()}" for _ in range(5)]
    steps = 3

    def require(_session: Any, _named: Any, answers: Answers) -> None:
        for ref in led_to[:steps]:
            if ref not in answers:
                raise Unanswered([ref])

    monkeypatch.setattr(references, "require", require)
    note = note_on(tasks, f"persons/{new_id()}")
    assert (await note()).text == "Notiz"
    steps = 5
    with pytest.raises(Unavailable, match="Try again"):
        await note()
