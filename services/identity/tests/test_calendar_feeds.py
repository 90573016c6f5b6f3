"""Secrets of calendar feeds (A5)."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa

from kontor.identity.v1 import calendar_feeds_pb2 as pb
from kontor.identity.v1 import sessions_pb2 as sessions
from kontor_chassis.db.plumbing import AUDIT
from kontor_chassis.errors import AlreadyExists, FailedPrecondition, InvalidArgument, NotFound, Unauthenticated
from kontor_chassis.ids import new_id
from kontor_chassis.principal import Principal
from kontor_chassis.testing import Harness

Prove = Callable[[str], Awaitable[Principal]]


async def create(identity: Harness, name: str = "Outlook", **fields: str) -> pb.CalendarFeed:
    made: pb.CalendarFeed = await identity.call(pb.CreateCalendarFeedRequest(calendar_feed=pb.CalendarFeed(name=name), **fields))
    return made


async def test_a_feed_opens_the_calendar_of_its_user_and_nothing_else(identity: Harness, prove: Prove) -> None:
    made = await create(identity)
    assert made.secret.startswith("ktf_")
    assert made.url_path == f"/calendar/{made.secret}/tasks.ics"
    assert await prove(made.secret) == replace(identity.user, scopes=frozenset({"calendar.read"}))


async def test_a_feed_is_no_bearer_token_and_a_token_no_feed(identity: Harness) -> None:
    made = await create(identity)
    session = await identity.call(sessions.CreateSessionRequest(email="owner@mueller.example", password="correct horse battery"))
    for request in (sessions.AuthenticateRequest(bearer_token=made.secret), sessions.AuthenticateRequest(feed_secret=session.token)):
        with pytest.raises(Unauthenticated):
            await identity.call(request)


async def test_the_secret_and_the_address_are_shown_once(identity: Harness) -> None:
    made = await create(identity, request_id="once")
    listed = (await identity.call(pb.ListCalendarFeedsRequest())).calendar_feeds
    assert [(item.id, item.name, item.secret, item.url_path) for item in listed] == [(made.id, "Outlook", "", "")]
    with pytest.raises(AlreadyExists):
        await create(identity, request_id="once")


async def test_a_rotated_feed_has_a_new_secret_and_the_old_one_is_dead(identity: Harness, prove: Prove) -> None:
    made = await create(identity)
    rotated = await identity.call(pb.RotateCalendarFeedRequest(id=made.id))
    assert (rotated.id, rotated.name) == (made.id, made.name)
    assert rotated.secret in rotated.url_path
    with pytest.raises(Unauthenticated):
        await prove(made.secret)
    await prove(rotated.secret)
    with identity.running.context.database.reading("*") as connection:
        entries = connection.execute(sa.select(AUDIT).where(AUDIT.c.subject == f"calendar-feeds/{made.id}").order_by(AUDIT.c.id)).all()
    assert [(entry.action, entry.changes) for entry in entries] == [("create", {"name": [None, "Outlook"]}), ("rotate", {})]


async def test_a_deleted_feed_opens_nothing(identity: Harness, prove: Prove) -> None:
    made = await create(identity)
    await identity.call(pb.DeleteCalendarFeedRequest(id=made.id))
    with pytest.raises(Unauthenticated):
        await prove(made.secret)
    assert list((await identity.call(pb.ListCalendarFeedsRequest())).calendar_feeds) == []


async def test_the_last_use_of_a_feed_is_shown(identity: Harness, prove: Prove) -> None:
    made = await create(identity)
    identity.clock.advance(hours=1)
    await prove(made.secret)
    await identity.running.context.parts.last_used.flush()
    listed = (await identity.call(pb.ListCalendarFeedsRequest())).calendar_feeds
    assert listed[0].last_used_time.ToSeconds() == int(identity.clock().timestamp())


async def test_feeds_are_ones_own_and_paged(identity: Harness, prove: Prove) -> None:
    made = [await create(identity, f"feed {number}") for number in range(3)]
    first = await identity.call(pb.ListCalendarFeedsRequest(page_size=2))
    second = await identity.call(pb.ListCalendarFeedsRequest(page_size=2, page_token=first.next_page_token))
    assert [item.id for item in (*first.calendar_feeds, *second.calendar_feeds)] == [item.id for item in reversed(made)]
    for other in (replace(identity.user, user_id=new_id()), replace(identity.user, account_id=new_id())):
        assert list((await identity.call(pb.ListCalendarFeedsRequest(), user=other)).calendar_feeds) == []
        for request in (pb.DeleteCalendarFeedRequest(id=made[0].id), pb.RotateCalendarFeedRequest(id=made[0].id)):
            with pytest.raises(NotFound):
                await identity.call(request, user=other)
    await prove(made[0].secret)


async def test_a_name_that_is_too_long_and_a_feed_too_many_are_refused(identity: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidArgument) as caught:
        await create(identity, "x" * 301)
    assert caught.value.violations[0].field == "name"
    monkeypatch.setattr("kontor_identity.usecases.calendar_feeds.MAX_PER_USER", 1)
    await create(identity)
    with pytest.raises(FailedPrecondition):
        await create(identity)
