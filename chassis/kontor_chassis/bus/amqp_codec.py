"""Envelope ↔ AMQP message, in the binary mode of the CloudEvents AMQP binding 1.0.2 (section 3.1).

The body is the event's data; every attribute is a header `cloudEvents_<name>`. The binding's newer text prefers `_` to the
older `:` after the prefix, and readers accept both. Headers of AMQP 0.9.1 are what an AMQP 1.0 client of the same broker sees
as application properties. Extension attributes are lower-case letters only (CloudEvents 1.0.2, section 3.1): `accountid`,
`actoruserid`; `sequence` and `traceparent` are registered extensions. Our own bookkeeping is in headers `kontor_<name>`.

Reading is lenient: a message that somebody else put into a queue is handed on with what it has. Its handler refuses it, so it
ends among the dead letters, where it can be seen.
"""

from datetime import UTC, datetime

from aio_pika import DeliveryMode, Message
from aio_pika.abc import AbstractMessage, HeadersType
from pamqp.common import FieldValue

from kontor_chassis.bus.port import DeadLetter, Envelope

CONTENT_TYPE = "application/protobuf"
_ATTRIBUTE = "cloudEvents_"
_ATTEMPTS = "kontor_attempts"
_ERROR = "kontor_error"
_PARKED_AT = "kontor_parked_at"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def encode(envelope: Envelope) -> Message:
    """A persistent message without attempts. Its message id stays free: the client library fills it anew for each publish and
    finds returned messages by it, which an event id published twice would confuse."""
    attributes: dict[str, FieldValue] = {
        "specversion": "1.0",
        "id": envelope.id,
        "type": envelope.type,
        "source": envelope.source,
        "subject": envelope.subject,
        "time": envelope.time.isoformat(),
        "sequence": envelope.sequence,
        "accountid": envelope.account_id,
    }
    if envelope.actor_user_id:
        attributes["actoruserid"] = envelope.actor_user_id
    if envelope.traceparent:
        attributes["traceparent"] = envelope.traceparent
    return _message(envelope.data, {f"{_ATTRIBUTE}{name}": value for name, value in attributes.items()})


def decode(message: AbstractMessage) -> Envelope:
    headers = message.headers

    def text(name: str) -> str:
        value = headers.get(f"{_ATTRIBUTE}{name}", "")
        return value if isinstance(value, str) else str(value)

    return Envelope(
        id=text("id"),
        type=text("type"),
        source=text("source"),
        subject=text("subject"),
        account_id=text("accountid"),
        sequence=_number(headers.get(f"{_ATTRIBUTE}sequence")),
        time=_moment(headers.get(f"{_ATTRIBUTE}time")),
        data=message.body,
        actor_user_id=text("actoruserid"),
        traceparent=text("traceparent"),
        attempts=_number(headers.get(_ATTEMPTS)),
    )


def failed(message: AbstractMessage, *, attempts: int) -> Message:
    """The same message for a further try."""
    return _message(message.body, {**_kept(message), _ATTEMPTS: attempts})


def parked(message: AbstractMessage, *, attempts: int, error: str, now: datetime) -> Message:
    """The same message for the dead letters."""
    return _message(message.body, {**_kept(message), _ATTEMPTS: attempts, _ERROR: error, _PARKED_AT: now.isoformat()})


def replayed(message: AbstractMessage) -> Message:
    """The same message as if it had never been tried."""
    return _message(message.body, _kept(message))


def dead_letter(message: AbstractMessage) -> DeadLetter:
    """A message of the dead letters; where the broker parked it itself, because of the delivery limit, only it knows when."""
    error = message.headers.get(_ERROR)
    if isinstance(error, str):
        return DeadLetter(envelope=decode(message), error=error, parked_at=_moment(message.headers.get(_PARKED_AT)))
    deaths = message.headers.get("x-death")
    death = deaths[0] if isinstance(deaths, list) and deaths else None
    return DeadLetter(
        envelope=decode(message),
        error="parked by the broker: its consumer died or lost its connection too often while it had this message in hand",
        parked_at=_moment(death.get("time") if isinstance(death, dict) else None),
    )


def _message(body: bytes, headers: HeadersType) -> Message:
    return Message(body, headers=headers, content_type=CONTENT_TYPE, delivery_mode=DeliveryMode.PERSISTENT)


def _kept(message: AbstractMessage) -> dict[str, FieldValue]:
    """The headers that belong to the event, without the broker's and without our bookkeeping."""
    return {name: value for name, value in message.headers.items() if not name.startswith(("x-", "kontor_"))}


def _number(value: FieldValue) -> int:
    return value if isinstance(value, int) else 0


def _moment(value: FieldValue) -> datetime:
    if isinstance(value, datetime):
        return value
    try:
        return datetime.fromisoformat(str(value))
    except ValueError:
        return _EPOCH
