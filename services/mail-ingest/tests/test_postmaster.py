"""Mail to postmaster is accepted (RFC 5321 section 4.5.1), and believed in nothing: anybody can send it."""

from typing import Any

import pytest

from kontor.mail.v1 import mail_addresses_pb2 as addresses
from kontor_chassis.ids import new_id

POSTMASTER = "postmaster@kontor.localhost"


async def owner(mail: Any, *, account_id: str = "") -> None:
    user_id = new_id() if account_id else mail.harness.user.user_id
    await mail.user(user_id, "owner@firma.example", role="OWNER", account_id=account_id)


async def test_it_keeps_no_copy_of_the_mail_from_being_filed(mail: Any, letter: Any) -> None:
    await owner(mail)
    content = letter()
    await mail.deposit(content, POSTMASTER)
    await mail.settled()
    await mail.deposit(b"X-Way: 1\r\n" + content)
    await mail.settled()
    await mail.person("anna@kunde.example")
    await mail.settled()
    assert len(await mail.messages(state="MESSAGE_STATE_FILED")) == 1
    assert len(await mail.messages(state="MESSAGE_STATE_TRAY")) == 1


async def test_a_mail_to_a_dropbox_too_is_filed(mail: Any, letter: Any) -> None:
    await owner(mail)
    await mail.person("anna@kunde.example")
    await mail.deposit(letter(), POSTMASTER, await mail.dropbox())
    await mail.settled()
    assert len(await mail.messages(state="MESSAGE_STATE_FILED")) == 1


async def test_nobody_lists_it_as_an_address_of_theirs(mail: Any) -> None:
    await owner(mail)
    found = await mail.call(addresses.ListMailAddressesRequest())
    assert [item.purpose for item in found.mail_addresses] == [addresses.MAIL_ADDRESS_PURPOSE_DROPBOX]


async def refused(mail: Any) -> bool:
    client = await mail.connect()
    await client.say("EHLO client.example")
    await client.say("MAIL FROM:<a@b.example>")
    return bool((await client.say(f"RCPT TO:<{POSTMASTER}>")).startswith("550 5.1.1"))


async def test_a_setting_names_the_account_of_several(open_mailroom: Any, letter: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = new_id()
    monkeypatch.setenv("KONTOR_MAIL_POSTMASTER", theirs)
    async with open_mailroom() as mail:
        await owner(mail)
        assert await refused(mail)
        await owner(mail, account_id=theirs)
        assert (await mail.deposit(letter(), POSTMASTER)).startswith("250")
        assert await mail.messages() == []
        assert len(await mail.messages(mail.colleague(account_id=theirs))) == 1
