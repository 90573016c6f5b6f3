"""Calls are given up when nothing at all is heard of their service, and only then."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from kontor_chassis.rpc.silence import SilenceWatch


class Call:
    def __init__(self) -> None:
        self.cancelled = asyncio.Event()

    def cancel(self) -> bool:
        self.cancelled.set()
        return True


def answering(*answers: bool) -> tuple[Callable[[], Awaitable[bool]], asyncio.Queue[bool]]:
    """Answers these, one after the other, then that nobody lives; the queue tells of every question."""
    left, asked = list(answers), asyncio.Queue[bool]()

    async def alive() -> bool:
        answer = left.pop(0) if left else False
        asked.put_nowait(answer)
        return answer

    return alive, asked


async def test_a_call_to_a_silent_service_is_given_up_and_told_so() -> None:
    alive, _ = answering()
    watch, call = SilenceWatch(alive, patience=0.0), Call()
    watch.begin(call)
    await call.cancelled.wait()
    assert not watch.end(call)


async def test_a_call_may_take_long_while_its_service_answers() -> None:
    alive, asked = answering(True, True, True)
    watch, call = SilenceWatch(alive, patience=0.0), Call()
    watch.begin(call)
    assert [await asked.get() for _ in range(3)] == [True] * 3
    assert not call.cancelled.is_set()
    # And when it falls silent later, the same call is given up.
    await call.cancelled.wait()


async def test_calls_that_are_over_cost_no_question() -> None:
    alive, asked = answering()
    watch, call, other = SilenceWatch(alive, patience=0.0), Call(), Call()
    watch.begin(call)
    assert watch.end(call)
    for _ in range(5):
        await asyncio.sleep(0)
    assert asked.empty()
    # The watch still works for the next one.
    watch.begin(other)
    await other.cancelled.wait()
    assert not call.cancelled.is_set()


async def test_a_call_that_began_during_the_question_is_asked_about_by_itself() -> None:
    questions: asyncio.Queue[asyncio.Future[bool]] = asyncio.Queue()

    async def alive() -> bool:
        answer = asyncio.get_running_loop().create_future()
        questions.put_nowait(answer)
        return bool(await answer)

    watch, first, second = SilenceWatch(alive, patience=0.0), Call(), Call()
    watch.begin(first)
    question = await questions.get()
    watch.begin(second)
    question.set_result(False)
    await first.cancelled.wait()
    (await questions.get()).set_result(True)
    await asyncio.sleep(0)
    assert not second.cancelled.is_set()
    assert watch.end(second)
    watch.close()


@pytest.mark.parametrize("asked_already", [False, True])
async def test_a_watch_that_is_closed_asks_no_more(asked_already: bool) -> None:
    alive, asked = answering(True, True, True, True)
    watch, call = SilenceWatch(alive, patience=0.0), Call()
    watch.begin(call)
    if asked_already:
        await asked.get()
    watch.close()
    for _ in range(5):
        await asyncio.sleep(0)
    assert not call.cancelled.is_set()
