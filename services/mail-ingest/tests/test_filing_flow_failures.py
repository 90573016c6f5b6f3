"""Whatever happens between 250 and the filing, no mail is lost, none is filed twice, none stops the others (E8, R2)."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from kontor.mail.events.v1 import events_pb2 as facts
from kontor.mail.v1 import messages_pb2 as pb
from kontor_chassis.db.sessions import Sessions
from kontor_chassis.errors import NotFound, Unavailable
from kontor_chassis.testing import ManualClock
from kontor_mail_ingest.domain.messages import ParsedMail
from kontor_mail_ingest.store import backlog as store
from kontor_mail_ingest.store.tables import MESSAGES
from kontor_mail_ingest.usecases import backlog as backlog_module
from kontor_mail_ingest.usecases.backlog import Backlog


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Any:
    return request.param


async def test_a_mail_that_cannot_be_read_is_kept_whole_in_the_tray(mail: Any) -> None:
    nested = "".join(f'Content-Type: multipart/mixed; boundary="{number}"\r\n\r\n--{number}\r\n' for number in range(200)).encode()
    answer = await mail.deposit(nested)
    await mail.settled()
    (message,) = await mail.messages(state="MESSAGE_STATE_TRAY")
    assert message.tray_reason == pb.TRAY_REASON_UNREADABLE
    assert await mail.raw(message.id) == nested
    (told,) = await mail.harness.published(facts.MessageHeld)
    assert (told.message.id, told.reason) == (answer.split()[-1], "unreadable")
    assert told.message.send_time == message.receive_time


async def test_what_is_no_mail_at_all_is_kept_too(mail: Any) -> None:
    for content in (b"", b"\r\n", b"\x00\xff\r\n", b"x" * 300_000 + b"\r\n", b"From: \xff\xfe\r\nTo: <\x00@>\r\n\r\n\xc3\r\n"):
        await mail.deposit(content)
    await mail.settled()
    assert len(await mail.messages(state="MESSAGE_STATE_TRAY")) == 5


async def test_a_mail_over_which_our_own_code_stumbles_three_times_goes_to_the_tray_and_others_are_filed(mail: Any, letter: Any) -> None:
    await mail.person("anna@kunde.example")
    parse, tries = mail.parts.backlog.parse, []

    async def stumble(raw: bytes) -> Any:
        if b"poison" in raw:
            tries.append(raw)
            raise RuntimeError("a fault of ours")
        return await parse(raw)

    mail.parts.backlog.parse = stumble
    with capture_logs() as logs:
        await mail.deposit(letter("poison"))
        await mail.deposit(letter("good"))
        await mail.settled()
        assert len(await mail.messages(state="MESSAGE_STATE_FILED")) == 1
        for count in (1, 2, 3):
            assert len(tries) == count
            assert len(await mail.messages(state="MESSAGE_STATE_RECEIVED")) == 1
            mail.harness.clock.advance(minutes=1)
            await mail.settled()
    assert len(tries) == 3
    assert [entry["event"] for entry in logs if entry["log_level"] == "error"] == ["mail_failed"] * 3 + ["mail_given_up"]
    (message,) = await mail.messages(state="MESSAGE_STATE_TRAY")
    assert message.tray_reason == pb.TRAY_REASON_UNREADABLE


async def test_a_mail_with_which_the_process_keeps_dying_is_not_tried_for_ever(open_mailroom: Any, letter: Any) -> None:
    """A process that dies leaves nothing but the attempt that it had committed."""
    async with open_mailroom() as mail:
        user = mail.harness.user
        mail.parts.backlog.parse = lambda raw: asyncio.Event().wait()
        await mail.deposit(letter())
        for _ in range(10):
            await asyncio.to_thread(die_over, mail)
    async with open_mailroom() as mail:
        await mail.settled()
        (message,) = await mail.messages(user, state="MESSAGE_STATE_TRAY")
        assert message.tray_reason == pb.TRAY_REASON_UNREADABLE


def die_over(mail: Any) -> None:
    with mail.harness.running.context.database.writing("*") as connection:
        connection.exec_driver_sql("UPDATE messages SET attempts = attempts + 1")


async def test_an_outage_of_reader_or_storage_counts_for_no_mail(mail: Any, letter: Any) -> None:
    await mail.person("anna@kunde.example")
    parse, tries = mail.parts.backlog.parse, []

    async def away(raw: bytes) -> ParsedMail:
        tries.append(raw)
        raise Unavailable("the reader is away")

    mail.parts.backlog.parse = away
    await mail.deposit(letter())
    for count in range(1, 15):
        await mail.settled()
        assert len(tries) == count
        mail.harness.clock.advance(minutes=1)
    mail.parts.backlog.parse = parse
    await mail.settled()
    assert len(await mail.messages(state="MESSAGE_STATE_FILED")) == 1


async def test_bytes_that_are_gone_do_not_stop_the_others(mail: Any, letter: Any) -> None:
    await mail.person("anna@kunde.example")
    answer = await mail.deposit(letter("lost"))
    await mail.settled()
    with mail.harness.running.context.database.writing("*") as connection:
        connection.exec_driver_sql("UPDATE messages SET state = 'received', raw_key = raw_key || '-gone'")
    with capture_logs():
        await mail.settled()
    with pytest.raises(NotFound):
        await mail.raw(answer.split()[-1])
    await mail.deposit(letter("there"))
    await mail.settled()
    assert len(await mail.messages(state="MESSAGE_STATE_FILED")) == 1


async def test_a_mail_that_was_acknowledged_and_not_read_is_filed_after_a_restart(open_mailroom: Any, letter: Any) -> None:
    async with open_mailroom() as mail:
        user, began = mail.harness.user, asyncio.Event()

        async def never(raw: bytes) -> Any:
            began.set()
            await asyncio.Event().wait()

        mail.parts.backlog.parse = never
        await mail.person("anna@kunde.example")
        assert (await mail.deposit(letter())).startswith("250")
        await began.wait()
    async with open_mailroom() as mail:
        await mail.settled()
        (message,) = await mail.messages(user)
        assert message.state == pb.MESSAGE_STATE_FILED
        assert len(await mail.harness.published(facts.MessageFiled)) == 1


async def test_of_two_who_read_one_mail_one_files_it(mail: Any, letter: Any) -> None:
    """As where one was so slow that its lease ended."""
    await mail.person("anna@kunde.example")
    parse, one, both, tries = mail.parts.backlog.parse, asyncio.Event(), asyncio.Event(), []

    async def slow(raw: bytes) -> Any:
        tries.append(raw)
        one.set()
        if len(tries) == 2:
            both.set()
        await both.wait()
        return await parse(raw)

    mail.parts.backlog.parse = slow
    await mail.deposit(letter())
    await one.wait()
    # For the other one it is later, so that only it sees the lease at its end.
    context = mail.harness.running.context
    later = Sessions(context.database, ManualClock(mail.harness.clock() + timedelta(minutes=5)), context.sessions.wake_relay)
    other = Backlog(replace(context, sessions=later), slow, most_per_commit=1)
    await other.start()
    await other.settled()
    await mail.settled()
    await other.stop()
    assert len(tries) == 2
    assert len(await mail.harness.published(facts.MessageFiled)) == 1
    (message,) = await mail.messages()
    assert len(message.filings) == 1


async def test_a_mail_that_takes_very_long_is_not_begun_again_by_who_is_at_it(mail: Any, letter: Any) -> None:
    parse, one, go, tries = mail.parts.backlog.parse, asyncio.Event(), asyncio.Event(), []

    async def slow(raw: bytes) -> Any:
        tries.append(raw)
        one.set()
        if b"slow" in raw:
            await go.wait()
        return await parse(raw)

    mail.parts.backlog.parse = slow
    await mail.deposit(letter("slow"))
    await one.wait()
    mail.harness.clock.advance(minutes=5)
    await mail.deposit(letter("quick"))
    await mail.harness.published(facts.MessageHeld)
    go.set()
    await mail.settled()
    assert len(tries) == 2
    assert len(await mail.messages(state="MESSAGE_STATE_TRAY")) == 2


async def test_who_is_at_a_mail_keeps_it_from_others_however_long_it_takes(mail: Any, letter: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlog_module, "LEASE", timedelta(milliseconds=400))
    one, go, tries = asyncio.Event(), asyncio.Event(), []
    parse = mail.parts.backlog.parse

    async def slow(raw: bytes) -> Any:
        tries.append(raw)
        one.set()
        await go.wait()
        return await parse(raw)

    mail.parts.backlog.parse = slow
    await mail.deposit(letter())
    await one.wait()
    context, clock = mail.harness.running.context, mail.harness.clock
    other = Backlog(context, slow, most_per_commit=1)

    def due_time() -> datetime:
        with context.database.reading("*") as connection:
            moment: datetime = connection.execute(sa.select(MESSAGES.c.due_time)).scalar_one()
            return moment

    for _ in range(4):
        before = due_time()
        clock.advance(milliseconds=300)
        while due_time() == before:
            mail.parts.backlog.wake()
            await asyncio.sleep(0.01)
        assert await other._claim() == []
    go.set()
    await mail.settled()
    assert len(tries) == 1
    (message,) = await mail.messages(state="MESSAGE_STATE_TRAY")
    assert message.id


async def test_large_mails_are_not_held_in_memory_all_at_once(mail: Any, letter: Any) -> None:
    parse, most, now = mail.parts.backlog.parse, 0, 0

    async def measured(raw: bytes) -> Any:
        nonlocal most, now
        now += len(raw)
        most = max(most, now)
        try:
            return await parse(raw)
        finally:
            now -= len(raw)

    mail.parts.backlog.parse = measured
    contents = [letter(str(number)) + (b"x" * 998 + b"\r\n") * 11_000 for number in range(4)]
    await asyncio.gather(*(mail.deposit(content) for content in contents))
    await mail.settled()
    assert len(await mail.messages(state="MESSAGE_STATE_TRAY")) == 4
    assert most <= 32 * 1024 * 1024


async def test_a_mail_that_cannot_be_filed_spoils_no_other_of_its_commit(mail: Any, letter: Any) -> None:
    await mail.person("anna@kunde.example")
    mail.refuse("UPDATE", when="NEW.subject = 'poison'")
    with capture_logs():
        await asyncio.gather(*(mail.deposit(letter(Subject=subject)) for subject in ("eins", "poison", "zwei", "drei")))
        await mail.settled()
        assert sorted(message.subject for message in await mail.messages(state="MESSAGE_STATE_FILED")) == ["drei", "eins", "zwei"]
        for _ in range(3):
            mail.harness.clock.advance(minutes=1)
            await mail.settled()
    (message,) = await mail.messages(state="MESSAGE_STATE_TRAY")
    assert message.tray_reason == pb.TRAY_REASON_UNREADABLE


async def test_what_a_database_that_broke_off_says_we_are_at_is_taken_up_again_before_its_lease_ends(
    mail: Any, letter: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock stands still here: nothing is due because of time."""
    await mail.person("anna@kunde.example")
    parse, put_back, refusals = mail.parts.backlog.parse, store.put_back, []

    async def interrupted(raw: bytes) -> Any:
        raise Unavailable("away")

    def away(*args: Any, **options: Any) -> None:
        mail.parts.backlog.parse = parse
        refusals.append(args)
        raise Unavailable("away")

    mail.parts.backlog.parse = interrupted
    monkeypatch.setattr(store, "put_back", away)
    with capture_logs():
        await mail.deposit(letter())
        await mail.settled()
    assert len(refusals) == 1
    monkeypatch.setattr(store, "put_back", put_back)
    await mail.settled()
    assert len(await mail.messages(state="MESSAGE_STATE_FILED")) == 1
