"""A deposited mail is filed at the people to whom it went, or waits in the tray (E4, E6, E7)."""

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa

from kontor.contacts.events.v1 import events_pb2 as contacts
from kontor.mail.events.v1 import events_pb2 as facts
from kontor.mail.v1 import messages_pb2 as pb
from kontor_chassis.db.plumbing import AUDIT
from kontor_chassis.ids import new_id


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Any:
    return request.param


async def outcome(mail: Any, content: bytes, *recipients: str) -> pb.Message:
    """Deposit and let it be filed; answers the message."""
    answer = await mail.deposit(content, *recipients)
    await mail.settled()
    message: pb.Message = await mail.call(pb.GetMessageRequest(id=answer.split()[-1]))
    return message


def filings(message: pb.Message) -> list[tuple[str, str, str]]:
    return [(item.subject.removeprefix("persons/"), item.reason, item.address) for item in message.filings]


async def test_it_is_filed_at_every_to_and_cc_person_and_told_once(mail: Any, letter: Any) -> None:
    anna, carla = await mail.person("anna@kunde.example"), await mail.person("old@kunde.example", "carla@kunde.example")
    message = await outcome(mail, letter("Hallo", Cc="Carla <CARLA@kunde.example>, who@kunde.example, anna@kunde.example"))
    assert message.state == pb.MESSAGE_STATE_FILED
    assert filings(message) == [(anna, "to", "anna@kunde.example"), (carla, "cc", "CARLA@kunde.example")]
    (told,) = await mail.harness.published(facts.MessageFiled)
    assert list(told.subjects) == [f"persons/{anna}", f"persons/{carla}"]
    assert told.message == facts.MessageFacts(
        id=message.id,
        depositor_user_id=mail.harness.user.user_id,
        subject="Angebot",
        from_address="b.berger@firma.example",
        to_addresses=["anna@kunde.example"],
        cc_addresses=["CARLA@kunde.example", "who@kunde.example", "anna@kunde.example"],
        message_id=message.message_id,
        send_time=message.send_time,
        text="Hallo",
    )
    (envelope,) = mail.harness.bus.published
    assert (envelope.subject, envelope.sequence, envelope.actor_user_id) == (f"messages/{message.id}", 2, mail.harness.user.user_id)


async def test_an_address_of_two_people_is_filed_at_both(mail: Any, letter: Any) -> None:
    both = sorted([await mail.person("anna@kunde.example"), await mail.person("anna@kunde.example")])
    assert [person_id for person_id, _, _ in filings(await outcome(mail, letter()))] == both


async def test_it_waits_in_the_tray_where_nobody_is_known(mail: Any, letter: Any) -> None:
    message = await outcome(mail, letter())
    assert (message.state, message.tray_reason) == (pb.MESSAGE_STATE_TRAY, pb.TRAY_REASON_UNKNOWN_ADDRESSES)
    (told,) = await mail.harness.published(facts.MessageHeld)
    assert (told.message.id, told.message.subject, told.reason) == (message.id, "Angebot", "unknown_addresses")
    assert await mail.harness.published(facts.MessageFiled) == []
    await mail.person("somebody@else.example")
    await mail.settled()
    assert [item.id for item in await mail.messages(state="MESSAGE_STATE_TRAY")] == [message.id]


async def test_colleagues_and_our_own_addresses_are_never_filed_at(mail: Any, letter: Any) -> None:
    await mail.user(new_id(), "Dora@Firma.example")
    await mail.user(new_id(), "former@firma.example", active=False)
    address = await mail.dropbox()
    for known in ("dora@firma.example", "former@firma.example", address):
        await mail.person(known)
    message = await outcome(mail, letter(To=f"dora@FIRMA.example, former@firma.example, {address}"))
    assert message.state == pb.MESSAGE_STATE_TRAY
    assert message.tray_reason == pb.TRAY_REASON_UNKNOWN_ADDRESSES


async def test_a_person_of_another_account_is_never_consulted(mail: Any, letter: Any) -> None:
    await mail.person("anna@kunde.example", account_id=new_id())
    await mail.user(new_id(), "anna@kunde.example", account_id=new_id())
    assert (await outcome(mail, letter())).state == pb.MESSAGE_STATE_TRAY
    anna = await mail.person("anna@kunde.example")
    assert [person_id for person_id, _, _ in filings(await outcome(mail, letter()))] == [anna]


async def test_the_address_book_follows_contacts_in_any_order(mail: Any, letter: Any) -> None:
    anna = await mail.person("new@kunde.example", person_id=new_id(), sequence=3)
    # What is older comes late, and what is known comes again.
    await mail.person("anna@kunde.example", "new@kunde.example", person_id=anna, sequence=2)
    await mail.person("anna@kunde.example", person_id=anna, sequence=1)
    await mail.person("new@kunde.example", person_id=anna, sequence=3)
    assert (await outcome(mail, letter())).state == pb.MESSAGE_STATE_TRAY
    assert filings(await outcome(mail, letter(To="new@kunde.example"))) == [(anna, "to", "new@kunde.example")]
    await mail.harness.deliver(contacts.PersonDeleted(id=anna), subject=f"persons/{anna}", sequence=5)
    await mail.person("new@kunde.example", person_id=anna, sequence=4)
    assert (await outcome(mail, letter(To="new@kunde.example"))).state == pb.MESSAGE_STATE_TRAY


