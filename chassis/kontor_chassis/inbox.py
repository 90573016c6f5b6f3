"""Consuming facts: each event's effect happens once, because its inbox row is written in the effect's own transaction.

A batch is one transaction. Where one of its events fails, the batch is rolled back and its events are tried one by one, so
that a bad one delays nobody; the bus tries that one again and parks it in the end.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
import structlog
from google.protobuf.message import Message
from opentelemetry.trace import SpanKind

from kontor_chassis.bus.port import BatchHandler, Envelope
from kontor_chassis.db.plumbing import INBOX
from kontor_chassis.db.sessions import Sessions, WriteSession
from kontor_chassis.errors import Unavailable
from kontor_chassis.events import Event, event_type
from kontor_chassis.principal import EVERY_ACCOUNT, Principal
from kontor_chassis.telemetry import span

log = structlog.get_logger()

EventHandler = Callable[[Event[Any], WriteSession], None]


def open_envelope(envelope: Envelope, body: type[Message]) -> Event[Any]:
    """The event in an envelope. Raises google.protobuf.message.DecodeError where the bytes are not such a message."""
    return Event(
        id=envelope.id,
        type=envelope.type,
        source=envelope.source,
        subject=envelope.subject,
        account_id=envelope.account_id,
        sequence=envelope.sequence,
        time=envelope.time,
        actor_user_id=envelope.actor_user_id,
        body=body.FromString(envelope.data),
    )


@dataclass(frozen=True)
class _Route:
    body: type[Message]
    handle: EventHandler


def transactional(sessions: Sessions, service: str, handlers: Mapping[type[Message], EventHandler]) -> BatchHandler:
    """A bus handler that runs `handlers` (one per event message) in write sessions, with an inbox."""
    routes = {event_type(body): _Route(body, handle) for body, handle in handlers.items()}

    def apply(envelopes: Sequence[Envelope]) -> None:
        with sessions.write_many(means="event") as enter:
            for envelope in _new_ones(enter, envelopes, service):
                if envelope.account_id in ("", EVERY_ACCOUNT) or not envelope.id:
                    raise ValueError(f"event {envelope.id!r} names no account")
                route = routes.get(envelope.type)
                if route is None:
                    # Bound by a newer release whose consumer will know it: kept and tried again, never swallowed.
                    raise LookupError(f"{service} does not know events of type {envelope.type}")
                principal = Principal(account_id=envelope.account_id, user_id=envelope.actor_user_id, service=service)
                with span(f"consume {envelope.type}", kind=SpanKind.CONSUMER, traceparent=envelope.traceparent):
                    route.handle(open_envelope(envelope, route.body), enter(principal))

    async def handle(envelopes: Sequence[Envelope]) -> Sequence[Exception | None]:
        try:
            await sessions.database.write(apply, envelopes)
        except Unavailable as error:
            # The database is away for all of them alike.
            return [error] * len(envelopes)
        except Exception as error:  # any failure is the bus's to count and to park
            if len(envelopes) == 1:
                log.warning("event_failed", service=service, event_id=envelopes[0].id, type=envelopes[0].type, error=repr(error))
                return [error]
            return [await _alone(envelope) for envelope in envelopes]
        return [None] * len(envelopes)

    async def _alone(envelope: Envelope) -> Exception | None:
        return (await handle([envelope]))[0]

    return handle


def _new_ones(enter: Callable[[Principal], WriteSession], envelopes: Sequence[Envelope], service: str) -> list[Envelope]:
    """Those that were not consumed before, marked as consumed. The same event twice in a batch counts once."""
    session = enter(Principal(account_id="*", service=service))
    unique = {envelope.id: envelope for envelope in envelopes}
    seen = set(session.execute(sa.select(INBOX.c.event_id).where(INBOX.c.event_id.in_(unique))).scalars())
    new = [envelope for event_id, envelope in unique.items() if event_id not in seen]
    if new:
        rows = [{"event_id": item.id, "account_id": item.account_id, "receive_time": session.now} for item in new]
        session.execute(sa.insert(INBOX), rows)
    return new
