"""Mails are filed again whatever happens meanwhile: copies, other news, deaths of the process, failures (E4, E6, R2)."""

from typing import Any

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from kontor.contacts.events.v1 import events_pb2 as contacts
from kontor.mail.events.v1 import events_pb2 as facts
from kontor.mail.v1 import messages_pb2 as pb
from kontor_chassis.db.plumbing import AUDIT
from kontor_chassis.ids import new_id
from kontor_mail_ingest.store.tables import LEARNED_ADDRESSES, UNKNOWN_ADDRESSES
from kontor_mail_ingest.usecases import learning


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Any:
    return request.param


async def outcome(mail: Any, content: bytes, *recipients: str) -> pb.Message:
    """Deposit and let it be filed; answers the message."""
    answer = await mail.deposit(content, *recipients)
    await mail.settled()
    return await now(mail, answer.split()[-1])


async def now(mail: Any, message_id: str) -> pb.Message:
    message: pb.Message = await mail.call(pb.GetMessageRequest(id=message_id))
    return message


def filings(message: pb.Message) -> list[tuple[str, str, str]]:
    return [(item.subject.removeprefix("persons/"), item.reason, item.address) for item in message.filings]


def rows(mail: Any, table: sa.Table) -> list[Any]:
    with mail.harness.running.context.database.reading("*") as connection:
        return list(connection.execute(sa.select(table)).all())


async def test_a_mail_of_the_tray_is_filed_and_told_as_at_its_arrival(mail: Any, letter: Any) -> None:
    content = letter("Hallo", Cc="CARLA@kunde.example")
    held = await outcome(mail, content)
    assert held.state == pb.MESSAGE_STATE_TRAY
    carla = await mail.person("carla@kunde.example")
    await mail.settled()
    message = await now(mail, held.id)
    assert (message.state, message.tray_reason) == (pb.MESSAGE_STATE_FILED, pb.TRAY_REASON_UNSPECIFIED)
    assert filings(message) == [(carla, "cc", "CARLA@kunde.example")]
    (told,) = await mail.harness.published(facts.MessageFiled)
    assert list(told.subjects) == [f"persons/{carla}"]
    (waited,) = await mail.harness.published(facts.MessageHeld)
    assert told.message == waited.message
    assert told.message.text == "Hallo"
    envelope = mail.harness.bus.published[-2]
    assert (envelope.subject, envelope.sequence, envelope.actor_user_id) == (f"messages/{held.id}", 3, mail.harness.user.user_id)
    entry = max((row for row in rows(mail, AUDIT) if row.subject == f"messages/{held.id}"), key=lambda row: row.id)
    assert (entry.means, entry.changes) == ("mail", {"state": ["tray", "filed"], "subjects": [None, [f"persons/{carla}"]]})


async def test_a_mail_that_is_filed_is_filed_at_further_people_too(mail: Any, letter: Any) -> None:
    anna = await mail.person("anna@kunde.example")
    filed = await outcome(mail, letter(Cc="carla@kunde.example, dirk@kunde.example"))
    carla = await mail.person("carla@kunde.example")
    await mail.settled()
    # Anna has a second address, which the mail does not mention, and then a third one, which it does.
    await mail.person("anna@kunde.example", "other@kunde.example", person_id=anna, sequence=2)
    await mail.person("anna@kunde.example", "dirk@kunde.example", person_id=anna, sequence=3)
    await mail.settled()
    message = await now(mail, filed.id)
    assert filings(message) == [(anna, "to", "anna@kunde.example"), (carla, "cc", "carla@kunde.example")]
    told = await mail.harness.published(facts.MessageFiled)
    assert [list(item.subjects) for item in told] == [[f"persons/{anna}"], [f"persons/{anna}", f"persons/{carla}"]]
    assert [item.waited for item in told] == [False, True]
    assert [(item.type.split(".")[2], item.sequence) for item in mail.harness.bus.published] == [
        ("message", 2),
        ("message", 3),
        ("bundle", 3),
    ]
    assert rows(mail, UNKNOWN_ADDRESSES) == []


async def test_hearing_of_a_person_again_files_nothing_again(mail: Any, letter: Any) -> None:
    held = await outcome(mail, letter())
    anna = await mail.person("anna@kunde.example")
    for sequence in (1, 2, 3):
        await mail.person("anna@kunde.example", person_id=anna, sequence=sequence)
        await mail.settled()
    assert len(filings(await now(mail, held.id))) == 1
    assert len(await mail.harness.published(facts.MessageFiled)) == 1
    assert rows(mail, UNKNOWN_ADDRESSES) == rows(mail, LEARNED_ADDRESSES) == []


async def test_a_person_who_is_gone_before_it_is_their_turn_gets_nothing_and_a_later_one_does(mail: Any, letter: Any) -> None:
    held = await outcome(mail, letter())
    await mail.parts.learning.stop()
    gone = await mail.person("anna@kunde.example")
    await mail.harness.deliver(contacts.PersonDeleted(id=gone), subject=f"persons/{gone}", sequence=2)
    mail.parts.learning.start()
    await mail.settled()
    assert (await now(mail, held.id)).state == pb.MESSAGE_STATE_TRAY
    anna = await mail.person("anna@kunde.example")
    await mail.settled()
    assert filings(await now(mail, held.id)) == [(anna, "to", "anna@kunde.example")]


