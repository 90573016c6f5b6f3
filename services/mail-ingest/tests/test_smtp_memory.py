"""What mails on their way hold in memory, all together (E2, M5)."""

import asyncio
from typing import Any

import pytest

from kontor_mail_ingest.settings import MailSettings
from kontor_mail_ingest.smtp.budget import Budget


class Watched(Budget):
    """Tells when something is taken, and when all of it is given back."""

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.taken, self.empty = asyncio.Event(), asyncio.Event()

    def take(self, size: int) -> bool:
        self.taken.set()
        return super().take(size)

    def give_back(self, size: int) -> None:
        super().give_back(size)
        if self.used == 0:
            self.empty.set()


async def test_a_mail_for_which_there_is_no_memory_is_heard_out_and_taken_later(mail: Any, letter: Any) -> None:
    budget = mail.parts.smtp.budget = Watched(150_000)
    address, client = await mail.dropbox(), await mail.connect()
    large = letter() + (b"x" * 998 + b"\r\n") * 90
    assert budget.take(100_000)
    assert (await client.send(large, address)).startswith("452 4.3.1")
    assert budget.used == 100_000
    budget.give_back(100_000)
    assert (await client.send(large, address)).startswith("250")
    assert budget.used == 0
    (message,) = await mail.messages()
    assert await mail.raw(message.id) == large


async def test_where_nothing_of_it_is_left_a_mail_is_not_begun(mail: Any, letter: Any) -> None:
    budget, address, client = mail.parts.smtp.budget, await mail.dropbox(), await mail.connect()
    assert budget.take(MailSettings().memory)
    for command in ("EHLO client.example", "MAIL FROM:<a@b.example>", f"RCPT TO:<{address}>"):
        await client.say(command)
    assert (await client.say("DATA")).startswith("452 4.3.1")
    budget.give_back(MailSettings().memory)
    assert (await client.say("DATA")).startswith("354")
    await client.write(letter() + b".\r\n")
    assert (await client.reply()).startswith("250")


async def test_a_client_that_leaves_amid_its_mail_gives_it_back(mail: Any) -> None:
    budget = mail.parts.smtp.budget = Watched(1_000_000)
    client = await mail.connect()
    await client.begin(await mail.dropbox())
    await client.write((b"x" * 998 + b"\r\n") * 200)
    await budget.taken.wait()
    budget.empty.clear()
    client.close()
    await budget.empty.wait()
    assert await mail.messages() == []


async def test_a_mail_above_the_size_limit_gives_it_back_too(mail: Any) -> None:
    address, client = await mail.dropbox(), await mail.connect()
    await client.begin(address)
    await client.write((b"x" * 998 + b"\r\n") * 26_300 + b".\r\n")
    assert (await client.reply()).startswith("552")
    assert mail.parts.smtp.budget.used == 0


def test_it_holds_at_least_one_mail() -> None:
    with pytest.raises(ValueError, match="KONTOR_MAIL_MEMORY"):
        MailSettings(size_limit=2000, memory=1999)
