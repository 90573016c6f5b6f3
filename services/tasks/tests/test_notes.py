"""Notes (D7): written down about a record, and shown on its timeline."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from google.protobuf.timestamp_pb2 import Timestamp

from kontor.tasks.events.v1 import events_pb2 as facts
from kontor.tasks.v1 import notes_pb2 as pb
from kontor.tasks.v1 import timeline_pb2 as timeline
from kontor_chassis.db.plumbing import AUDIT
from kontor_chassis.errors import Aborted, InvalidArgument, NotFound, PermissionDenied
from kontor_chassis.ids import new_id
from kontor_chassis.testing import Harness


def anna() -> str:
    return f"persons/{new_id()}"


def moment(*parts: int) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(datetime(*parts, tzinfo=UTC))  # type: ignore[misc, arg-type]
    return stamp


async def write(tasks: Harness, subject: str, text: str = "Gespräch am Telefon", **fields: Any) -> pb.Note:
    made: pb.Note = await tasks.call(pb.CreateNoteRequest(note=pb.Note(subject=subject, text=text, **fields)))
    return made


async def texts(tasks: Harness, subject: str) -> list[str]:
    return [entry.text for entry in (await tasks.call(timeline.ListTimelineRequest(subject=subject))).entries]


async def test_a_note_is_read_as_it_was_made_and_is_an_entry_of_the_timeline(tasks: Harness) -> None:
    subject = anna()
    made = await write(tasks, subject, "Zeile\r\nZwei\u0000 ")
    assert made == await tasks.call(pb.GetNoteRequest(id=made.id))
    assert (made.text, made.occur_time, made.author_user_id) == ("Zeile\nZwei", moment(2026, 3, 2, 9), tasks.user.user_id)
    [entry] = (await tasks.call(timeline.ListTimelineRequest(subject=subject))).entries
    assert (entry.kind, entry.ref, entry.text) == (timeline.ENTRY_KIND_NOTE, f"notes/{made.id}", "Zeile\nZwei")
    assert (list(entry.subjects), entry.via, entry.author_user_id) == ([subject], "", tasks.user.user_id)
    assert not entry.HasField("email")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"subject": ""}, "subject"),
        ({"subject": "notes/0193e6b0-0000-7000-8000-000000000000"}, "subject"),
        ({"subject": "persons/x"}, "subject"),
        ({"text": ""}, "text"),
        ({"text": "\u0000\n"}, "text"),
        ({"text": "x" * 100_001}, "text"),
        ({"occur_time": Timestamp(seconds=2**60)}, "occur_time"),
    ],
)
async def test_a_wrong_note_is_refused_with_the_field_named(tasks: Harness, fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        await tasks.call(pb.CreateNoteRequest(note=pb.Note(**{"subject": anna(), "text": "x", **fields})))
    assert [violation.field for violation in caught.value.violations] == [field]


async def test_a_note_of_the_past_stands_where_it_happened(tasks: Harness) -> None:
    subject = anna()
    await write(tasks, subject, "heute")
    made = await write(tasks, subject, "voriges Jahr", occur_time=moment(2025, 3, 2, 9))
    assert await texts(tasks, subject) == ["heute", "voriges Jahr"]
    later = pb.Note(id=made.id, occur_time=moment(2026, 3, 3, 9))
    await tasks.call(pb.UpdateNoteRequest(note=later, update_mask=["occur_time"]))
    assert await texts(tasks, subject) == ["voriges Jahr", "heute"]


async def test_an_update_changes_only_the_masked_fields(tasks: Harness) -> None:
    subject = anna()
    made = await write(tasks, subject, "alt")
    wanted = pb.Note(id=made.id, text="neu", author_user_id=new_id())
    changed = await tasks.call(pb.UpdateNoteRequest(note=wanted, update_mask=["text", "author_user_id"], etag=made.etag))
    assert (changed.text, changed.subject, changed.author_user_id, changed.etag) == ("neu", subject, made.author_user_id, "2")
    assert await texts(tasks, subject) == ["neu"]
    with pytest.raises(Aborted):
        await tasks.call(pb.UpdateNoteRequest(note=wanted, update_mask=["text"], etag=made.etag))
    for field in ("text", "subject", "occur_time"):
        with pytest.raises(InvalidArgument) as caught:
            await tasks.call(pb.UpdateNoteRequest(note=pb.Note(id=made.id), update_mask=[field]))
        assert caught.value.violations[0].field == field


async def test_a_note_that_is_moved_shows_at_its_new_subject_only(tasks: Harness) -> None:
    first, second = anna(), anna()
    made = await write(tasks, first, "verwechselt")
    await tasks.call(pb.UpdateNoteRequest(note=pb.Note(id=made.id, subject=second), update_mask=["subject"]))
    assert (await texts(tasks, first), await texts(tasks, second)) == ([], ["verwechselt"])


async def test_a_deleted_note_is_gone_from_the_timeline(tasks: Harness) -> None:
    subject = anna()
    made = await write(tasks, subject)
    with pytest.raises(Aborted):
        await tasks.call(pb.DeleteNoteRequest(id=made.id, etag="7"))
    await tasks.call(pb.DeleteNoteRequest(id=made.id, etag=made.etag))
    assert await texts(tasks, subject) == []
    for request in (pb.GetNoteRequest(id=made.id), pb.DeleteNoteRequest(id=made.id)):
        with pytest.raises(NotFound):
            await tasks.call(request)


async def test_every_change_is_told_and_audited_once(tasks: Harness) -> None:
    subject = anna()
    made = await write(tasks, subject, "x" * 300)
    same = await tasks.call(pb.UpdateNoteRequest(note=made, update_mask=["text", "subject", "occur_time"]))
    assert same == made
    await tasks.call(pb.UpdateNoteRequest(note=pb.Note(id=made.id, text="neu"), update_mask=["text"]))
    await tasks.call(pb.DeleteNoteRequest(id=made.id))
    [created] = await tasks.published(facts.NoteCreated)
    assert (created.note.subject, created.note.excerpt) == (subject, "x" * 200)
    assert [fact.note.excerpt for fact in await tasks.published(facts.NoteUpdated)] == ["neu"]
    assert [envelope.sequence for envelope in tasks.bus.published] == [1, 2, 3]

    def actions() -> list[str]:
        with tasks.running.context.database.reading(tasks.user.account_id) as connection:
            return list(connection.execute(sa.select(AUDIT.c.action).order_by(AUDIT.c.id)).scalars())

    assert await tasks.running.context.database.read(actions) == ["create", "update", "delete"]


async def test_another_account_sees_nothing(tasks: Harness) -> None:
    subject = anna()
    made = await write(tasks, subject)
    stranger = replace(tasks.user, account_id=new_id())
    for request in (
        pb.GetNoteRequest(id=made.id),
        pb.UpdateNoteRequest(note=pb.Note(id=made.id, text="meins"), update_mask=["text"]),
        pb.DeleteNoteRequest(id=made.id),
    ):
        with pytest.raises(NotFound):
            await tasks.call(request, user=stranger)
    assert (await tasks.call(timeline.ListTimelineRequest(subject=subject), user=stranger)).entries == []
    assert await texts(tasks, subject) == ["Gespräch am Telefon"]


async def test_a_scope_is_needed(tasks: Harness) -> None:
    writer = replace(tasks.user, scopes=frozenset({"tasks.read", "tasks.write"}))
    made = await write(tasks, anna())
    with pytest.raises(PermissionDenied):
        await tasks.call(pb.DeleteNoteRequest(id=made.id), user=writer)
    with pytest.raises(PermissionDenied):
        await tasks.call(pb.GetNoteRequest(id=made.id), user=replace(tasks.user, scopes=frozenset()))


async def test_a_task_is_no_note(tasks: Harness) -> None:
    """Done tasks stand among the entries too."""
    from kontor.tasks.v1 import tasks_pb2

    task = await tasks.call(tasks_pb2.CreateTaskRequest(task=tasks_pb2.Task(title="x", subject=anna())))
    await tasks.call(tasks_pb2.CompleteTaskRequest(id=task.id))
    for request in (
        pb.GetNoteRequest(id=task.id),
        pb.DeleteNoteRequest(id=task.id),
        pb.UpdateNoteRequest(note=pb.Note(id=task.id, text="x"), update_mask=["text"]),
    ):
        with pytest.raises(NotFound):
            await tasks.call(request)
