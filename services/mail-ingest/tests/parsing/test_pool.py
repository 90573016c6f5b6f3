"""Reading in child processes: limited, replaced when they die, gone when idle (M2, M3). The processes are real."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from kontor_chassis.errors import Unavailable
from kontor_mail_ingest.domain.messages import ParsedMail, Unreadable, UnreadableReason
from kontor_mail_ingest.domain.mime import read_mail
from kontor_mail_ingest.parsing.pool import ParserPool
from kontor_mail_ingest.parsing.process import Limits, ReaderProcess

MAIL = b"From: anna@example.com\r\nTo: bernd@example.com\r\nSubject: Hello\r\n\r\nHow are you?\r\n"
# Sanitising takes time that grows with the square of the attributes; the quoted bracket hides them from our own check.
SLOW = b"From: a@example.com\r\nContent-Type: text/html\r\n\r\n<p a='>' " + b" ".join(b"a%d" % number for number in range(200_000)) + b">x"
LARGE = b"From: a@example.com\r\nContent-Type: a/b\r\nContent-Transfer-Encoding: base64\r\n\r\n" + b"QUFB" * 2_000_000

Pools = Callable[..., ParserPool]


@pytest.fixture
async def pools() -> AsyncIterator[Pools]:
    """Makes pools, and closes them after the test."""
    made: list[ParserPool] = []

    def make(processes: int = 1, idle_seconds: float = 60.0, limits: Limits | None = None) -> ParserPool:
        made.append(ParserPool(processes=processes, idle_seconds=idle_seconds, limits=limits))
        return made[-1]

    yield make
    for pool in made:
        await pool.close()


async def gone(pid: int) -> None:
    """Waits until the process has ended."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(descriptor, ended.set)
    try:
        await asyncio.wait_for(ended.wait(), 20)
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


def environment_of(pid: int) -> bytes:
    return Path(f"/proc/{pid}/environ").read_bytes()


async def test_a_mail_is_read_as_it_would_be_here(pools: Pools) -> None:
    assert await pools().parse(MAIL) == read_mail(MAIL)


async def test_a_refused_mail_keeps_its_reason(pools: Pools) -> None:
    assert await pools().parse(b"Subject: " + b"x" * 1_000_000) == Unreadable(UnreadableReason.HEADERS_TOO_LONG)


async def test_no_process_is_started_before_the_first_mail_and_one_serves_many(pools: Pools) -> None:
    pool = pools()
    assert pool.process_ids == []
    await pool.parse(MAIL)
    first = pool.process_ids
    await pool.parse(MAIL)
    assert len(first) == 1
    assert pool.process_ids == first


async def test_more_mails_than_processes_are_all_read(pools: Pools) -> None:
    pool = pools(processes=2)
    mails = [MAIL.replace(b"Hello", b"%d" % number) for number in range(20)]
    read = await asyncio.gather(*(pool.parse(mail) for mail in mails))
    assert [mail.subject for mail in read if isinstance(mail, ParsedMail)] == [str(number) for number in range(20)]
    assert len(pool.process_ids) == 2


async def test_a_mail_that_takes_too_much_processor_time_is_unreadable(pools: Pools) -> None:
    pool = pools(limits=Limits(cpu_seconds=0.3))
    assert await pool.parse(SLOW) == Unreadable(UnreadableReason.TIMEOUT)
    assert isinstance(await pool.parse(MAIL), ParsedMail)


async def test_a_process_that_does_not_answer_in_time_is_ended(pools: Pools) -> None:
    pool = pools(limits=Limits(wall_seconds=0.3))
    await pool.parse(MAIL)
    [pid] = pool.process_ids
    os.kill(pid, signal.SIGSTOP)
    assert await pool.parse(MAIL) == Unreadable(UnreadableReason.TIMEOUT)
    await gone(pid)
    assert isinstance(await pool.parse(MAIL), ParsedMail)


async def test_a_mail_that_needs_too_much_memory_is_unreadable(pools: Pools) -> None:
    pool = pools(limits=Limits(memory_bytes=48 * 1024 * 1024))
    assert await pool.parse(LARGE) in (Unreadable(UnreadableReason.MEMORY), Unreadable(UnreadableReason.CRASHED))
    assert isinstance(await pool.parse(MAIL), ParsedMail)


