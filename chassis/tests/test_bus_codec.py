"""Envelopes as AMQP messages. The whole way over a broker is in the contract suite; here is what arrives from strangers."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from aio_pika import DeliveryMode, Message
from aio_pika.abc import HeadersType

from kontor_chassis.bus.amqp_codec import dead_letter, decode, encode, failed, parked, replayed
from kontor_chassis.bus.port import Envelope

NOON = datetime(2026, 5, 1, 12, 0, 0, 123456, tzinfo=UTC)
EVENT = Envelope(
    "id-1", "kontor.contacts.person.created.v1", "contacts", "persons/1", "account-1", 2**40, NOON, b"\x08\x01", "user-1", "00-ab-cd-01"
)


def test_an_envelope_survives_the_way_there_and_back() -> None:
    assert decode(encode(EVENT)) == EVENT


def test_empty_extensions_are_left_out_as_cloudevents_wants_it() -> None:
    bare = Envelope(**{**vars(EVENT), "actor_user_id": "", "traceparent": ""})
    assert not {"cloudEvents_actoruserid", "cloudEvents_traceparent"} & set(encode(bare).headers)
    assert decode(encode(bare)) == bare


def test_messages_are_persistent() -> None:
    assert encode(EVENT).delivery_mode == DeliveryMode.PERSISTENT


def test_other_zones_are_kept_as_the_same_moment() -> None:
    there = Envelope(**{**vars(EVENT), "time": NOON.astimezone(timezone(timedelta(hours=2)))})
    assert decode(encode(there)).time == NOON


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"cloudEvents_id": None, "cloudEvents_time": None, "cloudEvents_sequence": None, "kontor_attempts": "many"},
        {"cloudEvents_time": "yesterday", "cloudEvents_sequence": "7", "cloudEvents_subject": b"\xff"},
        {"cloudEvents_time": datetime(2026, 1, 1, tzinfo=UTC), "cloudEvents_source": {"nested": [1]}},
    ],
)
def test_a_strangers_message_is_read_with_what_it_has(headers: HeadersType) -> None:
    envelope = decode(Message(b"body", headers=headers))
    assert envelope.data == b"body"
    assert isinstance(envelope.sequence, int)
    assert envelope.attempts == 0
    assert envelope.time.tzinfo is not None


def test_attempts_are_counted_on_the_message_and_forgotten_by_a_replay() -> None:
    tried = failed(encode(EVENT), attempts=2)
    assert decode(tried) == Envelope(**{**vars(EVENT), "attempts": 2})
    dead = parked(tried, attempts=3, error="ValueError: bad", now=NOON)
    letter = dead_letter(dead)
    assert (letter.envelope.attempts, letter.error, letter.parked_at) == (3, "ValueError: bad", NOON)
    again = replayed(dead)
    assert decode(again) == EVENT
    assert again.headers == encode(EVENT).headers


def test_headers_of_the_broker_do_not_travel_on() -> None:
    message = Message(b"", headers={"x-death": [{"count": 1}], "x-delivery-count": 3, "cloudEvents_id": "1", "theirs": "kept"})
    assert failed(message, attempts=1).headers == {"cloudEvents_id": "1", "theirs": "kept", "kontor_attempts": 1}


def test_a_letter_that_the_broker_parked_says_so() -> None:
    message = Message(b"", headers={"x-death": [{"reason": "delivery_limit", "time": NOON, "queue": "kontor.search"}]})
    letter = dead_letter(message)
    assert letter.error.startswith("parked by the broker")
    assert letter.parked_at == NOON
