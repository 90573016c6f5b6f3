"""What only a broker can do to us: die, hang, lose queues, park messages by itself, carry what others put into it."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from kontor_chassis.bus import amqp_dead_letters
from kontor_chassis.bus.amqp_topology import main_queue
from kontor_chassis.bus.drain import drain
from kontor_chassis.bus.port import Bus, Envelope
from kontor_chassis.errors import Unavailable
from tests import backends
from tests.backend_fixtures import owned, required
from tests.backend_servers import Server
from tests.contract.bus_harness import FAST, ONCE, Harness, Recorder, until


@pytest.fixture(scope="module")
def mortal() -> Iterator[tuple[Harness, Server]]:
    """A broker of this file's own, which tests may kill; each must leave it running. It was stopped in order once after the
    queues were declared: RabbitMQ 3.10.8 loses the latest declared quorum queue when it is killed within some seconds."""
    with required("rabbitmq", backends.rabbitmq()) as broker:
        server = owned(broker.server, "KONTOR_TEST_BUS_URL")
        harness = Harness(adapter="rabbitmq", storage=broker.url)
        asyncio.run(declare(harness))
        server.stop()
        server.start()
        yield harness, server


async def declare(harness: Harness) -> None:
    bus = await harness.start(retry=FAST)
    await bus.stop()


@pytest.fixture
async def outage(mortal: tuple[Harness, Server]) -> AsyncIterator[tuple[Harness, Server]]:
    declared, server = mortal
    harness = Harness(adapter="rabbitmq", storage=declared.storage, tag=declared.tag)
    yield harness, server
    await harness.stop()
    async with raw_channel(harness) as channel:
        for name in harness.broker_queues():
            await (await channel.get_queue(name, ensure=False)).purge()


@pytest.fixture
async def alive(rabbitmq: backends.Rabbit) -> AsyncIterator[Harness]:
    harness = Harness(adapter="rabbitmq", storage=rabbitmq.url)
    yield harness
    await harness.close()


@asynccontextmanager
async def raw_channel(harness: Harness) -> AsyncIterator[AbstractChannel]:
    """A channel beside the bus, as somebody else would have it."""
    async with await aio_pika.connect(harness.storage) as connection, connection.channel() as channel:
        yield channel


async def publishes(bus: Bus, events: Sequence[Envelope]) -> bool:
    try:
        await bus.publish(events)
    except Unavailable:
        return False
    return True


async def test_nothing_confirmed_is_lost_when_the_broker_is_killed_while_publishing_and_consuming(
    outage: tuple[Harness, Server],
) -> None:
    harness, server = outage
    bus = await harness.start(retry=FAST)
    events = harness.events(3000)
    confirmed: list[Envelope] = []
    # Every tenth fails at first, so that the way through the retry queues is in use when the broker dies.
    recorder = Recorder(lambda envelope: ValueError("at first") if envelope.attempts == 0 and envelope.sequence % 10 == 0 else None)
    await bus.consume(harness.first, recorder, batch_size=20)
    await bus.consume(harness.second, Recorder())

    async def publish_all() -> None:
        for start in range(0, len(events), 25):
            chunk = events[start : start + 25]
            while not await publishes(bus, chunk):  # noqa: ASYNC110 - as an outbox relay does
                await asyncio.sleep(0.05)
            confirmed.extend(chunk)

    publishing = asyncio.create_task(publish_all())
    for reached in (400, 1600):
        await recorder.until(lambda reached=reached: len(recorder.seen) >= reached)  # type: ignore[misc]
        server.kill()
        await asyncio.to_thread(server.start)
    await publishing
    await drain(bus, timeout=60)

    assert len(confirmed) == 3000
    assert {envelope.id for envelope in recorder.seen} == {event.id for event in events}
    succeeded = {envelope.id for envelope in recorder.seen if recorder.verdict(envelope) is None}
    assert succeeded == {event.id for event in events}
    assert await bus.dead_letters(harness.first) == []


async def test_publishing_to_a_dead_broker_is_unavailable_at_once_and_works_again_after_its_return(
    outage: tuple[Harness, Server],
) -> None:
    harness, server = outage
    bus = await harness.start()
    recorder = Recorder()
    await bus.consume(harness.first, recorder)
    await bus.consume(harness.second, Recorder())
    await bus.publish(harness.events(1))
    await recorder.until_seen(1)

    server.kill()
    async with asyncio.timeout(10):
        for _ in range(5):
            assert not await publishes(bus, harness.events(1))
        assert not bus.ready()
        assert not await bus.idle()
        for question in (bus.queues(), bus.dead_letters(harness.first), bus.replay(harness.first)):
            with pytest.raises(Unavailable):
                await question
        late = harness.bus()
        with pytest.raises(Unavailable):
            await late.start()
    await asyncio.to_thread(server.start)

    async def ready() -> bool:
        return bus.ready()

    await until(ready)
    await late.start()
    event = harness.event()
    await late.publish([event])
    await recorder.until(lambda: event.id in recorder.ids)
    await drain(bus, late)


async def test_a_broker_that_hangs_makes_publishing_unavailable_until_it_answers_again(outage: tuple[Harness, Server]) -> None:
    harness, server = outage
    bus = await harness.start()
    recorder = Recorder()
    await bus.consume(harness.first, recorder)
    await bus.consume(harness.second, Recorder())
    await bus.publish(harness.events(1))
    await recorder.until_seen(1)

    server.freeze()
    try:
        async with asyncio.timeout(10):
            assert not await publishes(bus, harness.events(1))
            assert not bus.ready()
            assert not await publishes(bus, harness.events(1))
    finally:
        server.thaw()

    event = harness.event()
    await until(lambda: publishes(bus, [event]))
    await recorder.until(lambda: event.id in recorder.ids)
    await drain(bus)


async def test_a_bus_can_be_stopped_while_its_broker_is_dead(outage: tuple[Harness, Server]) -> None:
    harness, server = outage
    bus = await harness.start()
    await bus.consume(harness.first, Recorder())
    server.kill()
    try:
        async with asyncio.timeout(15):
            await bus.stop()
    finally:
        await asyncio.to_thread(server.start)
    assert not bus.ready()


async def test_dead_letters_and_waiting_messages_survive_the_brokers_death(outage: tuple[Harness, Server]) -> None:
    harness, server = outage
    bus = await harness.start(retry=ONCE)
    events = harness.events(5)
    await bus.publish(events)
    await bus.consume(harness.first, Recorder(lambda _: ValueError("bad")))
    await bus.consume(harness.second, Recorder())
    await drain(bus)
    server.kill()
    await asyncio.to_thread(server.start)

    async def there() -> bool:
        return bus.ready() and [letter.envelope.id for letter in await bus.dead_letters(harness.first)] == [event.id for event in events]

    await until(there)


async def test_queues_that_somebody_deletes_are_declared_again_and_meanwhile_nothing_is_taken_for_safe(alive: Harness) -> None:
    """A message that the broker can route nowhere is confirmed, too: only `mandatory` tells."""
    bus = await alive.start()
    recorder = Recorder()
    async with raw_channel(alive) as channel:
        for queue in alive.topology.queues:
            await channel.queue_delete(main_queue(queue))
    assert not await publishes(bus, alive.events(1))

    event = alive.event()
    await until(lambda: publishes(bus, [event]))
    await bus.consume(alive.first, recorder)
    await recorder.until(lambda: event.id in recorder.ids)


async def test_a_consumer_whose_queue_is_deleted_declares_it_and_goes_on(alive: Harness) -> None:
    bus = await alive.start()
    recorder = Recorder()
    await bus.consume(alive.first, recorder)
    await bus.publish(alive.events(1))
    await recorder.until_seen(1)
    async with raw_channel(alive) as channel:
        await channel.queue_delete(main_queue(alive.first))

        async def back() -> bool:
            await bus.publish(alive.events(1))
            return len(recorder.seen) > 1

        await until(back)


async def test_a_message_that_kills_its_consumers_is_parked_by_the_broker_and_can_be_replayed(alive: Harness) -> None:
    bus = await alive.start()
    event = alive.event()
    await bus.publish([event])
    deliveries = 0

    async def drop(message: AbstractIncomingMessage) -> None:
        nonlocal deliveries
        deliveries += 1
        await message.nack(requeue=True)

    async with raw_channel(alive) as channel:
        await (await channel.get_queue(main_queue(alive.first), ensure=False)).consume(drop)

        async def parked() -> bool:
            return (await bus.queues())[0].dead == 1

        await until(parked)
    assert deliveries > 20
    [letter] = await bus.dead_letters(alive.first)
    assert letter.envelope == event
    assert letter.error.startswith("parked by the broker")

    recorder = Recorder()
    assert await bus.replay(alive.first) == 1
    await bus.consume(alive.first, recorder)
    await recorder.until_seen(1)
    assert recorder.seen == [event]


async def test_attributes_travel_as_cloudevents_headers(alive: Harness) -> None:
    """Other programs may listen, too: the binding's names are what they know."""
    bus = await alive.start()
    event = alive.event(7)
    await bus.publish([event])
    arrived: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()
    async with raw_channel(alive) as channel:
        await (await channel.get_queue(main_queue(alive.first), ensure=False)).consume(arrived.put)
        message = await arrived.get()

    assert message.content_type == "application/protobuf"
    assert message.body == event.data
    assert message.routing_key == event.type
    headers = {name: value for name, value in message.headers.items() if not name.startswith("x-")}
    assert headers == {
        "cloudEvents_specversion": "1.0",
        "cloudEvents_id": event.id,
        "cloudEvents_type": event.type,
        "cloudEvents_source": "contacts",
        "cloudEvents_subject": "things/7",
        "cloudEvents_time": event.time.isoformat(),
        "cloudEvents_sequence": event.sequence,
        "cloudEvents_accountid": event.account_id,
        "cloudEvents_actoruserid": event.actor_user_id,
        "cloudEvents_traceparent": event.traceparent,
    }


