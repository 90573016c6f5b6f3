"""Watches that users begin and stop themselves (G1)."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from kontor.contacts.events.v1 import events_pb2 as contacts
from kontor.notify.v1 import watches_pb2 as pb
from kontor_chassis.db.plumbing import AUDIT
from kontor_chassis.errors import InvalidArgument, NotFound, PermissionDenied
from kontor_chassis.ids import new_id
from kontor_chassis.principal import Principal
from kontor_chassis.testing import Harness

ID = "0193a3b0-0000-7000-8000-000000000000"


async def watch(notify: Harness, subject: str, *, user: Principal | None = None, **fields: Any) -> pb.Watch:
    made: pb.Watch = await notify.call(pb.CreateWatchRequest(watch=pb.Watch(subject=subject), **fields), user=user)
    return made


async def watched(notify: Harness, *, user: Principal | None = None, **filters: Any) -> list[str]:
    response = await notify.call(pb.ListWatchesRequest(**filters), user=user)
    return [item.subject for item in response.watches]


def actions(notify: Harness) -> list[str]:
    with notify.running.context.database.reading(notify.user.account_id) as connection:
        return list(connection.execute(sa.select(AUDIT.c.action).order_by(AUDIT.c.id)).scalars())


@pytest.mark.parametrize("noun", ["persons", "organisations", "deals", "projects"])
async def test_a_user_watches_a_record(notify: Harness, noun: str) -> None:
    subject = f"{noun}/{new_id()}"
    made = await watch(notify, subject)
    assert (made.subject, made.user_id, made.reason) == (subject, notify.user.user_id, "watcher")
    assert list((await notify.call(pb.ListWatchesRequest())).watches) == [made]


async def test_watching_twice_answers_the_watch_that_exists(notify: Harness) -> None:
    subject = f"persons/{new_id()}"
    answers = await asyncio.gather(*(watch(notify, subject) for _ in range(5)))
    assert {answer.id for answer in answers} == {answers[0].id}
    assert await watched(notify) == [subject]
    assert actions(notify) == ["create"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"subject": ""}, "subject"),
        ({"subject": "persons"}, "subject"),
        ({"subject": "persons/1"}, "subject"),
        ({"subject": "persons/\u0000"}, "subject"),
        ({"subject": f"tasks/{ID}"}, "subject"),
        ({"subject": f"/v1/persons/{ID}"}, "subject"),
        ({"subject": f"persons/{ID}/x"}, "subject"),
        ({"subject": f"persons/{ID}", "user_id": ID}, "user_id"),
    ],
)
async def test_a_wrong_watch_is_refused_with_the_field_named(notify: Harness, fields: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        await notify.call(pb.CreateWatchRequest(watch=pb.Watch(**fields)))  # type: ignore[arg-type]
    assert [violation.field for violation in caught.value.violations] == [field]
    assert await watched(notify) == []


async def test_watches_are_listed_newest_first_and_paged_without_gaps(notify: Harness) -> None:
    subjects = [f"deals/{new_id()}" for _ in range(5)]
    for number, subject in enumerate(subjects):
        notify.clock.advance(seconds=number // 2)
        await watch(notify, subject)
    seen: list[str] = []
    token = ""
    while True:
        response = await notify.call(pb.ListWatchesRequest(page_size=2, page_token=token))
        seen += [item.subject for item in response.watches]
        token = response.next_page_token
        if not token:
            break
    assert seen == subjects[::-1]


@pytest.mark.parametrize("token", ["bm9uc2Vuc2U", "\u0000", "WyIiLDEsMl0", "WzEsMiwzXQ"])
async def test_a_forged_page_token_is_refused(notify: Harness, token: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        await notify.call(pb.ListWatchesRequest(page_token=token))
    assert caught.value.violations[0].field == "page_token"


async def test_a_page_token_with_a_time_beyond_the_calendar_is_refused(notify: Harness) -> None:
    import base64

    import orjson

    for _ in range(2):
        await watch(notify, f"deals/{new_id()}")
    token = (await notify.call(pb.ListWatchesRequest(page_size=1))).next_page_token
    filters, _, record_id = orjson.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    for moment in (2**63 - 1, -(2**63), 2**64 - 1):
        forged = base64.urlsafe_b64encode(orjson.dumps([filters, moment, record_id])).decode()
        with pytest.raises(InvalidArgument):
            await notify.call(pb.ListWatchesRequest(page_size=1, page_token=forged))


async def test_a_list_is_narrowed_to_a_record(notify: Harness) -> None:
    one, other = f"persons/{new_id()}", f"persons/{new_id()}"
    await watch(notify, one)
    await watch(notify, other)
    assert await watched(notify, subject=one) == [one]
    assert await watched(notify, subject=f"persons/{new_id()}") == []
    with pytest.raises(InvalidArgument):
        await watched(notify, subject="persons")


async def test_a_stopped_watch_is_gone_and_can_be_begun_again(notify: Harness) -> None:
    subject = f"projects/{new_id()}"
    made = await watch(notify, subject)
    await notify.call(pb.DeleteWatchRequest(id=made.id))
    assert await watched(notify) == []
    for missing in (made.id, "", "\u0000", ID):
        with pytest.raises(NotFound):
            await notify.call(pb.DeleteWatchRequest(id=missing))
    notify.clock.advance(hours=1)
    again = await watch(notify, subject)
    assert again.create_time.seconds == made.create_time.seconds + 3600
    assert await watched(notify) == [subject]
    assert actions(notify) == ["create", "delete", "create"]


async def test_a_request_id_makes_a_write_happen_once(notify: Harness) -> None:
    subject = f"persons/{new_id()}"
    made = await watch(notify, subject, request_id="watch")
    await notify.call(pb.DeleteWatchRequest(id=made.id, request_id="stop"))
    assert await watch(notify, subject, request_id="watch") == made
    await notify.call(pb.DeleteWatchRequest(id=made.id, request_id="stop"))
    assert await watched(notify) == []


async def test_a_user_sees_and_stops_only_their_own_watches(notify: Harness) -> None:
    subject = f"persons/{new_id()}"
    made = await watch(notify, subject)
    colleague = replace(notify.user, user_id=new_id())
    stranger = replace(notify.user, account_id=new_id())
    for user in (colleague, stranger):
        assert await watched(notify, user=user) == []
        with pytest.raises(NotFound):
            await notify.call(pb.DeleteWatchRequest(id=made.id), user=user)
    theirs = await watch(notify, subject, user=stranger)
    assert theirs.id != made.id
    assert await watched(notify) == [subject]


async def test_scopes_are_needed_and_a_service_cannot_watch(notify: Harness) -> None:
    reader = replace(notify.user, scopes=frozenset({"notify.read"}))
    for request in (pb.CreateWatchRequest(watch=pb.Watch(subject=f"persons/{new_id()}")), pb.DeleteWatchRequest(id=new_id())):
        with pytest.raises(PermissionDenied):
            await notify.call(request, user=reader)
    assert await watched(notify, user=reader) == []
    service = replace(notify.user, user_id="", role="", service="notify")
    with pytest.raises(PermissionDenied):
        await watch(notify, f"persons/{new_id()}", user=service)


async def test_a_deleted_record_is_no_longer_watched_nor_watchable(notify: Harness) -> None:
    person_id = new_id()
    subject = f"persons/{person_id}"
    made = await watch(notify, subject)
    await notify.deliver(contacts.PersonDeleted(id=person_id), subject=subject, sequence=2)
    assert await watched(notify) == []
    with pytest.raises(NotFound):
        await notify.call(pb.DeleteWatchRequest(id=made.id))
    with pytest.raises(InvalidArgument) as caught:
        await watch(notify, subject)
    assert caught.value.violations[0].field == "subject"
