"""Consumers: each effect once, a bad event delays nobody."""

import asyncio
from datetime import UTC, datetime

import sqlalchemy as sa

from kontor.contacts.events.v1 import events_pb2 as facts
from kontor_chassis.bus.port import Envelope
from kontor_chassis.db.database import Database
from kontor_chassis.db.plumbing import AUDIT, INBOX
from kontor_chassis.db.sessions import Sessions, WriteSession
from kontor_chassis.events import Event, event_type
from kontor_chassis.housekeeping import INBOX_KEPT, prune
from kontor_chassis.inbox import transactional


def envelope(number: int, *, data: bytes | None = None, account: str = "a") -> Envelope:
    body = facts.PersonDeleted(id=str(number))
    return Envelope(
        id=f"event-{number}",
        type=event_type(type(body)),
        source="contacts",
        subject=f"persons/{number}",
        account_id=account,
        sequence=1,
        time=datetime(2026, 3, 2, tzinfo=UTC),
        data=body.SerializeToString() if data is None else data,
    )


def audited(database: Database) -> list[tuple[str, str]]:
    with database.reading("*") as connection:
        return [(row.account_id, row.subject) for row in connection.execute(sa.select(AUDIT).order_by(AUDIT.c.id))]


def note(event: Event[facts.PersonDeleted], session: WriteSession) -> None:
    if event.body.id == "13":
        raise RuntimeError("poison")
    session.audit(event.subject, "seen")


async def test_an_event_that_comes_again_has_no_second_effect(database: Database, sessions: Sessions) -> None:
    handle = transactional(sessions, "tasks", {facts.PersonDeleted: note})
    batch = [envelope(1), envelope(2), envelope(1)]
    assert await handle(batch) == [None, None, None]
    assert await handle(batch) == [None, None, None]
    assert audited(database) == [("a", "persons/1"), ("a", "persons/2")]


async def test_the_same_event_at_two_consumers_at_once_has_one_effect(database: Database, sessions: Sessions) -> None:
    handle = transactional(sessions, "tasks", {facts.PersonDeleted: note})
    await asyncio.gather(*(handle([envelope(1)]) for _ in range(10)))
    assert audited(database) == [("a", "persons/1")]


async def test_a_poison_event_fails_alone(database: Database, sessions: Sessions) -> None:
    handle = transactional(sessions, "tasks", {facts.PersonDeleted: note})
    outcomes = await handle([envelope(1), envelope(13), envelope(2), envelope(3, data=b"\xff\xff")])
    assert [outcome is None for outcome in outcomes] == [True, False, True, False]
    assert audited(database) == [("a", "persons/1"), ("a", "persons/2")]


async def test_effects_stand_in_the_account_of_their_event(database: Database, sessions: Sessions) -> None:
    handle = transactional(sessions, "tasks", {facts.PersonDeleted: note})
    await handle([envelope(1, account="a"), envelope(2, account="b")])
    assert audited(database) == [("a", "persons/1"), ("b", "persons/2")]


async def test_an_event_of_a_type_that_is_not_known_yet_is_kept_for_later(database: Database, sessions: Sessions) -> None:
    handle = transactional(sessions, "tasks", {facts.PersonCreated: note})
    assert isinstance((await handle([envelope(1)]))[0], LookupError)
    newer = transactional(sessions, "tasks", {facts.PersonDeleted: note})
    assert await newer([envelope(1)]) == [None]
    assert audited(database) == [("a", "persons/1")]


async def test_consumed_events_are_forgotten_after_a_while(database: Database, sessions: Sessions) -> None:
    handle = transactional(sessions, "tasks", {facts.PersonDeleted: note})
    await handle([envelope(1)])
    assert prune(database, sessions.clock) == 0
    assert prune(database, lambda: sessions.clock() + INBOX_KEPT * 2) == 1
    with database.reading("*") as connection:
        assert connection.execute(sa.select(INBOX)).all() == []