async def test_a_message_that_is_no_event_ends_among_the_dead_letters(alive: Harness) -> None:
    bus = await alive.start(retry=FAST)
    recorder = Recorder(lambda envelope: ValueError("unknown type") if envelope.type == "" else None)
    await bus.consume(alive.first, recorder)
    await bus.consume(alive.second, Recorder())
    strange = aio_pika.Message(b"hello", headers={"cloudEvents_sequence": "seven", "cloudEvents_time": "noon", "cloudEvents_source": 5})
    async with raw_channel(alive) as channel:
        await channel.default_exchange.publish(strange, main_queue(alive.first))
    event = alive.event()
    await bus.publish([event])
    await drain(bus)

    assert event.id in recorder.ids
    [letter] = await bus.dead_letters(alive.first)
    assert (letter.envelope.data, letter.envelope.sequence, letter.envelope.source) == (b"hello", 0, "5")
    assert letter.error == "ValueError: unknown type"


async def test_looking_at_dead_letters_a_hundred_times_parks_and_loses_none(alive: Harness) -> None:
    """Each look counts as a delivery, and quorum queues of RabbitMQ 4 drop a message after twenty of them unless told otherwise."""
    bus = await alive.start(retry=ONCE)
    await bus.publish(alive.events(2))
    await bus.consume(alive.first, Recorder(lambda _: ValueError("bad")))
    await bus.consume(alive.second, Recorder())
    await drain(bus)
    for _ in range(100):
        assert len(await bus.dead_letters(alive.first)) == 2


