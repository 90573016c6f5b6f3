"""The bus port's contract about what goes wrong: tries, pauses, dead letters, replay. Runs on both adapters."""

import asyncio
from collections.abc import Sequence

from kontor_chassis.bus.drain import drain
from kontor_chassis.bus.port import Envelope, QueueState
from kontor_chassis.errors import Unavailable
from tests.contract.bus_harness import FAST, NEVER_AGAIN, ONCE, Harness, Recorder, fails, until


async def test_a_failing_message_is_tried_max_attempts_times_and_parked_while_the_others_go_on(harness: Harness) -> None:
    bus = await harness.start(retry=FAST)
    events = harness.events(20)
    poison = events[3].id
    recorder = Recorder(fails(poison))
    await bus.consume(harness.first, recorder, batch_size=5)
    await bus.consume(harness.second, Recorder())

    await bus.publish(events)
    await drain(bus)

    assert [envelope.attempts for envelope in recorder.seen if envelope.id == poison] == [0, 1, 2]
    assert [id for id in recorder.ids if id != poison] == [event.id for event in events if event.id != poison]
    [letter] = await bus.dead_letters(harness.first)
    assert letter.envelope == Envelope(**{**vars(events[3]), "attempts": 3})
    assert letter.error == "ValueError: cannot be done"
    assert letter.parked_at > events[3].time
    assert await bus.dead_letters(harness.second) == []


async def test_a_message_waiting_for_its_next_try_delays_nobody(harness: Harness) -> None:
    bus = await harness.start(retry=NEVER_AGAIN)
    events = harness.events(10)
    recorder = Recorder(fails(events[0].id))
    await bus.consume(harness.first, recorder, batch_size=1)
    await bus.consume(harness.second, Recorder())

    await bus.publish(events)
    await recorder.until_seen(10)

    async def settled() -> bool:
        states = await bus.queues()
        return states == [QueueState(harness.first, ready=0, waiting=1, dead=0), QueueState(harness.second, ready=0, waiting=0, dead=0)]

    await until(settled)
    assert recorder.ids == [event.id for event in events]


async def test_a_message_that_succeeds_at_a_later_try_is_done(harness: Harness) -> None:
    bus = await harness.start(retry=FAST)
    recorder = Recorder(lambda envelope: RuntimeError("not yet") if envelope.attempts < 2 else None)
    await bus.consume(harness.first, recorder)
    await bus.consume(harness.second, Recorder())
    await bus.publish([harness.event()])
    await drain(bus)

    assert [envelope.attempts for envelope in recorder.seen] == [0, 1, 2]
    assert await bus.queues() == [QueueState(harness.first, 0, 0, 0), QueueState(harness.second, 0, 0, 0)]


async def test_a_handler_that_raises_fails_only_the_message_it_raises_for(harness: Harness) -> None:
    bus = await harness.start(retry=ONCE)
    events = harness.events(6)
    handled: list[str] = []

    async def handler(batch: Sequence[Envelope]) -> list[Exception | None]:
        for envelope in batch:
            if envelope.id == events[2].id:
                raise KeyError("poison")
        handled.extend(envelope.id for envelope in batch)
        return [None] * len(batch)

    await bus.publish(events)
    await bus.consume(harness.first, handler)
    await bus.consume(harness.second, Recorder())
    await drain(bus)

    assert handled == [event.id for event in events if event is not events[2]]
    [letter] = await bus.dead_letters(harness.first)
    assert (letter.envelope.id, letter.error) == (events[2].id, "KeyError: 'poison'")


async def test_a_handler_with_the_wrong_number_of_answers_has_failed(harness: Harness) -> None:
    bus = await harness.start(retry=ONCE)

    async def handler(_: Sequence[Envelope]) -> list[Exception | None]:
        return []

    await bus.publish(harness.events(2))
    await bus.consume(harness.first, handler)
    await bus.consume(harness.second, Recorder())
    await drain(bus)

    letters = await bus.dead_letters(harness.first)
    assert [letter.error for letter in letters] == [f"TypeError: the handler of {harness.first} gave 0 answers for 1 messages"] * 2


async def test_an_error_text_that_utf8_cannot_carry_is_parked_all_the_same(harness: Harness) -> None:
    bus = await harness.start(retry=ONCE)
    event = harness.event()
    await bus.publish([event])
    await bus.consume(harness.first, Recorder(fails(event.id, error=lambda: ValueError("\udcff" + "x" * 5000))))
    await bus.consume(harness.second, Recorder())
    await drain(bus)

    [letter] = await bus.dead_letters(harness.first)
    assert letter.error.startswith("ValueError: ?xxx")
    assert len(letter.error) == 1000


