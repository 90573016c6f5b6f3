"""What a client may take: size, recipients, connections, time, errors (E2, M5)."""

import asyncio
import contextlib
from typing import Any

import pytest


@pytest.fixture
def limit(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets a knob for the services that are opened after."""

    def set_limit(**knobs: object) -> None:
        for name, value in knobs.items():
            monkeypatch.setenv(f"KONTOR_MAIL_{name.upper()}", str(value))

    return set_limit


async def test_a_mail_above_the_limit_is_refused_and_the_next_one_taken(limit: Any, open_mailroom: Any, letter: Any) -> None:
    limit(size_limit=100_000)
    async with open_mailroom() as mail:
        client, address = await mail.connect(), await mail.dropbox()
        assert "250-SIZE 100000" in await client.say("EHLO client.example")
        head = letter()
        largest = head + b"x" * (100_000 - len(head) - 2) + b"\r\n"
        assert (await client.send(largest + b"x\r\n", address)).startswith("552 5.3.4")
        assert (await client.send(largest, address)).startswith("250")
        assert [message.size for message in await mail.messages()] == [100_000]


async def test_a_client_that_does_not_stop_is_cut_off(limit: Any, open_mailroom: Any) -> None:
    limit(size_limit=100_000)
    async with open_mailroom() as mail:
        client = await mail.connect()
        await client.begin(await mail.dropbox())
        with contextlib.suppress(ConnectionError):
            await client.write((b"x" * 998 + b"\r\n") * 10_000)
        assert await client.closed()
        assert await mail.messages() == []


async def test_the_hundred_and_first_recipient_is_too_many(open_mailroom: Any, letter: Any) -> None:
    async with open_mailroom() as mail:
        client, address = await mail.connect(), await mail.dropbox()
        await client.say("EHLO client.example")
        await client.say("MAIL FROM:<a@b.example>")
        for _ in range(100):
            assert (await client.say(f"RCPT TO:<{address}>")).startswith("250")
        # That is no error of the client: it sends to the others later (RFC 5321 section 4.5.3.1.10).
        for _ in range(30):
            assert (await client.say(f"RCPT TO:<{address}>")).startswith("452 4.5.3")
        assert (await client.say("DATA")).startswith("354")
        await client.write(letter() + b".\r\n")
        assert (await client.reply()).startswith("250")
        assert len(await mail.messages()) == 1


async def test_a_silent_client_is_sent_away(limit: Any, open_mailroom: Any) -> None:
    limit(idle_seconds=0.2)
    async with open_mailroom() as mail:
        client = await mail.connect()
        assert (await client.reply()).startswith("421 4.4.2")
        assert await client.closed()


async def test_a_client_that_trickles_its_mail_is_sent_away_and_leaves_nothing(limit: Any, open_mailroom: Any) -> None:
    limit(idle_seconds=0.3)
    async with open_mailroom() as mail:
        client = await mail.connect()
        await client.begin(await mail.dropbox())

        async def trickle() -> None:
            while True:
                await client.write(b"x\r\n")
                await asyncio.sleep(0.02)

        trickling = asyncio.create_task(trickle())
        assert (await client.reply()).startswith("421 4.4.2")
        trickling.cancel()
        await asyncio.gather(trickling, return_exceptions=True)
        assert await mail.messages() == []


async def test_a_client_that_is_slow_but_sends_enough_is_heard_out(limit: Any, open_mailroom: Any, letter: Any) -> None:
    limit(idle_seconds=0.4)
    async with open_mailroom() as mail:
        client = await mail.connect()
        await client.begin(await mail.dropbox())
        content = letter() + (b"x" * 998 + b"\r\n") * 400
        for place in range(0, len(content), 40_000):
            await client.write(content[place : place + 40_000])
            await asyncio.sleep(0.06)
        await client.write(b".\r\n")
        assert (await client.reply()).startswith("250")


async def test_too_many_errors_end_the_conversation(limit: Any, open_mailroom: Any) -> None:
    limit(errors=3)
    async with open_mailroom() as mail:
        client = await mail.connect()
        await client.say("EHLO client.example")
        await client.say("MAIL FROM:<a@b.example>")
        for name in ("a", "b", "c"):
            assert (await client.say(f"RCPT TO:<{name}@kontor.localhost>")).startswith("550")
        assert (await client.reply()).startswith("421 4.7.0")
        assert await client.closed()


async def test_unknown_commands_and_endless_repetition_end_it_too(mail: Any) -> None:
    client = await mail.connect()
    answers = [await client.say("GET / HTTP/1.1") for _ in range(5)]
    assert [answer[:3] for answer in answers] == ["500", "500", "500", "500", "502"]
    assert await client.closed()
    client = await mail.connect()
    await client.write(b"NOOP\r\n" * 150)
    assert [(await client.reply())[:3] for _ in range(101)] == ["250"] * 100 + ["421"]
    assert await client.closed()


async def test_where_connections_are_used_up_the_longest_silent_one_makes_room(limit: Any, open_mailroom: Any, letter: Any) -> None:
    limit(connections=5, connections_per_address=3)
    async with open_mailroom() as mail:
        address = await mail.dropbox()
        busy = await mail.connect()
        await busy.begin(address)
        first, second = await mail.connect(), await mail.connect()
        third = await mail.connect()
        assert (await first.reply()).startswith("421 4.7.0 Too many connections")
        # Somebody else is not concerned until all places are taken.
        others = [await mail.connect(source="127.0.0.2"), await mail.connect(source="127.0.0.2")]
        last = await mail.connect(source="127.0.0.3")
        assert last.greeting.startswith("220")
        assert (await second.reply()).startswith("421")
        for client in (third, *others, last):
            assert await client.say("NOOP") == "250 OK"
        await busy.write(letter() + b".\r\n")
        assert (await busy.reply()).startswith("250")


async def test_where_everybody_sends_a_mail_nobody_is_sent_away_for_a_newcomer(limit: Any, open_mailroom: Any, letter: Any) -> None:
    limit(connections=2)
    async with open_mailroom() as mail:
        address = await mail.dropbox()
        senders = [await mail.connect(), await mail.connect()]
        for client in senders:
            await client.begin(address)
        newcomer = await mail.connect()
        assert newcomer.greeting.startswith("421 4.7.0")
        assert await newcomer.closed()
        for client in senders:
            await client.write(letter() + b".\r\n")
            assert (await client.reply()).startswith("250")


async def test_two_hundred_idle_connections_keep_nobody_out(mail: Any, letter: Any) -> None:
    for _ in range(200):
        await mail.dial()
    assert (await mail.deposit(letter())).startswith("250")


async def test_fifty_mails_at_once_arrive_once_each(mail: Any, letter: Any) -> None:
    await mail.person("anna@kunde.example")
    address = await mail.dropbox()
    sent = [letter(f"Nummer {number}\n" * number) for number in range(50)]
    answers = await asyncio.gather(*(mail.deposit(content, address) for content in sent))
    assert all(answer.startswith("250") for answer in answers)
    await mail.settled()
    found = await mail.messages(page_size=200, state="MESSAGE_STATE_FILED")
    assert sorted([await mail.raw(message.id) for message in found]) == sorted(sent)


async def test_mails_that_together_need_too_much_memory_come_later(limit: Any, open_mailroom: Any, letter: Any) -> None:
    limit(size_limit=100_000, memory=100_000)
    async with open_mailroom() as mail:
        address = await mail.dropbox()
        first, second, third = await mail.connect(), await mail.connect(), await mail.connect()
        large = letter() + (b"x" * 998 + b"\r\n") * 80
        await first.begin(address)
        await first.write(large)
        await second.begin(address)
        await second.write(large + b".\r\n")
        # Which of the two has the memory depends on who was heard first; the other is told to come later, and loses nothing else.
        await first.write(b".\r\n")
        replies = {(await first.reply())[:3], (await second.reply())[:3]}
        assert replies <= {"250", "452"}
        assert "250" in replies
        assert (await third.send(large, address)).startswith("250")


async def test_a_mail_that_takes_for_ever_is_given_up(limit: Any, open_mailroom: Any, letter: Any) -> None:
    limit(data_seconds=0.2)
    async with open_mailroom() as mail:
        client = await mail.connect()
        await client.begin(await mail.dropbox())
        await client.write(letter())
        assert await client.closed()
        assert await mail.messages() == []