async def test_dead_letters_in_somebody_elses_hand_are_unavailable_and_not_lost(alive: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kontor_chassis.bus.amqp_dead_letters._PATIENCE_SECONDS", 0.3)
    bus, other = await alive.start(retry=ONCE), await alive.start(retry=ONCE)
    await bus.publish(alive.events(3))
    await bus.consume(alive.first, Recorder(lambda _: ValueError("bad")))
    await bus.consume(alive.second, Recorder())
    await drain(bus)
    async with await aio_pika.connect(alive.storage) as connection, amqp_dead_letters.taking(connection, alive.first):
        for refused in (bus.dead_letters(alive.first), other.replay(alive.first)):
            with pytest.raises(Unavailable):
                await refused
    assert len(await bus.dead_letters(alive.first)) == 3


async def test_two_who_look_and_one_who_replays_at_once_see_each_letter_whole(alive: Harness) -> None:
    bus, other = await alive.start(retry=ONCE), await alive.start(retry=ONCE)
    await bus.publish(alive.events(50))
    await bus.consume(alive.first, Recorder(lambda _: ValueError("bad")))
    await bus.consume(alive.second, Recorder())
    await drain(bus)
    looks = await asyncio.gather(*(one.dead_letters(alive.first) for one in (bus, other, bus, other)))
    assert [len(letters) for letters in looks] == [50] * 4
    counts = await asyncio.gather(bus.replay(alive.first), other.replay(alive.first))
    await drain(bus, other)
    assert sum(counts) >= 50
    assert len(await bus.dead_letters(alive.first)) == 50
