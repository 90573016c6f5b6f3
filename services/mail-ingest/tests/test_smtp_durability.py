"""Nothing is said to be kept before it is, and what was said to be kept stays (E2, R2 to R5)."""

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from kontor_chassis.db.database import Database
from kontor_chassis.errors import Unavailable


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Any:
    return request.param


async def test_where_storage_fails_the_client_is_told_to_come_back_and_then_it_works(mail: Any, letter: Any, tmp_path: Path) -> None:
    address, content, client = await mail.dropbox(), letter(), await mail.connect()
    # A file where a folder has to be: what a full or broken disk answers, too, is an OSError.
    (tmp_path / "blobs").mkdir()
    (tmp_path / "blobs" / "raw").touch()
    for _ in range(2):
        assert (await client.send(content, address)).startswith("452 4.3.1")
    assert await mail.messages() == []
    (tmp_path / "blobs" / "raw").unlink()
    assert (await client.send(content, address)).startswith("250 2.0.0")
    assert len(await mail.messages()) == 1


async def test_where_the_database_fails_nothing_is_left_but_bytes(mail: Any, letter: Any) -> None:
    address, content, client = await mail.dropbox(), letter(), await mail.connect()
    mail.refuse("INSERT")
    assert (await client.send(content, address)).startswith("452 4.3.1")
    mail.refuse_no_more()
    assert await mail.messages() == []
    answer = await client.send(content, address)
    assert answer.startswith("250 2.0.0")
    assert await mail.raw(answer.split()[-1]) == content


async def test_where_the_database_is_away_a_recipient_is_put_off(mail: Any, monkeypatch: Any) -> None:
    def away(*_: object) -> None:
        raise Unavailable("away")

    client, address = await mail.connect(), await mail.dropbox()
    await client.say("EHLO client.example")
    await client.say("MAIL FROM:<a@b.example>")
    with monkeypatch.context() as patch:
        patch.setattr(Database, "reading", away)
        assert (await client.say(f"RCPT TO:<{address}>")).startswith("451 4.3.0")
    assert (await client.say(f"RCPT TO:<{address}>")).startswith("250")


async def test_the_bytes_and_the_row_are_there_before_the_reply(mail: Any, letter: Any, monkeypatch: Any) -> None:
    """The commit is held up: no reply comes until it is let go."""
    held, go = threading.Event(), threading.Event()
    write_many = mail.harness.running.context.sessions.write_many

    def slow(**options: Any) -> Any:
        held.set()
        go.wait()
        return write_many(**options)

    monkeypatch.setattr(mail.harness.running.context.sessions, "write_many", slow)
    client = await mail.connect()
    sending = asyncio.create_task(client.send(letter(), await mail.dropbox()))
    await asyncio.to_thread(held.wait)
    assert len([path for path in (Path(mail.harness.running.context.settings.data_dir) / "blobs").rglob("*") if path.is_file()]) == 1
    assert await mail.messages() == []
    assert not sending.done()
    go.set()
    assert (await sending).startswith("250")


async def test_a_client_that_sends_again_because_no_answer_came_makes_no_second_message(mail: Any, letter: Any) -> None:
    address, content = await mail.dropbox(), letter()
    answers = await asyncio.gather(*(mail.deposit(content, address) for _ in range(10)))
    answers.append(await mail.deposit(content, address))
    assert len(set(answers)) == 1
    assert len(await mail.messages()) == 1


async def test_two_dropboxes_of_one_account_make_one_message_with_two_depositors(mail: Any, letter: Any) -> None:
    other = mail.colleague()
    await mail.deposit(letter(), await mail.dropbox(), await mail.dropbox(other))
    (message,) = await mail.messages()
    assert message.depositor_user_id == mail.harness.user.user_id
    assert set(message.depositor_user_ids) == {mail.harness.user.user_id, other.user_id}


async def test_two_accounts_have_a_message_each(mail: Any, letter: Any) -> None:
    stranger, content = mail.colleague(account_id="another"), letter()
    await mail.deposit(content, await mail.dropbox(), await mail.dropbox(stranger))
    (mine,), (theirs,) = await mail.messages(), await mail.messages(stranger)
    assert mine.id != theirs.id
    assert await mail.raw(mine.id) == await mail.raw(theirs.id, stranger) == content
    assert (list(mine.depositor_user_ids), list(theirs.depositor_user_ids)) == ([mail.harness.user.user_id], [stranger.user_id])


async def test_a_stopping_server_finishes_the_mail_that_is_on_its_way(open_mailroom: Any, letter: Any) -> None:
    content = letter()
    async with open_mailroom() as mail:
        address, user = await mail.dropbox(), mail.harness.user
        idle, busy = await mail.connect(), await mail.connect()
        await busy.begin(address)
        stopping = asyncio.create_task(mail.parts.smtp.stop(10))
        assert (await idle.reply()).startswith("421 4.3.2")
        assert await idle.closed()
        await busy.write(content + b".\r\nMAIL FROM:<a@b.example>\r\n")
        assert (await busy.reply()).startswith("250 2.0.0")
        assert (await busy.reply()).startswith("421 4.3.2")
        await stopping
    async with open_mailroom() as mail:
        (message,) = await mail.messages(user)
        assert await mail.raw(message.id, user) == content


async def test_a_stopping_server_does_not_wait_for_ever(open_mailroom: Any) -> None:
    async with open_mailroom(drain_seconds=0.1) as mail:
        client = await mail.connect()
        await client.begin(await mail.dropbox())
    assert await client.closed()
