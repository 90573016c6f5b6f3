"""What was sent by web forms, on the timeline of whoever sent it (B17, D1)."""

from kontor.contacts.events.v1 import events_pb2 as contacts
from kontor.tasks.v1 import timeline_pb2 as pb
from kontor_chassis.ids import new_id
from kontor_chassis.testing import Harness


async def history(tasks: Harness, person: str, *kinds: "pb.EntryKind.ValueType") -> list[pb.Entry]:
    return list((await tasks.call(pb.ListTimelineRequest(subject=f"persons/{person}", kind=kinds))).entries)


async def test_it_shows_once_with_what_was_entered(tasks: Harness) -> None:
    person, submission = new_id(), new_id()
    facts = contacts.FormSubmissionFacts(id=submission, form_name="Kontakt", person_id=person, text="Nachname: Zuse\nNachricht:\nHallo\0")
    for _ in range(2):
        await tasks.deliver(contacts.FormSubmitted(submission=facts), subject=f"form-submissions/{submission}", sequence=2)
    (entry,) = await history(tasks, person)
    assert (entry.kind, entry.ref, entry.title) == (pb.ENTRY_KIND_FORM, f"form-submissions/{submission}", "Kontakt")
    assert entry.text == "Nachname: Zuse\nNachricht:\nHallo"
    assert entry.author_user_id == ""
    assert [item.id for item in await history(tasks, person, pb.ENTRY_KIND_FORM)] == [entry.id]
    assert await history(tasks, person, pb.ENTRY_KIND_NOTE) == []


async def test_somebody_who_is_gone_has_none_and_what_names_nobody_shows_nowhere(tasks: Harness) -> None:
    person = new_id()
    await tasks.deliver(contacts.PersonDeleted(id=person), subject=f"persons/{person}", sequence=2)
    for body in (
        contacts.FormSubmitted(submission=contacts.FormSubmissionFacts(id=new_id(), person_id=person)),
        contacts.FormSubmitted(submission=contacts.FormSubmissionFacts(id=new_id())),
        contacts.FormSubmitted(),
    ):
        await tasks.deliver(body, subject="form-submissions/x", sequence=2)
    assert await history(tasks, person) == []