async def test_colleagues_are_not_filed_at_later_either(mail: Any, letter: Any) -> None:
    before = await outcome(mail, letter(To="dora@firma.example"))
    await mail.user(new_id(), "dora@firma.example")
    after = await outcome(mail, letter(To="dora@firma.example"))
    await mail.person("dora@firma.example")
    await mail.settled()
    assert [(await now(mail, item.id)).state for item in (before, after)] == [pb.MESSAGE_STATE_TRAY] * 2


async def test_a_mail_that_cannot_be_read_stays_where_it_is(mail: Any) -> None:
    await mail.deposit(b"anna@kunde.example\r\n")
    await mail.settled()
    await mail.person("anna@kunde.example")
    await mail.settled()
    (held,) = await mail.messages(state="MESSAGE_STATE_TRAY")
    assert held.tray_reason == pb.TRAY_REASON_UNREADABLE


async def test_a_colleagues_copy_that_waits_with_it_stays_a_copy(mail: Any, letter: Any) -> None:
    content = letter("Hallo")
    held = await outcome(mail, content)
    colleague = mail.colleague()
    copy = await outcome(mail, b"X-Way: 1\r\n" + content, await mail.dropbox(colleague))
    await mail.person("anna@kunde.example")
    await mail.settled()
    (message,) = await mail.messages()
    assert (message.id, len(message.depositor_user_ids)) == (held.id, 2)
    assert (await now(mail, copy.id)).original_id == held.id
    assert (await outcome(mail, b"X-Way: 2\r\n" + content)).original_id == held.id
    assert len(await mail.harness.published(facts.MessageFiled)) == 1


async def test_many_mails_are_filed_a_few_at_a_time(mail: Any, letter: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "MOST_PER_COMMIT", 3)
    address = await mail.dropbox()
    for number in range(7):
        await mail.deposit(letter(f"Nummer {number}"), address)
    await mail.settled()
    with capture_logs() as logs:
        await mail.person("anna@kunde.example")
        await mail.settled()
    assert [entry["looked_at"] for entry in logs if entry["event"] == "mails_filed_again"] == [3, 3, 1]
    assert len(await mail.messages(state="MESSAGE_STATE_FILED")) == 7
    assert len(await mail.harness.published(facts.MessageFiled)) == 7


async def test_what_was_begun_is_finished_by_the_next_process(open_mailroom: Any, letter: Any) -> None:
    async with open_mailroom() as mail:
        user = mail.harness.user
        held = await outcome(mail, letter())
        await mail.parts.learning.stop()
        await mail.person("anna@kunde.example")
    async with open_mailroom() as mail:
        await mail.settled()
        (message,) = await mail.messages(user, state="MESSAGE_STATE_FILED")
        assert message.id == held.id


async def test_a_mail_that_cannot_be_written_is_tried_again_and_holds_up_no_other_address(mail: Any, letter: Any) -> None:
    bad, good = await outcome(mail, letter(Subject="bad")), await outcome(mail, letter(To="carla@kunde.example"))
    mail.refuse("UPDATE", when="NEW.subject = 'bad'")
    with capture_logs() as logs:
        await mail.person("anna@kunde.example", "carla@kunde.example")
        await mail.settled()
    assert "learning_failed" in [entry["event"] for entry in logs]
    assert [(await now(mail, item.id)).state for item in (bad, good)] == [pb.MESSAGE_STATE_TRAY, pb.MESSAGE_STATE_FILED]
    mail.refuse_no_more()
    mail.harness.clock.advance(minutes=2)
    await mail.settled()
    assert (await now(mail, bad.id)).state == pb.MESSAGE_STATE_FILED


async def test_what_was_deposited_anew_and_filed_meanwhile_makes_the_older_ones_its_copies(mail: Any, letter: Any) -> None:
    content = letter("Hallo")
    held = await outcome(mail, content)
    assert (await outcome(mail, b"X-Way: 1\r\n" + content)).original_id == held.id
    await mail.parts.learning.stop()
    await mail.person("anna@kunde.example")
    answer = await mail.deposit(b"X-Way: 2\r\n" + content)
    await mail.parts.backlog.settled()
    filed = await now(mail, answer.split()[-1])
    assert (filed.state, (await now(mail, held.id)).state) == (pb.MESSAGE_STATE_FILED, pb.MESSAGE_STATE_TRAY)
    mail.parts.learning.start()
    await mail.settled()
    assert [item.original_id for item in await mail.messages(state="MESSAGE_STATE_COPY")] == [filed.id] * 2
    assert [item.id for item in await mail.messages()] == [filed.id]
    assert len(await mail.harness.published(facts.MessageFiled)) == 1
    assert rows(mail, UNKNOWN_ADDRESSES) == []
