"""What becomes of history and tasks when their subject is deleted."""

from typing import Any

import pytest
import sqlalchemy as sa

from kontor.contacts.events.v1 import events_pb2 as contacts
from kontor.mail.events.v1 import events_pb2 as mail
from kontor.sales.events.v1 import events_pb2 as sales
from kontor.tasks.events.v1 import events_pb2 as facts
from kontor.tasks.v1 import notes_pb2 as notes
from kontor.tasks.v1 import tasks_pb2
from kontor.tasks.v1 import timeline_pb2 as pb
from kontor_chassis.db.plumbing import AUDIT
from kontor_chassis.errors import InvalidArgument, NotFound
from kontor_chassis.ids import new_id
from kontor_chassis.testing import Harness
from kontor_tasks.store.tables import ENTRIES, LINKS, TIES

DELETED: list[Any] = [
    ("persons", contacts.PersonDeleted),
    ("organisations", contacts.OrganisationDeleted),
    ("deals", sales.DealDeleted),
    ("projects", sales.ProjectDeleted),
]


async def texts(tasks: Harness, subject: str) -> list[str]:
    return [entry.text for entry in (await tasks.call(pb.ListTimelineRequest(subject=subject))).entries]


async def note(tasks: Harness, subject: str, text: str = "Notiz") -> notes.Note:
    made: notes.Note = await tasks.call(notes.CreateNoteRequest(note=notes.Note(subject=subject, text=text)))
    return made


async def delete(tasks: Harness, ref: str, *, sequence: int = 2) -> None:
    noun, _, record_id = ref.partition("/")
    await tasks.deliver(dict(DELETED)[noun](id=record_id), subject=ref, sequence=sequence)


async def rows(tasks: Harness, table: sa.Table) -> int:
    def count() -> int:
        with tasks.running.context.database.reading(tasks.user.account_id) as connection:
            return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()

    return await tasks.running.context.database.read(count)


@pytest.mark.parametrize("noun", [noun for noun, _ in DELETED])
async def test_a_deleted_record_has_no_history_and_gets_none(tasks: Harness, noun: str) -> None:
    subject = f"{noun}/{new_id()}"
    made = await note(tasks, subject)
    await delete(tasks, subject)
    assert await texts(tasks, subject) == []
    with pytest.raises(NotFound):
        await tasks.call(notes.GetNoteRequest(id=made.id))
    for request in (
        notes.CreateNoteRequest(note=notes.Note(subject=subject, text="zu spät")),
        tasks_pb2.CreateTaskRequest(task=tasks_pb2.Task(subject=subject, title="zu spät")),
    ):
        with pytest.raises(InvalidArgument) as caught:
            await tasks.call(request)
        assert caught.value.violations[0].field == "subject"
    assert (await rows(tasks, ENTRIES), await rows(tasks, LINKS)) == (0, 0)


async def test_notes_that_are_removed_with_their_subject_are_told_and_audited(tasks: Harness) -> None:
    subject = f"persons/{new_id()}"
    made = [await note(tasks, subject) for _ in range(3)]
    await tasks.call(notes.UpdateNoteRequest(note=notes.Note(id=made[0].id, text="neu"), update_mask=["text"]))
    await delete(tasks, subject)
    await delete(tasks, subject)
    assert {fact.id for fact in await tasks.published(facts.NoteDeleted)} == {item.id for item in made}
    told = {item.subject: item.sequence for item in tasks.bus.published if item.type == "kontor.tasks.note.deleted.v1"}
    assert told == {f"notes/{made[0].id}": 3, f"notes/{made[1].id}": 2, f"notes/{made[2].id}": 2}

    def audited() -> list[tuple[str, str]]:
        with tasks.running.context.database.reading(tasks.user.account_id) as connection:
            statement = sa.select(AUDIT.c.subject, AUDIT.c.means).where(AUDIT.c.action == "delete")
            return [(row.subject, row.means) for row in connection.execute(statement)]

    assert sorted(await tasks.running.context.database.read(audited)) == sorted((subject, "event") for subject in told)


