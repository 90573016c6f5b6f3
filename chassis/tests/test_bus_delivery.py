"""How a handler's answers, and its silence, are understood."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from kontor_chassis.bus.delivery import Rest, error_text, hand_over
from kontor_chassis.bus.port import Envelope
from kontor_chassis.errors import DeadlineExceeded, Unavailable


def batch(count: int) -> list[Envelope]:
    return [Envelope(str(number), "t", "s", "x/1", "a", 1, datetime.now(UTC), b"") for number in range(count)]


async def test_answers_are_passed_on_as_they_are() -> None:
    bad = ValueError("bad")

    async def handler(_: Sequence[Envelope]) -> Sequence[Exception | None]:
        return (None, bad)

    assert await hand_over(batch(2), handler, queue="q") == [None, bad]


async def test_a_handler_that_raises_is_asked_again_for_each_message_alone() -> None:
    calls = []

    async def handler(messages: Sequence[Envelope]) -> Sequence[Exception | None]:
        calls.append([message.id for message in messages])
        if any(message.id == "1" for message in messages):
            raise ValueError("one of them")
        return [None] * len(messages)

    answers = await hand_over(batch(3), handler, queue="q")
    assert [answer and str(answer) for answer in answers] == [None, "one of them", None]
    assert calls == [["0", "1", "2"], ["0"], ["1"], ["2"]]


async def test_unavailable_raised_for_a_batch_concerns_all_of_it_and_is_not_asked_again() -> None:
    calls = 0

    async def handler(_: Sequence[Envelope]) -> Sequence[Exception | None]:
        nonlocal calls
        calls += 1
        raise Unavailable("database away")

    answers = await hand_over(batch(3), handler, queue="q")
    assert all(isinstance(answer, Unavailable) for answer in answers)
    assert (len(answers), calls) == (3, 1)


async def test_when_the_consumer_becomes_unavailable_between_single_messages_the_rest_is_not_tried() -> None:
    calls = []

    async def handler(messages: Sequence[Envelope]) -> Sequence[Exception | None]:
        calls.append([message.id for message in messages])
        if len(messages) > 1:
            raise ValueError("batch")
        if messages[0].id == "1":
            raise Unavailable("gone now")
        return [None]

    answers = await hand_over(batch(4), handler, queue="q")
    assert answers[0] is None
    assert all(isinstance(answer, Unavailable) for answer in answers[1:])
    assert calls == [["0", "1", "2", "3"], ["0"], ["1"]]


async def test_other_errors_of_the_tree_are_failures_of_the_message() -> None:
    async def handler(_: Sequence[Envelope]) -> Sequence[Exception | None]:
        raise DeadlineExceeded("too slow")

    [answer] = await hand_over(batch(1), handler, queue="q")
    assert isinstance(answer, DeadlineExceeded)


async def test_cancelling_a_handler_is_not_an_answer() -> None:
    begun = asyncio.Event()

    async def handler(_: Sequence[Envelope]) -> Sequence[Exception | None]:
        begun.set()
        await asyncio.Event().wait()
        return []

    task = asyncio.create_task(hand_over(batch(1), handler, queue="q"))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_handler_whose_own_call_is_cancelled_has_failed() -> None:
    """The library behind it may cancel what it waits for; the consumer must not end silently because of that."""

    async def handler(_: Sequence[Envelope]) -> Sequence[Exception | None]:
        gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        gone.cancel()
        await gone
        return [None]

    [answer] = await hand_over(batch(1), handler, queue="q")
    assert isinstance(answer, RuntimeError)


async def test_a_rest_ends_at_once_when_the_bus_stops_and_success_needs_none() -> None:
    stopping = asyncio.Event()
    rest = Rest("q")
    await rest.after([None, ValueError("failed, but not unavailable")], stopping=stopping)
    stopping.set()
    async with asyncio.timeout(1):
        for _ in range(100):
            await rest.after([Unavailable("away")], stopping=stopping)


def test_an_error_text_names_the_class_and_is_short_and_printable() -> None:
    assert error_text(ValueError("no such thing")) == "ValueError: no such thing"
    assert error_text(KeyError("\ud800")) == "KeyError: '\\ud800'"
    assert error_text(ValueError("\ud800")) == "ValueError: ?"
    assert len(error_text(ValueError("x" * 10_000))) == 1000