async def test_a_large_mail_is_read_within_the_limits(pools: Pools) -> None:
    mail = await pools().parse(LARGE)
    assert isinstance(mail, ParsedMail)
    assert mail.attachments[0].content == b"AAA" * 2_000_000


async def test_a_slow_mail_does_not_keep_others_waiting(pools: Pools) -> None:
    pool = pools(processes=2)
    slow = asyncio.create_task(pool.parse(SLOW))
    others = [await pool.parse(MAIL) for _ in range(20)]
    assert all(isinstance(mail, ParsedMail) for mail in others)
    assert not slow.done()
    assert await slow == Unreadable(UnreadableReason.TIMEOUT)


async def test_a_process_killed_from_outside_costs_no_mail(pools: Pools) -> None:
    pool = pools()
    for _ in range(3):
        await pool.parse(MAIL)
        [pid] = pool.process_ids
        os.kill(pid, signal.SIGKILL)
        assert isinstance(await pool.parse(MAIL), ParsedMail)
        await gone(pid)


async def test_a_mail_that_kills_two_processes_is_unreadable(pools: Pools, monkeypatch: pytest.MonkeyPatch) -> None:
    pool = pools()
    started: list[int] = []
    start = ReaderProcess.start

    async def start_and_die(limits: Limits) -> ReaderProcess:
        process = await start(limits)
        started.append(process.pid)
        os.kill(process.pid, signal.SIGKILL)
        return process

    with monkeypatch.context() as patch:
        patch.setattr(ReaderProcess, "start", start_and_die)
        assert await pool.parse(MAIL) == Unreadable(UnreadableReason.CRASHED)
    assert len(started) == 2
    assert isinstance(await pool.parse(MAIL), ParsedMail)


async def test_a_process_is_replaced_after_some_mails(pools: Pools) -> None:
    pool = pools(limits=Limits(mails=2))
    await pool.parse(MAIL)
    [first] = pool.process_ids
    await pool.parse(MAIL)
    await gone(first)
    await pool.parse(MAIL)
    assert pool.process_ids != [first]


async def test_without_mail_no_process_is_left(pools: Pools) -> None:
    pool = pools(idle_seconds=0.05)
    await pool.parse(MAIL)
    for pid in pool.process_ids:
        await gone(pid)
    assert pool.process_ids == []
    assert isinstance(await pool.parse(MAIL), ParsedMail)


async def test_closing_ends_all_processes_and_blames_no_mail(pools: Pools) -> None:
    pool = pools(processes=2)
    await pool.parse(MAIL)
    slow = asyncio.create_task(pool.parse(SLOW))
    await asyncio.gather(pool.parse(MAIL), pool.parse(MAIL))
    pids = pool.process_ids
    await pool.close()
    with pytest.raises(Unavailable):
        await slow
    with pytest.raises(Unavailable):
        await pool.parse(MAIL)
    for pid in pids:
        await gone(pid)


async def test_a_caller_who_gives_up_leaves_no_process_in_an_unknown_state(pools: Pools) -> None:
    pool = pools()
    await pool.parse(MAIL)
    [pid] = pool.process_ids
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await pool.parse(SLOW)
    await gone(pid)
    assert isinstance(await pool.parse(MAIL), ParsedMail)


async def test_a_machine_that_starts_no_process_is_not_the_mails_fault(pools: Pools, monkeypatch: pytest.MonkeyPatch) -> None:
    for program in ("/nonexistent", "/bin/true"):
        with monkeypatch.context() as patch:
            patch.setattr(sys, "executable", program)
            with pytest.raises(Unavailable):
                await pools().parse(MAIL)


async def test_the_process_sees_nothing_of_our_environment(pools: Pools, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KONTOR_DATABASE_URL", "postgresql://secret")
    pool = pools()
    await pool.parse(MAIL)
    [pid] = pool.process_ids
    assert b"secret" not in environment_of(pid)