async def test_what_hangs_on_others_too_stays_there(tasks: Harness) -> None:
    anna, bernd, mueller = new_id(), new_id(), new_id()
    for person in (anna, bernd):
        position = contacts.PositionFacts(id=new_id(), person_id=person, organisation_id=mueller)
        await tasks.deliver(contacts.PositionCreated(position=position), subject=f"persons/{person}/positions/{position.id}")
    message = mail.MessageFacts(id=new_id(), text="an beide")
    filed = mail.MessageFiled(message=message, subjects=[f"persons/{anna}", f"persons/{bernd}"])
    await tasks.deliver(filed, subject=f"messages/{message.id}")
    await note(tasks, f"persons/{anna}", "nur Anna")
    await delete(tasks, f"persons/{anna}")
    assert await texts(tasks, f"persons/{bernd}") == ["an beide"]
    [entry] = (await tasks.call(pb.ListTimelineRequest(subject=f"organisations/{mueller}"))).entries
    assert (entry.text, entry.via, list(entry.subjects)) == ("an beide", f"persons/{bernd}", [f"persons/{bernd}"])
    # Filed again, at the deleted person only: that changes nothing.
    await tasks.deliver(mail.MessageFiled(message=message, subjects=[f"persons/{anna}"]), subject=f"messages/{message.id}", sequence=2)
    assert list((await tasks.call(pb.ListTimelineRequest(subject=f"persons/{bernd}"))).entries[0].subjects) == [f"persons/{bernd}"]


async def test_a_deleted_organisation_leaves_the_people_their_history(tasks: Harness) -> None:
    anna, mueller = new_id(), new_id()
    position = contacts.PositionFacts(id=new_id(), person_id=anna, organisation_id=mueller)
    await tasks.deliver(contacts.PositionCreated(position=position), subject=f"persons/{anna}/positions/{position.id}")
    await note(tasks, f"persons/{anna}")
    await delete(tasks, f"organisations/{mueller}")
    assert await texts(tasks, f"organisations/{mueller}") == []
    assert await texts(tasks, f"persons/{anna}") == ["Notiz"]
    assert await rows(tasks, TIES) == 0
    await tasks.deliver(contacts.PositionUpdated(position=position), subject=f"persons/{anna}/positions/{position.id}", sequence=2)
    assert (await rows(tasks, TIES), await rows(tasks, LINKS)) == (0, 1)


async def test_tasks_stay_as_they_are_and_only_their_entries_go(tasks: Harness) -> None:
    subject = f"deals/{new_id()}"
    made = [await tasks.call(tasks_pb2.CreateTaskRequest(task=tasks_pb2.Task(title="x", subject=subject))) for _ in range(2)]
    done = await tasks.call(tasks_pb2.CompleteTaskRequest(id=made[0].id))
    await delete(tasks, subject)
    assert done == await tasks.call(tasks_pb2.GetTaskRequest(id=done.id))
    assert len((await tasks.call(tasks_pb2.ListTasksRequest(subject=subject))).tasks) == 2
    completed = await tasks.call(tasks_pb2.CompleteTaskRequest(id=made[1].id))
    renamed = tasks_pb2.Task(id=completed.id, title="umbenannt")
    assert (await tasks.call(tasks_pb2.UpdateTaskRequest(task=renamed, update_mask=["title"]))).title == "umbenannt"
    assert await texts(tasks, subject) == []
    assert await rows(tasks, ENTRIES) == 0


async def test_nothing_is_moved_to_a_deleted_record(tasks: Harness) -> None:
    subject, other = f"persons/{new_id()}", f"persons/{new_id()}"
    made = await note(tasks, subject)
    task = await tasks.call(tasks_pb2.CreateTaskRequest(task=tasks_pb2.Task(title="x", subject=subject)))
    await delete(tasks, other)
    for request in (
        notes.UpdateNoteRequest(note=notes.Note(id=made.id, subject=other), update_mask=["subject"]),
        tasks_pb2.UpdateTaskRequest(task=tasks_pb2.Task(id=task.id, subject=other), update_mask=["subject"]),
    ):
        with pytest.raises(InvalidArgument):
            await tasks.call(request)
    assert await texts(tasks, subject) == ["Notiz"]


async def test_a_long_history_is_removed_in_pieces(tasks: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kontor_tasks.store.links._ROWS_AT_ONCE", 2)
    deal, anna = new_id(), new_id()
    await tasks.deliver(sales.DealCreated(deal=sales.DealFacts(id=deal, person_ids=[anna])), subject=f"deals/{deal}")
    for subject in [f"deals/{deal}"] * 5 + [f"persons/{anna}"] * 5:
        await note(tasks, subject)
    await delete(tasks, f"persons/{anna}")
    assert (await rows(tasks, ENTRIES), await rows(tasks, LINKS)) == (5, 5)
    await delete(tasks, f"deals/{deal}")
    assert (await rows(tasks, ENTRIES), await rows(tasks, LINKS)) == (0, 0)


async def test_another_accounts_deletion_deletes_nothing_here(tasks: Harness) -> None:
    subject = f"persons/{new_id()}"
    await note(tasks, subject)
    body = contacts.PersonDeleted(id=subject.partition("/")[2])
    await tasks.deliver(body, subject=subject, account_id=new_id())
    assert await texts(tasks, subject) == ["Notiz"]
