"""The bus port's contract; every test runs on the local bus and on RabbitMQ."""

import asyncio
import json
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from kontor_chassis.bus.drain import drain
from kontor_chassis.bus.port import Envelope, QueueState
from kontor_chassis.errors import FailedPrecondition, NotFound, Unavailable
from tests.contract.bus_harness import ONCE, Harness, Recorder


async def test_an_event_arrives_whole_in_every_queue_that_wants_its_type(harness: Harness) -> None:
    bus = await harness.start()
    first, second = Recorder(), Recorder()
    await bus.consume(harness.first, first)
    await bus.consume(harness.second, second)
    both, only_second = harness.event(data=bytes(range(256))), harness.event(event_type=harness.deleted, data=b"")

    await bus.publish([both, only_second])
    await drain(bus)

    assert first.seen == [both]
    assert second.seen == [both, only_second]


async def test_large_data_and_names_beyond_ascii_arrive_unchanged(harness: Harness) -> None:
    bus = await harness.start()
    recorder = Recorder()
    await bus.consume(harness.first, recorder)
    await bus.consume(harness.second, Recorder())
    event = harness.event(data=b"\x00" * 1_000_000)
    event = Envelope(**{**vars(event), "subject": "things/Größe-✓", "actor_user_id": "", "traceparent": ""})

    await bus.publish([event])
    await drain(bus)

    assert recorder.seen == [event]


async def test_a_type_that_nobody_wants_is_passed_over_and_its_neighbours_arrive(harness: Harness) -> None:
    bus = await harness.start()
    recorder = Recorder()
    await bus.consume(harness.first, recorder)
    wanted = harness.event()

    await bus.publish([harness.event(event_type="kontor.nobody.thing.made.v1"), wanted])
    await bus.publish([harness.event(event_type="kontor.nobody.thing.made.v1")])
    await bus.publish([])
    await recorder.until_seen(1)

    assert recorder.seen == [wanted]


async def test_order_is_kept_over_calls_and_batches(harness: Harness) -> None:
    bus = await harness.start()
    events = harness.events(700)
    for start in range(0, 700, 70):
        await bus.publish(events[start : start + 70])
    recorder = Recorder()
    await bus.consume(harness.first, recorder, batch_size=33)
    await bus.consume(harness.second, Recorder())
    await drain(bus)

    assert recorder.ids == [event.id for event in events]


async def test_batches_keep_to_their_size_and_never_overlap(harness: Harness) -> None:
    bus = await harness.start()
    running = 0
    most_running = 0
    sizes = []

    async def handler(batch: Sequence[Envelope]) -> list[Exception | None]:
        nonlocal running, most_running
        running += 1
        most_running = max(most_running, running)
        sizes.append(len(batch))
        await asyncio.sleep(0)
        running -= 1
        return [None] * len(batch)

    await bus.publish(harness.events(50))
    await bus.consume(harness.first, handler, batch_size=7)
    await bus.consume(harness.second, Recorder())
    await drain(bus)

    assert max(sizes) <= 7
    assert sum(sizes) == 50
    assert most_running == 1


async def test_events_wait_for_their_consumer_over_a_restart_and_come_once(harness: Harness) -> None:
    before = await harness.start()
    events = harness.events(3)
    await before.publish(events)
    await before.stop()

    bus = await harness.start()
    first, again = Recorder(), Recorder()
    await bus.consume(harness.first, first)
    await bus.consume(harness.second, Recorder())
    await drain(bus)
    await bus.stop()
    await bus.start()
    await bus.consume(harness.first, again)
    await drain(bus)

    assert first.seen == events
    assert again.seen == []


async def test_publishing_the_same_events_again_is_harmless(harness: Harness) -> None:
    """The relay may die between publish and its mark: consumers then see an event twice at most, and never another one."""
    bus = await harness.start()
    events = harness.events(10)
    recorder = Recorder()
    await bus.publish(events)
    await bus.publish([*events, events[0]])
    await bus.consume(harness.first, recorder)
    await bus.consume(harness.second, Recorder())
    await drain(bus)

    assert list(dict.fromkeys(recorder.ids)) == [event.id for event in events]


