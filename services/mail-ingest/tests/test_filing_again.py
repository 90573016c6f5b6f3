"""Mails are filed at people who become known after them (E4, E6)."""

from typing import Any

import pytest

from kontor.contacts.events.v1 import events_pb2 as contacts
from kontor.mail.events.v1 import events_pb2 as facts
from kontor.mail.v1 import messages_pb2 as pb
from kontor_chassis.ids import new_id
from kontor_mail_ingest.usecases.learning import MOST_PER_COMMIT


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Any:
    return request.param


async def deposited(mail: Any, content: bytes) -> pb.Message:
    answer = await mail.deposit(content)
    await mail.settled()
    return await read(mail, answer.split()[-1])


async def read(mail: Any, message_id: str) -> pb.Message:
    message: pb.Message = await mail.call(pb.GetMessageRequest(id=message_id))
    return message


async def test_what_waits_in_the_tray_is_filed_when_its_address_becomes_known(mail: Any, letter: Any) -> None:
    waiting = await deposited(mail, letter("Hallo"))
    assert waiting.state == pb.MESSAGE_STATE_TRAY
    anna = await mail.person("Anna@KUNDE.example")
    await mail.settled()
    filed = await read(mail, waiting.id)
    assert (filed.state, filed.tray_reason) == (pb.MESSAGE_STATE_FILED, pb.TRAY_REASON_UNSPECIFIED)
    assert [item.subject for item in filed.filings] == [f"persons/{anna}"]
    (told,) = await mail.harness.published(facts.MessageFiled)
    assert (told.message.id, list(told.subjects), told.message.text) == (waiting.id, [f"persons/{anna}"], "Hallo")
    envelope = mail.harness.bus.published[-2]
    assert envelope.actor_user_id == mail.harness.user.user_id


async def test_what_is_filed_already_is_filed_at_the_newly_known_too_and_stays_where_it_is(mail: Any, letter: Any) -> None:
    anna = await mail.person("anna@kunde.example")
    message = await deposited(mail, letter(Cc="carla@kunde.example"))
    carla = await mail.person("carla@kunde.example")
    await mail.settled()
    again = await read(mail, message.id)
    assert [item.subject for item in again.filings] == [f"persons/{anna}", f"persons/{carla}"]


async def test_news_that_bring_no_new_address_change_nothing(mail: Any, letter: Any) -> None:
    anna = await mail.person("anna@kunde.example")
    message = await deposited(mail, letter(Cc="carla@kunde.example"))
    await mail.person("anna@kunde.example", "anna@home.example", person_id=anna, sequence=2)
    await mail.settled()
    assert await read(mail, message.id) == message
    assert len(await mail.harness.published(facts.MessageFiled)) == 1


async def test_an_address_that_a_known_person_gets_counts(mail: Any, letter: Any) -> None:
    message = await deposited(mail, letter())
    anna = await mail.person("old@kunde.example")
    await mail.person("old@kunde.example", "anna@kunde.example", person_id=anna, sequence=2)
    await mail.settled()
    assert [item.subject for item in (await read(mail, message.id)).filings] == [f"persons/{anna}"]


async def test_more_mails_than_one_transaction_takes_are_all_filed(mail: Any, letter: Any) -> None:
    messages = [await deposited(mail, letter(f"Nummer {number}")) for number in range(MOST_PER_COMMIT + 3)]
    await mail.person("anna@kunde.example")
    await mail.settled()
    assert {(await read(mail, message.id)).state for message in messages} == {pb.MESSAGE_STATE_FILED}
    assert len(await mail.harness.published(facts.MessageFiled)) == len(messages)


async def test_a_person_of_another_account_changes_nothing(mail: Any, letter: Any) -> None:
    """S1."""
    message = await deposited(mail, letter())
    await mail.person("anna@kunde.example", account_id=new_id())
    await mail.settled()
    assert await read(mail, message.id) == message


async def test_an_older_news_that_comes_late_changes_nothing(mail: Any, letter: Any) -> None:
    message = await deposited(mail, letter())
    anna = await mail.person("new@kunde.example", sequence=3)
    await mail.person("anna@kunde.example", person_id=anna, sequence=2)
    await mail.settled()
    assert await read(mail, message.id) == message


@pytest.mark.parametrize("content", [b"\r\n", b"   \r\n\r\n", b"\x00\x01\x02 nothing of a mail\r\n"])
async def test_what_is_no_mail_waits_in_the_tray_as_unreadable(mail: Any, content: bytes) -> None:
    message = await deposited(mail, content)
    assert (message.state, message.tray_reason) == (pb.MESSAGE_STATE_TRAY, pb.TRAY_REASON_UNREADABLE)


async def test_what_had_waited_is_told_of_once_for_all_of_it_with_who_made_the_address_known(mail: Any, letter: Any) -> None:
    """G2: watchers are not told of each one. Mail that a program has sent does not count."""
    messages = [await deposited(mail, letter(f"Nummer {number}", Subject=f"Mail {number}")) for number in range(MOST_PER_COMMIT + 3)]
    await deposited(mail, letter("Bin nicht da", Auto_Submitted="auto-replied"))
    anna = new_id()
    known = contacts.PersonCreated(person=contacts.PersonFacts(id=anna, email_addresses=["anna@kunde.example"]))
    teacher = new_id()
    await mail.harness.deliver(known, subject=f"persons/{anna}", actor_user_id=teacher)
    await mail.settled()
    assert {item.waited for item in await mail.harness.published(facts.MessageFiled)} == {True}
    (bundle,) = await mail.harness.published(facts.BundleFiled)
    assert (bundle.subject, bundle.count, bundle.message.text) == (f"persons/{anna}", MOST_PER_COMMIT + 3, "")
    assert (bundle.message.id, bundle.message.subject) == (messages[-1].id, f"Mail {MOST_PER_COMMIT + 2}")
    envelope = mail.harness.bus.published[-1]
    assert (envelope.subject, envelope.actor_user_id) == (f"messages/{messages[-1].id}", teacher)


async def test_people_who_become_known_together_have_a_bundle_each(mail: Any, letter: Any) -> None:
    await deposited(mail, letter(Cc="carla@kunde.example"))
    anna, carla = await mail.person("anna@kunde.example"), await mail.person("carla@kunde.example")
    await mail.settled()
    told = await mail.harness.published(facts.BundleFiled)
    assert sorted((item.subject, item.count) for item in told) == sorted([(f"persons/{anna}", 1), (f"persons/{carla}", 1)])


async def test_where_nothing_had_waited_nothing_is_told(mail: Any, letter: Any) -> None:
    await deposited(mail, letter("Bin nicht da", Auto_Submitted="auto-replied"))
    await mail.person("anna@kunde.example")
    await mail.person("anna@kunde.example")
    await mail.settled()
    assert await mail.harness.published(facts.BundleFiled) == []
