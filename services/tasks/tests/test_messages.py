"""Filed mail on timelines (E4, E7): one entry per message, at every person that it was filed at."""

from datetime import UTC, datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from kontor.mail.events.v1 import events_pb2 as mail
from kontor.tasks.v1 import notes_pb2 as notes
from kontor.tasks.v1 import timeline_pb2 as pb
from kontor_chassis.ids import new_id
from kontor_chassis.testing import Harness


def message(**fields: Any) -> mail.MessageFacts:
    sent = Timestamp()
    sent.FromDatetime(datetime(2026, 2, 27, 14, 5, tzinfo=UTC))
    return mail.MessageFacts(**{"id": new_id(), "subject": "Angebot", "text": "Guten Tag", "send_time": sent, **fields})


async def file(tasks: Harness, facts: mail.MessageFacts, *subjects: str, sequence: int = 1) -> None:
    body = mail.MessageFiled(message=facts, subjects=subjects)
    await tasks.deliver(body, subject=f"messages/{facts.id}", sequence=sequence)


async def history(tasks: Harness, subject: str) -> list[pb.Entry]:
    return list((await tasks.call(pb.ListTimelineRequest(subject=subject))).entries)


async def test_a_message_shows_with_its_addresses_at_everybody_it_was_filed_at(tasks: Harness) -> None:
    anna, bernd = sorted(f"persons/{new_id()}" for _ in range(2))
    facts = message(
        depositor_user_id=tasks.user.user_id,
        from_address="ich@firma.example",
        to_addresses=["anna@example.com", "bernd@example.com"],
        cc_addresses=["chef@firma.example"],
        message_id="1@firma.example",
    )
    await file(tasks, facts, anna, bernd)
    [entry] = await history(tasks, anna)
    assert [entry] == await history(tasks, bernd)
    assert (entry.kind, entry.ref, list(entry.subjects)) == (pb.ENTRY_KIND_EMAIL, f"messages/{facts.id}", [anna, bernd])
    assert (entry.title, entry.text, entry.author_user_id) == ("Angebot", "Guten Tag", tasks.user.user_id)
    assert entry.occur_time == facts.send_time
    assert entry.email == pb.EmailFacts(
        from_address="ich@firma.example",
        to_addresses=["anna@example.com", "bernd@example.com"],
        cc_addresses=["chef@firma.example"],
        message_id="1@firma.example",
    )


async def test_a_message_that_is_filed_at_further_people_shows_at_all_of_them_once(tasks: Harness) -> None:
    people = sorted(f"persons/{new_id()}" for _ in range(3))
    facts = message()
    await file(tasks, facts, people[0])
    await file(tasks, facts, people[1], people[0], sequence=2)
    await file(tasks, facts, people[1], people[0], sequence=2)
    # Older news comes late: its people count, its text does not.
    facts.text = "alter Text"
    await file(tasks, facts, people[2])
    for person in people:
        [entry] = await history(tasks, person)
        assert (list(entry.subjects), entry.text) == (people, "Guten Tag")


async def test_newer_news_of_a_message_replaces_what_is_shown(tasks: Harness) -> None:
    anna = f"persons/{new_id()}"
    await tasks.call(notes.CreateNoteRequest(note=notes.Note(subject=anna, text="danach")))
    facts = message()
    await file(tasks, facts, anna)
    assert [entry.text for entry in await history(tasks, anna)] == ["danach", "Guten Tag"]
    facts.text = "Guten Abend"
    facts.send_time.FromDatetime(datetime(2026, 3, 3, tzinfo=UTC))
    await file(tasks, facts, anna, sequence=2)
    assert [entry.text for entry in await history(tasks, anna)] == ["Guten Abend", "danach"]


async def test_what_cannot_be_stored_is_cleaned_and_cut(tasks: Harness) -> None:
    anna = f"persons/{new_id()}"
    await file(tasks, message(subject="Re:\r\n\u0000 " + "x" * 2000, text="\u0000" + "ä" * 100_010), anna)
    [entry] = await history(tasks, anna)
    assert (entry.title, entry.text) == ("Re: " + "x" * 996, "ä" * 100_000)


async def test_a_message_without_a_time_occurred_when_it_was_told(tasks: Harness) -> None:
    anna = f"persons/{new_id()}"
    for sent in (Timestamp(), Timestamp(seconds=2**60)):
        await file(tasks, message(send_time=sent), anna)
    assert {entry.occur_time.ToDatetime(tzinfo=UTC) for entry in await history(tasks, anna)} == {tasks.clock()}


async def test_subjects_of_unknown_form_are_passed_over(tasks: Harness) -> None:
    deal = f"deals/{new_id()}"
    await file(tasks, message(), "persons/1", "planets/1", "", deal)
    await file(tasks, message(), "")
    [entry] = await history(tasks, deal)
    assert list(entry.subjects) == [deal]


async def test_another_account_sees_nothing_of_a_message(tasks: Harness) -> None:
    anna = f"persons/{new_id()}"
    facts = message()
    body = mail.MessageFiled(message=facts, subjects=[anna])
    await tasks.deliver(body, subject=f"messages/{facts.id}", account_id=new_id())
    assert await history(tasks, anna) == []