async def test_many_publishers_at_once_lose_nothing(harness: Harness) -> None:
    bus = await harness.start()
    recorder = Recorder()
    await bus.consume(harness.first, recorder)
    await bus.consume(harness.second, Recorder())
    groups = [harness.events(20) for _ in range(30)]
    await asyncio.gather(*(bus.publish(group) for group in groups))
    await drain(bus)

    assert sorted(recorder.ids) == sorted(event.id for group in groups for event in group)
    for group in groups:
        members = {event.id for event in group}
        assert [id for id in recorder.ids if id in members] == [event.id for event in group]


async def test_five_thousand_messages_are_drained(harness: Harness) -> None:
    bus = await harness.start()
    recorder = Recorder()
    events = harness.events(5000)
    await bus.publish(events)
    await bus.consume(harness.first, recorder)
    await bus.consume(harness.second, Recorder())
    await drain(bus, timeout=60)

    assert recorder.ids == [event.id for event in events]
    assert await bus.queues() == [QueueState(harness.first, 0, 0, 0), QueueState(harness.second, 0, 0, 0)]


async def test_stop_lets_a_running_handler_finish_and_settles_its_batch(harness: Harness) -> None:
    bus = await harness.start()
    begun, may_end = asyncio.Event(), asyncio.Event()
    handled: list[Envelope] = []

    async def handler(batch: Sequence[Envelope]) -> list[Exception | None]:
        begun.set()
        await may_end.wait()
        handled.extend(batch)
        return [None] * len(batch)

    events = harness.events(3)
    await bus.publish(events)
    await bus.consume(harness.first, handler, batch_size=1)
    await begun.wait()
    stopping = asyncio.create_task(bus.stop())
    await asyncio.sleep(0)
    assert handled == []
    may_end.set()
    await stopping
    assert handled == events[:1]

    again = await harness.start()
    recorder = Recorder()
    await again.consume(harness.first, recorder)
    await again.consume(harness.second, Recorder())
    await drain(again)
    assert recorder.seen == events[1:]


async def test_what_a_consumer_had_in_hand_when_it_was_killed_comes_again(harness: Harness, tmp_path: Path) -> None:
    """The effect happened, the acknowledgement did not: this is why consumers keep an inbox."""
    bus = await harness.start()
    events = harness.events(2)
    await bus.publish(events)
    effects = tmp_path / "effects"
    process = await _process(harness, "consume", harness.first, str(effects))
    assert await process.wait() == -signal.SIGKILL
    assert effects.read_text() == events[0].id

    recorder = Recorder()
    await bus.consume(harness.first, recorder)
    await bus.consume(harness.second, Recorder())
    await drain(bus)
    assert recorder.seen == events


async def test_what_was_published_survives_the_death_of_its_publisher(harness: Harness) -> None:
    events = harness.events(3)
    process = await _process(harness, "publish")
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("".join(f"{event.id} {event.type}\n" for event in events).encode())
    process.stdin.write_eof()
    assert await process.stdout.readline() == b"published\n"
    process.kill()
    await process.wait()

    bus = await harness.start()
    recorder = Recorder()
    await bus.consume(harness.first, recorder)
    await recorder.until_seen(3)
    assert recorder.ids == [event.id for event in events]


async def _process(harness: Harness, task: str, *arguments: str) -> asyncio.subprocess.Process:
    topology = json.dumps({name: sorted(types) for name, types in harness.topology.queues.items()})
    return await asyncio.create_subprocess_exec(
        sys.executable,
        str(Path(__file__).parent / "bus_process.py"),
        harness.adapter,
        harness.storage,
        topology,
        task,
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )


