"""The server speaks RFC 5321 and the extensions that it announces, and forgives what can be forgiven (E2, M4)."""

import asyncio
import smtplib
from email.message import EmailMessage
from typing import Any

import pytest

from kontor.mail.v1 import mail_addresses_pb2 as addresses


async def test_the_service_is_ready_as_long_as_it_listens_and_files(mail: Any) -> None:
    checks = await mail.harness.running.checks()
    rooms = ("mail-ingest.smtp", "mail-ingest.backlog", "mail-ingest.learning", "mail-ingest.restating")
    assert checks == {"mail-ingest.database": True, **dict.fromkeys(rooms, True)}
    await mail.parts.smtp.stop(1)
    await mail.parts.backlog.stop()
    await mail.parts.learning.stop()
    await mail.parts.restating.stop()
    assert not any([(await mail.harness.running.checks())[name] for name in rooms])


async def test_the_greeting_and_the_extensions_are_told(mail: Any) -> None:
    client = await mail.connect()
    assert client.greeting == "220 kontor.localhost ESMTP Kontor"
    lines = (await client.say("EHLO client.example")).split("\n")
    assert lines == ["250-kontor.localhost", "250-SIZE 26214400", "250-8BITMIME", "250-SMTPUTF8", "250 PIPELINING"]


@pytest.mark.parametrize(
    ("commands", "code"),
    [
        (["HELO client.example"], "250"),
        (["HELO [127.0.0.1]"], "250"),
        (["EHLO under_score"], "250"),
        (["EHLO -"], "250"),
        (["EHLO a", "EHLO b"], "250"),
        (["ehlo a"], "250"),
        (["HELO"], "501"),
        (["NOOP"], "250"),
        (["NOOP anything"], "250"),
        (["RSET"], "250"),
        (["HELP"], "214"),
        (["VRFY anna"], "252"),
        (["VRFY"], "252"),
        (["VRFY <drop@kontor.localhost>"], "252"),
        (["EXPN list"], "502"),
        (["AUTH PLAIN AGEAYg=="], "502"),
        (["EHLO a", "AUTH LOGIN"], "502"),
        (["BDAT 3 LAST"], "500"),
        (["TURN"], "500"),
        ([""], "500"),
        (["\u00e4hlo"], "500"),
        (["MAIL FROM:<a@b.example>"], "503"),
        (["EHLO a", "MAIL FROM:<a@b.example>"], "250"),
        (["EHLO a", "MAIL FROM: <a@b.example>"], "250"),
        (["EHLO a", "mail from:a@b.example"], "250"),
        (["EHLO a", "MAIL FROM:<>"], "250"),
        (["EHLO a", "MAIL FROM:<\u00e4nna@m\u00fcller.example> SMTPUTF8"], "250"),
        (["EHLO a", "MAIL FROM:<a@b.example> BODY=8BITMIME SIZE=1000"], "250"),
        (["EHLO a", "MAIL FROM:<a@b.example> BODY=BINARYMIME"], "501"),
        (["EHLO a", "MAIL FROM:<a@b.example> SIZE=26214401"], "552"),
        (["EHLO a", "MAIL FROM:<a@b.example> SIZE=x"], "501"),
        (["EHLO a", "MAIL FROM:<a@b.example> UNKNOWN=1"], "555"),
        (["EHLO a", "MAIL"], "501"),
        (["EHLO a", 'MAIL FROM:"'], "553"),
        (["EHLO a", "MAIL FROM:<a@b.example>", "MAIL FROM:<a@b.example>"], "503"),
        (["EHLO a", "RCPT TO:<anna@b.example>"], "503"),
        (["EHLO a", "MAIL FROM:<a@b.example>", "RCPT"], "501"),
        (["EHLO a", "MAIL FROM:<a@b.example>", "RCPT TO:<stranger@b.example>"], "550"),
        (["EHLO a", "MAIL FROM:<a@b.example>", "RCPT TO:<>"], "550"),
        (["EHLO a", "MAIL FROM:<a@b.example>", "RCPT TO:<\u00e4nna@m\u00fcller.example>"], "550"),
        (["EHLO a", "MAIL FROM:<a@b.example>", "RCPT TO:<drop-%@kontor.localhost>"], "550"),
        (["EHLO a", "MAIL FROM:<a@b.example>", "RCPT TO:<\x00@kontor.localhost>"], "550"),
        (["EHLO a", "MAIL FROM:<a@b.example>", "RCPT TO:<a@b.example> NOTIFY=NEVER"], "555"),
        (["EHLO a", "DATA"], "503"),
        (["EHLO a", "MAIL FROM:<a@b.example>", "DATA"], "554"),
        (["EHLO a", "STARTTLS"], "454"),
        (["EHLO a", "MAIL FROM:<a@b.example>", "RSET", "MAIL FROM:<a@b.example>"], "250"),
        (["QUIT"], "221"),
        (["NOOP " + "x" * 2000], "500"),
        (["NOOP " + "x" * 100_000], "500"),
    ],
)
async def test_a_probe_is_answered_as_the_standard_says(mail: Any, commands: list[str], code: str) -> None:
    client = await mail.connect()
    for command in commands[:-1]:
        assert (await client.say(command))[:3] == "250"
    assert (await client.say(commands[-1]))[:3] == code


