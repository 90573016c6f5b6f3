"""One mail stays one mail: no spelling of the end but CRLF dot CRLF ends it, however it is cut into packets (E2, M4)."""

import asyncio
import smtplib
from typing import Any

import pytest

EVIL = b"MAIL FROM:<ceo@firma.example>\r\nRCPT TO:<%s>\r\nDATA\r\nSubject: second\r\n\r\nevil\r\n"


@pytest.mark.parametrize(
    ("end", "kept"),
    [
        (b"\n.\n", b"\r\n.\r\n"),
        (b"\n.\r\n", b"\r\n.\r\n"),
        (b"\r\n.\n", b"\r\n.\r\n"),
        (b"\r.\r", b" . "),
        (b"\r.\r\n", b" .\r\n"),
        (b"\r.\n", b" .\r\n"),
        (b"\n.\r", b"\r\n "),
        (b"\r\n.\r", b"\r\n "),
        (b"\n\n.\r\n", b"\r\n\r\n.\r\n"),
        (b"\r\n.\r\r\n", b"\r\n.\r\n"),
        (b"\n.\r\r\n", b"\r\n.\r\n"),
        (b"\r\r\n.\r\r\n", b"\r\n.\r\n"),
        (b"\r\n\x00.\r\n", b"\r\n\x00.\r\n"),
        (b"\r\n.\x00\r\n", b"\r\n\x00\r\n"),
        (b"\r\n. \r\n", b"\r\n \r\n"),
        (b"\r\n..\r\n", b"\r\n.\r\n"),
        (b"\x85.\x85", b"\x85.\x85"),
        (b"\x0b.\x0b", b"\x0b.\x0b"),
    ],
)
async def test_no_other_spelling_of_the_end_starts_a_second_mail(mail: Any, letter: Any, end: bytes, kept: bytes) -> None:
    address = await mail.dropbox()
    client = await mail.connect()
    first, rest = letter("body").removesuffix(b"\r\n"), EVIL % address.encode()
    assert (await client.send(first + end + rest, address)).startswith("250")
    # The next reply is that of the next command: nothing of the mail was taken for one.
    assert await client.say("NOOP") == "250 OK"
    (message,) = await mail.messages()
    assert await mail.raw(message.id) == first + kept + rest


async def test_the_end_is_found_wherever_packets_are_cut(mail: Any, letter: Any) -> None:
    content, address = letter("..body"), await mail.dropbox()
    wire = content + b".\r\n"
    for place in range(len(wire) - 12, len(wire)):
        client = await mail.connect()
        await client.begin(address)
        await client.write(wire[:place])
        # The server has read the first part when it has answered somebody who came later.
        await mail.connect()
        await client.write(wire[place:])
        assert (await client.reply()).startswith("250")
    (message,) = await mail.messages()
    assert await mail.raw(message.id) == content.replace(b"\r\n..", b"\r\n.")


async def test_the_end_is_found_around_the_size_of_the_servers_buffer(mail: Any, letter: Any) -> None:
    client, address, sent = await mail.connect(), await mail.dropbox(), []
    assert (await client.say("EHLO client.example")).startswith("250")
    for size in (*range(32 * 1024 - 8, 32 * 1024 + 9), 64 * 1024, 64 * 1024 + 3, 200_001):
        head = letter(Message_ID=f"<{size}@firma.example>")
        content = head + b"x" * (size - len(head) - 2) + b"\r\n"
        for command, code in ((f"MAIL FROM:<b@firma.example> SIZE={size}", "250"), (f"RCPT TO:<{address}>", "250"), ("DATA", "354")):
            assert (await client.say(command)).startswith(code)
        await client.write(content + b".\r\n")
        assert (await client.reply()).startswith("250")
        sent.append(content)
    kept = [await mail.raw(message.id) for message in await mail.messages()]
    assert sorted(kept) == sorted(sent)


async def test_commands_that_come_with_the_end_of_a_mail_are_a_mail_of_their_own(mail: Any, letter: Any) -> None:
    address, one, two = await mail.dropbox(), letter("eins"), letter("zwei")
    client = await mail.connect()
    assert "PIPELINING" in await client.say("EHLO client.example")
    again = f"MAIL FROM:<b@firma.example>\r\nRCPT TO:<{address}>\r\nDATA\r\n".encode()
    await client.write(again)
    assert [(await client.reply())[:3] for _ in range(3)] == ["250", "250", "354"]
    await client.write(one + b".\r\n" + again)
    assert [(await client.reply())[:3] for _ in range(4)] == ["250", "250", "250", "354"]
    await client.write(two + b".\r\nQUIT\r\n")
    assert [(await client.reply())[:3] for _ in range(2)] == ["250", "221"]
    assert sorted([await mail.raw(message.id) for message in await mail.messages()]) == sorted([one, two])


async def test_an_empty_mail_and_one_of_dots_are_mails(mail: Any) -> None:
    address = await mail.dropbox()
    for wire, kept in ((b".\r\n", b""), (b"\r\n.\r\n", b"\r\n"), (b"..\r\n...\r\n.\r\n", b".\r\n..\r\n")):
        client = await mail.connect()
        await client.begin(address)
        await client.write(wire)
        answer = await client.reply()
        assert answer.startswith("250")
        assert await mail.raw(answer.split()[-1]) == kept


async def test_smtplib_sends_dots_and_line_feeds_as_it_means_them(mail: Any, letter: Any) -> None:
    address, content = await mail.dropbox(), letter("\n.\n..\n.a").replace(b"\r\n", b"\n").removesuffix(b"\n")

    def send() -> None:
        with smtplib.SMTP("127.0.0.1", mail.port) as client:
            client.sendmail("b.berger@firma.example", [address], content)

    await asyncio.to_thread(send)
    (message,) = await mail.messages()
    assert await mail.raw(message.id) == content.replace(b"\n", b"\r\n") + b"\r\n"