async def test_unavailable_counts_no_attempt_and_keeps_the_order(harness: Harness) -> None:
    """A consumer's database is away: the queue rests, nothing is parked although only one try is allowed."""
    bus = await harness.start(retry=ONCE)
    events = harness.events(6)
    refusals = 0
    handled: list[Envelope] = []

    async def handler(batch: Sequence[Envelope]) -> list[Exception | None]:
        nonlocal refusals
        if refusals < 2:
            refusals += 1
            raise Unavailable("the database is away")
        handled.extend(batch)
        return [None] * len(batch)

    await bus.publish(events)
    await bus.consume(harness.first, handler, batch_size=4)
    await bus.consume(harness.second, Recorder())
    await drain(bus)

    assert handled == events
    assert await bus.dead_letters(harness.first) == []


async def test_unavailable_for_some_messages_settles_the_others(harness: Harness) -> None:
    bus = await harness.start(retry=ONCE)
    events = harness.events(4)
    refused = {events[1].id}
    poison = events[2].id

    def verdict(envelope: Envelope) -> Exception | None:
        if envelope.id in refused:
            refused.discard(envelope.id)
            return Unavailable("its peer is away")
        return ValueError("bad") if envelope.id == poison else None

    recorder = Recorder(verdict)
    await bus.publish(events)
    await bus.consume(harness.first, recorder, batch_size=4)
    await bus.consume(harness.second, Recorder())
    await drain(bus)

    assert sorted(recorder.ids) == sorted([event.id for event in events] + [events[1].id])
    assert [letter.envelope.id for letter in await bus.dead_letters(harness.first)] == [poison]


async def test_stopping_does_not_wait_for_a_resting_queue(harness: Harness) -> None:
    bus = await harness.start()
    event = harness.event()
    stubborn = Recorder(lambda _: Unavailable("still away"))
    await bus.publish([event])
    await bus.consume(harness.first, stubborn)
    await stubborn.until_seen(1)
    await bus.stop()

    again = await harness.start()
    recorder = Recorder()
    await again.consume(harness.first, recorder)
    await recorder.until_seen(1)
    assert recorder.seen == [event]


async def test_dead_letters_survive_a_restart_and_looking_changes_nothing(harness: Harness) -> None:
    before = await harness.start(retry=ONCE)
    events = harness.events(30)
    await before.publish(events)
    await before.consume(harness.first, Recorder(lambda _: ValueError("bad")))
    await before.consume(harness.second, Recorder())
    await drain(before)
    await before.stop()

    bus = await harness.start(retry=ONCE)
    for _ in range(3):
        assert [letter.envelope.id for letter in await bus.dead_letters(harness.first)] == [event.id for event in events]
        assert [letter.envelope.id for letter in await bus.dead_letters(harness.first, limit=5)] == [event.id for event in events[:5]]
    looks = await asyncio.gather(*(bus.dead_letters(harness.first) for _ in range(3)))
    assert looks[0] == looks[1] == looks[2]
    assert (await bus.queues())[0] == QueueState(harness.first, ready=0, waiting=0, dead=30)


async def test_replay_brings_dead_letters_back_in_order_with_no_attempts_counted(harness: Harness) -> None:
    bus = await harness.start(retry=FAST)
    events = harness.events(450)
    broken = True
    recorder = Recorder(lambda _: ValueError("bad") if broken else None)
    await bus.publish(events)
    await bus.consume(harness.first, recorder)
    await bus.consume(harness.second, Recorder())
    await drain(bus)
    parked = [letter.envelope.id for letter in await bus.dead_letters(harness.first, limit=1000)]
    recorder.batches.clear()
    broken = False

    assert await bus.replay(harness.first) == 450
    await drain(bus)

    assert recorder.ids == parked
    assert {envelope.attempts for envelope in recorder.seen} == {0}
    assert await bus.dead_letters(harness.first) == []
    assert await bus.replay(harness.first) == 0


async def test_a_replayed_message_that_still_fails_is_parked_again(harness: Harness) -> None:
    bus = await harness.start(retry=FAST)
    event = harness.event()
    recorder = Recorder(fails(event.id))
    await bus.publish([event])
    await bus.consume(harness.first, recorder)
    await bus.consume(harness.second, Recorder())
    await drain(bus)
    assert await bus.replay(harness.first) == 1
    await drain(bus)

    assert [envelope.attempts for envelope in recorder.seen] == [0, 1, 2] * 2
    [letter] = await bus.dead_letters(harness.first)
    assert letter.envelope.attempts == 3


async def test_stop_counts_a_running_handlers_failure(harness: Harness) -> None:
    bus = await harness.start(retry=ONCE)
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def handler(batch: Sequence[Envelope]) -> list[Exception | None]:
        begun.set()
        await may_end.wait()
        return [ValueError("bad")] * len(batch)

    await bus.publish([harness.event()])
    await bus.consume(harness.first, handler)
    await begun.wait()
    stopping = asyncio.create_task(bus.stop())
    await asyncio.sleep(0)
    may_end.set()
    await stopping

    again = await harness.start()
    assert [state.dead for state in await again.queues()] == [1, 0]