@pytest.mark.parametrize(
    "argument",
    [b"<\xff\xfe@b.example>", b"<", b"<<>>", b'"', b"<a@b", b"<@a,@b:c@d.example>", b"a b c", b"<a@b>=", b"\xc2\xb2", b"1@[(<)1", b"\x00@"],
)
async def test_no_argument_breaks_the_conversation(mail: Any, argument: bytes) -> None:
    client = await mail.connect()
    await client.say("EHLO client.example")
    for command in (b"MAIL FROM:", b"RCPT TO:", b"VRFY ", b"EHLO ", b"HELP ", b"MAIL FROM:<a@b.example> SIZE="):
        assert len(await client.say(command + argument)) > 3
        await client.say("RSET")
    assert await client.say("NOOP") == "250 OK"


async def test_the_null_sender_may_deposit(mail: Any, letter: Any) -> None:
    client = await mail.connect()
    await client.begin(await mail.dropbox(), sender="")
    await client.write(letter() + b".\r\n")
    assert (await client.reply()).startswith("250 2.0.0")


async def test_an_address_is_known_in_any_spelling(mail: Any) -> None:
    local, _, domain = (await mail.dropbox()).partition("@")
    client = await mail.connect()
    await client.say("EHLO client.example")
    await client.say("MAIL FROM:<a@b.example>")
    for spelling in (f"<{local.upper()}@{domain.upper()}>", f"<@relay.example:{local}@{domain}>", f"{local}@{domain}"):
        assert (await client.say(f"RCPT TO:{spelling}")).startswith("250")
    for spelling in (f"<{local}@other.example>", f"<x{local}@{domain}>", f"<{local}>"):
        assert (await client.say(f"RCPT TO:{spelling}")).startswith("550")


async def test_an_internationalised_domain_is_known_in_both_spellings(open_mailroom: Any, letter: Any) -> None:
    async with open_mailroom(mail_domain="post.müller.example") as mail:
        address = await mail.dropbox()
        assert address.endswith("@post.xn--mller-kva.example")
        written = address.replace("xn--mller-kva", "müller")
        for spelling in (written, address):
            client = await mail.connect()
            await client.say("EHLO client.example")
            assert (await client.say("MAIL FROM:<jürgen@müller.example> SMTPUTF8 BODY=8BITMIME")).startswith("250")
            assert (await client.say(f"RCPT TO:<{spelling}>")).startswith("250")
            assert (await client.say("DATA")).startswith("354")
            await client.write(letter(From="jürgen@müller.example") + b".\r\n")
            assert (await client.reply()).startswith("250")


async def test_eight_bits_and_lines_of_any_length_are_kept_as_they_are(mail: Any, letter: Any) -> None:
    content = letter("ä" * 100_000 + "\n" + "\x00\xff")
    answer = await mail.deposit(content)
    assert await mail.raw(answer.split()[-1]) == content


async def test_a_mail_in_utf8_addresses_by_smtplib_arrives(mail: Any) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "jürgen@müller.example", "änna@kunde.example", "Grüße"
    message.set_content("Schöne Grüße")
    address = await mail.dropbox()

    def send() -> None:
        with smtplib.SMTP("127.0.0.1", mail.port) as client:
            client.send_message(message, "jürgen@müller.example", [address])

    await asyncio.to_thread(send)
    await mail.settled()
    (found,) = await mail.messages()
    assert (found.subject, found.to_mailboxes[0].address) == ("Grüße", "änna@kunde.example")


async def test_a_mail_to_known_and_unknown_addresses_goes_to_the_known(mail: Any, letter: Any) -> None:
    client, address = await mail.connect(), await mail.dropbox()
    await client.say("EHLO client.example")
    await client.say("MAIL FROM:<a@b.example>")
    assert (await client.say("RCPT TO:<stranger@b.example>")).startswith("550 5.1.1")
    assert (await client.say(f"RCPT TO:<{address}>")).startswith("250")
    assert (await client.say("RCPT TO:<drop-aaaaaaaaaaaaaaaaaaaa@kontor.localhost>")).startswith("550 5.1.1")
    assert (await client.say("DATA")).startswith("354")
    await client.write(letter() + b".\r\n")
    assert (await client.reply()).startswith("250")


async def test_a_client_that_goes_away_in_the_middle_leaves_nothing(mail: Any, letter: Any) -> None:
    client = await mail.connect()
    await client.begin(await mail.dropbox())
    await client.write(letter()[:-2])
    client.close()
    assert (await mail.deposit(letter("vollständig"))).startswith("250")
    assert len(await mail.messages()) == 1


async def test_an_old_address_and_that_of_a_deactivated_user_are_refused_at_once(mail: Any) -> None:
    found = await mail.call(addresses.ListMailAddressesRequest())
    old = found.mail_addresses[0]
    new = await mail.call(addresses.RotateMailAddressRequest(id=old.id))
    client = await mail.connect()
    await client.say("EHLO client.example")
    await client.say("MAIL FROM:<a@b.example>")
    assert (await client.say(f"RCPT TO:<{old.address}>")).startswith("550")
    assert (await client.say(f"RCPT TO:<{new.address}>")).startswith("250")
    await mail.user(mail.harness.user.user_id, "b.berger@firma.example", active=False)
    assert await client.say(f"RCPT TO:<{new.address}>") == "550 5.1.1 No such address here"
    await mail.user(mail.harness.user.user_id, "b.berger@firma.example", active=True, sequence=2)
    assert (await client.say(f"RCPT TO:<{new.address}>")).startswith("250")