async def test_facts_that_say_nothing_usable_are_passed_over(mail: Any, letter: Any) -> None:
    await mail.person("", "no address", "a@b@c", "x" * 500 + "@kunde.example")
    await mail.person("anna@kunde.example", "ANNA@kunde.example")
    await mail.user(new_id(), "")
    await mail.harness.deliver(contacts.PersonDeleted(id=new_id()), subject="persons/unknown", sequence=1)
    assert (await outcome(mail, letter())).state == pb.MESSAGE_STATE_FILED


@pytest.mark.parametrize(
    ("fields", "automatic"),
    [({}, False), ({"Auto-Submitted": "auto-replied"}, True), ({"List-Id": "<list.kunde.example>"}, True)],
)
async def test_mail_that_a_program_sent_is_filed_and_marked(mail: Any, letter: Any, fields: dict[str, str], automatic: bool) -> None:
    await mail.person("anna@kunde.example")
    await outcome(mail, letter(**fields))
    (told,) = await mail.harness.published(facts.MessageFiled)
    assert told.message.automatic is automatic


async def test_mail_from_the_null_sender_is_marked_too(mail: Any, letter: Any) -> None:
    await mail.person("anna@kunde.example")
    client = await mail.connect()
    await client.begin(await mail.dropbox(), sender="")
    await client.write(letter() + b".\r\n")
    await client.reply()
    await mail.settled()
    (told,) = await mail.harness.published(facts.MessageFiled)
    assert told.message.automatic


async def test_text_is_told_up_to_a_hundred_thousand_characters_and_kept_whole(mail: Any, letter: Any) -> None:
    await mail.person("anna@kunde.example")
    message = await outcome(mail, letter("wort " * 40_000))
    (told,) = await mail.harness.published(facts.MessageFiled)
    assert len(told.message.text) == 100_000
    assert len(message.text) > 199_000


async def test_a_colleagues_copy_is_kept_and_makes_no_second_entry(mail: Any, letter: Any) -> None:
    await mail.person("anna@kunde.example")
    colleague = mail.colleague()
    mine = letter("Hallo", Message_ID="<1@firma.example>")
    theirs = b"Received: from relay.example by mx.example; Mon, 02 Mar 2026 09:00:01 +0100\r\n" + mine
    first = await outcome(mail, mine)
    second = await outcome(mail, theirs, await mail.dropbox(colleague))
    assert (second.state, second.original_id) == (pb.MESSAGE_STATE_COPY, first.id)
    assert await mail.raw(second.id) == theirs
    # A third one, and both again because no answer came.
    for content, user in ((mine, mail.colleague()), (mine, mail.harness.user), (theirs, colleague), (theirs, mail.colleague())):
        await outcome(mail, content, await mail.dropbox(user))
    (shown,) = await mail.messages()
    assert shown.id == first.id
    assert shown.depositor_user_id == mail.harness.user.user_id
    assert len(shown.depositor_user_ids) == 4
    assert len(await mail.harness.published(facts.MessageFiled)) == 1
    assert [item.id for item in await mail.messages(state="MESSAGE_STATE_COPY")] == [second.id]


async def test_copies_that_are_read_at_the_same_moment_make_one_entry(mail: Any, letter: Any) -> None:
    await mail.person("anna@kunde.example")
    content = letter("Hallo", Message_ID="<1@firma.example>")
    copies = [b"X-Way: %d\r\n" % number + content for number in range(12)]
    await asyncio.gather(*(mail.deposit(copy) for copy in copies))
    await mail.settled()
    assert len(await mail.messages()) == 1
    assert len(await mail.messages(state="MESSAGE_STATE_COPY")) == 11
    assert len(await mail.harness.published(facts.MessageFiled)) == 1


async def test_different_mails_with_one_message_id_are_both_filed(mail: Any, letter: Any) -> None:
    await mail.person("anna@kunde.example")
    for date in ("Mon, 02 Mar 2026 09:00:00 +0100", "Tue, 03 Mar 2026 09:00:00 +0100"):
        await outcome(mail, letter(Message_ID="<always-the-same@program.example>", Date=date))
    for body in ("eins", "zwei"):
        await outcome(mail, letter(body, Message_ID=""))
    assert len(await mail.harness.published(facts.MessageFiled)) == 4


async def test_a_mail_that_was_filed_out_of_the_tray_is_the_original_of_later_copies(mail: Any, letter: Any) -> None:
    content = letter("Hallo")
    held = await outcome(mail, content)
    assert (await outcome(mail, b"X-Way: 1\r\n" + content)).original_id == held.id
    await mail.person("anna@kunde.example")
    await mail.settled()
    again = await outcome(mail, b"X-Way: 2\r\n" + content)
    assert (again.state, again.original_id) == (pb.MESSAGE_STATE_COPY, held.id)
    assert len(await mail.harness.published(facts.MessageHeld)) == len(await mail.harness.published(facts.MessageFiled)) == 1


async def test_every_change_is_audited_once(mail: Any, letter: Any) -> None:
    await mail.person("anna@kunde.example")
    content = letter()
    message = await outcome(mail, content)
    await outcome(mail, content)
    with mail.harness.running.context.database.reading(mail.harness.user.account_id) as connection:
        about = sa.select(AUDIT).where(AUDIT.c.subject == f"messages/{message.id}").order_by(AUDIT.c.id)
        entries = connection.execute(about).all()
    assert [(entry.action, entry.means, entry.actor_user_id) for entry in entries] == [
        ("create", "smtp", mail.harness.user.user_id),
        ("update", "mail", mail.harness.user.user_id),
    ]
    assert entries[1].changes["state"] == ["received", "filed"]