async def test_another_process_can_publish_look_and_replay_while_this_one_consumes(harness: Harness) -> None:
    bus, other = await harness.start(retry=ONCE), await harness.start(retry=ONCE)
    event = harness.event()
    broken = True
    recorder = Recorder(lambda _: ValueError("bad") if broken else None)
    await bus.consume(harness.first, recorder)
    await bus.consume(harness.second, Recorder())

    await other.publish([event])
    await recorder.until_seen(1)
    await drain(bus, other)
    assert [letter.envelope.id for letter in await other.dead_letters(harness.first)] == [event.id]
    broken = False
    assert await other.replay(harness.first) == 1
    await recorder.until_seen(2)
    await drain(bus, other)
    assert recorder.ids == [event.id, event.id]


async def test_a_second_consumer_of_a_queue_gets_nothing_until_the_first_is_gone(harness: Harness) -> None:
    bus, other = await harness.start(), await harness.start()
    first, standby = Recorder(), Recorder()
    await bus.consume(harness.first, first)
    await bus.publish(harness.events(1))
    await first.until_seen(1)
    try:
        await other.consume(harness.first, standby)
        refused = False
    except FailedPrecondition:
        refused = True
    await bus.publish(harness.events(5))
    await first.until_seen(6)
    assert standby.seen == []

    await bus.stop()
    if refused:
        await other.consume(harness.first, standby)
    await other.publish(harness.events(1))
    await standby.until_seen(1)
    assert len(first.seen) == 6


async def test_a_queue_has_one_consumer_per_bus(harness: Harness) -> None:
    bus = await harness.start()
    await bus.consume(harness.first, Recorder())
    with pytest.raises(FailedPrecondition):
        await bus.consume(harness.first, Recorder())


async def test_queues_outside_the_topology_are_not_found(harness: Harness) -> None:
    bus = await harness.start()
    with pytest.raises(NotFound):
        await bus.consume("nowhere", Recorder())
    with pytest.raises(NotFound):
        await bus.dead_letters("nowhere")
    with pytest.raises(NotFound):
        await bus.replay("nowhere")


async def test_queues_tells_what_waits_where(harness: Harness) -> None:
    bus = await harness.start()
    await bus.publish([harness.event(), harness.event(event_type=harness.deleted)])
    assert await bus.queues() == [QueueState(harness.first, 1, 0, 0), QueueState(harness.second, 2, 0, 0)]


async def test_a_bus_is_ready_from_start_to_stop_and_refuses_to_publish_outside_of_it(harness: Harness) -> None:
    bus = harness.bus()
    assert not bus.ready()
    with pytest.raises(Unavailable):
        await bus.publish([harness.event()])
    await bus.start()
    assert bus.ready()
    await bus.stop()
    assert not bus.ready()
    with pytest.raises(Unavailable):
        await bus.publish([harness.event()])
    with pytest.raises(Unavailable):
        await bus.queues()


async def test_a_bus_with_work_is_not_idle_and_drain_gives_up_in_time(harness: Harness) -> None:
    bus = await harness.start()
    assert await bus.idle()
    await bus.publish([harness.event()])
    assert not await bus.idle()
    with pytest.raises(TimeoutError):
        await drain(bus, timeout=0.2)


async def test_drain_waits_for_what_handlers_publish_in_turn(harness: Harness) -> None:
    """The flow tests rest on it: a chain of events over two queues and two buses is drained as one."""
    bus, other = await harness.start(), await harness.start()
    second = Recorder()

    async def first(batch: Sequence[Envelope]) -> list[Exception | None]:
        for envelope in batch:
            number = int(envelope.subject.removeprefix("things/"))
            if number < 10:
                await other.publish([harness.event(number + 1)])
            else:
                await other.publish([harness.event(event_type=harness.deleted)])
        return [None] * len(batch)

    await bus.consume(harness.first, first)
    if harness.adapter == "local":
        await bus.consume(harness.second, second)
    else:
        await other.consume(harness.second, second)
    await bus.publish([harness.event(0)])
    await drain(bus, other)

    assert [envelope.type for envelope in second.seen] == [harness.created] * 11 + [harness.deleted]
