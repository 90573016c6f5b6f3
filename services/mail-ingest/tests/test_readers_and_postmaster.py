"""Who has no dropbox, and who gets what is for nobody in particular (E1, RFC 5321 section 4.5.1)."""

from typing import Any

import pytest

from kontor.mail.v1 import mail_addresses_pb2 as addresses
from kontor.mail.v1 import messages_pb2 as pb
from kontor_chassis.errors import PermissionDenied
from kontor_chassis.ids import new_id


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Any:
    return request.param


async def answer(mail: Any, recipient: str) -> str:
    client = await mail.connect()
    await client.say("EHLO client.example")
    await client.say("MAIL FROM:<a@b.example>")
    found: str = await client.say(f"RCPT TO:<{recipient}>")
    client.close()
    return found


async def test_a_reader_has_no_dropbox(mail: Any) -> None:
    reader = mail.colleague(role="reader")
    await mail.user(reader.user_id, "r@firma.example", role="READER")
    found = await mail.call(addresses.ListMailAddressesRequest(), user=reader)
    assert not found.mail_addresses
    with pytest.raises(PermissionDenied):
        await mail.call(addresses.RotateMailAddressRequest(id=new_id()), user=reader)


async def test_the_dropbox_of_one_who_becomes_a_reader_is_closed_and_opens_again(mail: Any) -> None:
    colleague = mail.colleague()
    await mail.user(colleague.user_id, "c@firma.example")
    dropbox = await mail.dropbox(colleague)
    assert (await answer(mail, dropbox)).startswith("250")
    await mail.user(colleague.user_id, "c@firma.example", role="READER", sequence=2)
    assert (await answer(mail, dropbox)).startswith("550")
    await mail.user(colleague.user_id, "c@firma.example", role="ADMIN", sequence=3)
    assert (await answer(mail, dropbox)).startswith("250")


@pytest.mark.parametrize("recipient", ["postmaster", "Postmaster@kontor.localhost"])
async def test_mail_to_postmaster_waits_in_the_tray_of_the_only_account(mail: Any, letter: Any, recipient: str) -> None:
    await mail.person("anna@kunde.example")
    owner = mail.colleague(role="owner")
    await mail.user(owner.user_id, "o@firma.example", role="OWNER")
    reply = await mail.deposit(letter(), recipient)
    await mail.settled()
    message = await mail.call(pb.GetMessageRequest(id=reply.split()[-1]), user=owner)
    assert (message.state, message.tray_reason) == (pb.MESSAGE_STATE_TRAY, pb.TRAY_REASON_POSTMASTER)


async def test_without_an_account_of_its_own_postmaster_is_refused_where_there_are_several(mail: Any) -> None:
    assert (await answer(mail, "postmaster")).startswith("550")
    for account_id in ("", new_id()):
        await mail.user(new_id(), "o@firma.example", role="OWNER", account_id=account_id)
    assert (await answer(mail, "postmaster")).startswith("550")
