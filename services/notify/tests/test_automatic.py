"""Watches that begin by themselves (G1): whoever makes a record, and whoever answers for it."""

from dataclasses import replace

import pytest
from google.protobuf.message import Message

from kontor.contacts.events.v1 import events_pb2 as contacts
from kontor.notify.v1 import watches_pb2 as pb
from kontor.sales.events.v1 import events_pb2 as sales
from kontor_chassis.ids import new_id
from kontor_chassis.testing import Harness

ID = new_id()
RESPONSIBLE = new_id()
CREATED: list[tuple[Message, str]] = [
    (contacts.PersonCreated(person=contacts.PersonFacts(id=ID)), f"persons/{ID}"),
    (contacts.OrganisationCreated(organisation=contacts.OrganisationFacts(id=ID)), f"organisations/{ID}"),
    (sales.DealCreated(deal=sales.DealFacts(id=ID, responsible_user_id=RESPONSIBLE)), f"deals/{ID}"),
    (sales.ProjectCreated(project=sales.ProjectFacts(id=ID, responsible_user_id=RESPONSIBLE)), f"projects/{ID}"),
]
DELETED: list[tuple[Message, str]] = [
    (contacts.PersonDeleted(id=ID), f"persons/{ID}"),
    (contacts.OrganisationDeleted(id=ID), f"organisations/{ID}"),
    (sales.DealDeleted(id=ID), f"deals/{ID}"),
    (sales.ProjectDeleted(id=ID), f"projects/{ID}"),
]
NOUNS = ["persons", "organisations", "deals", "projects"]
PERSON, PERSON_SUBJECT = CREATED[0]


async def reasons(notify: Harness, user_id: str = "") -> list[tuple[str, str]]:
    user = replace(notify.user, user_id=user_id or notify.user.user_id)
    return [(item.subject, item.reason) for item in (await notify.call(pb.ListWatchesRequest(), user=user)).watches]


@pytest.mark.parametrize(("body", "subject"), CREATED, ids=NOUNS)
async def test_whoever_makes_a_record_watches_it(notify: Harness, body: Message, subject: str) -> None:
    await notify.deliver(body, subject=subject, actor_user_id=notify.user.user_id)
    assert await reasons(notify) == [(subject, "creator")]


@pytest.mark.parametrize(("body", "subject"), CREATED[2:], ids=NOUNS[2:])
async def test_whoever_answers_for_a_record_watches_it(notify: Harness, body: Message, subject: str) -> None:
    await notify.deliver(body, subject=subject, actor_user_id=notify.user.user_id)
    assert await reasons(notify, RESPONSIBLE) == [(subject, "responsible")]


@pytest.mark.parametrize(("body", "subject"), CREATED[2:], ids=NOUNS[2:])
async def test_whoever_makes_a_record_and_answers_for_it_watches_it_as_its_creator(notify: Harness, body: Message, subject: str) -> None:
    await notify.deliver(body, subject=subject, actor_user_id=RESPONSIBLE)
    assert await reasons(notify, RESPONSIBLE) == [(subject, "creator")]


async def test_a_record_that_the_system_makes_is_watched_by_the_responsible_user_only(notify: Harness) -> None:
    for body, subject in CREATED:
        await notify.deliver(body, subject=subject)
    assert sorted(await reasons(notify, RESPONSIBLE)) == [(f"deals/{ID}", "responsible"), (f"projects/{ID}", "responsible")]
    assert await reasons(notify) == []


@pytest.mark.parametrize(("body", "subject"), DELETED, ids=NOUNS)
async def test_deleting_a_record_ends_its_watches_also_when_heard_of_first(notify: Harness, body: Message, subject: str) -> None:
    created = next(fact for fact, ref in CREATED if ref == subject)
    await notify.deliver(body, subject=subject, sequence=2)
    await notify.deliver(created, subject=subject, actor_user_id=notify.user.user_id)
    assert await reasons(notify) == []
    assert await reasons(notify, RESPONSIBLE) == []


async def test_whoever_stopped_is_not_made_a_watcher_again(notify: Harness) -> None:
    await notify.deliver(PERSON, subject=PERSON_SUBJECT, actor_user_id=notify.user.user_id)
    [watch] = (await notify.call(pb.ListWatchesRequest())).watches
    await notify.call(pb.DeleteWatchRequest(id=watch.id))
    await notify.deliver(PERSON, subject=PERSON_SUBJECT, actor_user_id=notify.user.user_id, sequence=2)
    assert await reasons(notify) == []


async def test_who_watched_and_stopped_before_the_creation_was_heard_of_is_not_made_a_watcher(notify: Harness) -> None:
    watch = await notify.call(pb.CreateWatchRequest(watch=pb.Watch(subject=PERSON_SUBJECT)))
    await notify.call(pb.DeleteWatchRequest(id=watch.id))
    await notify.deliver(PERSON, subject=PERSON_SUBJECT, actor_user_id=notify.user.user_id)
    assert await reasons(notify) == []


async def test_a_fact_with_a_strange_subject_is_passed_over(notify: Harness) -> None:
    for subject in ("", "persons", "persons/1", "cars/" + new_id()):
        await notify.deliver(contacts.PersonCreated(), subject=subject, actor_user_id=notify.user.user_id)
        await notify.deliver(contacts.PersonDeleted(), subject=subject)
    assert await reasons(notify) == []


async def test_another_account_does_not_hear_of_it(notify: Harness) -> None:
    await notify.deliver(PERSON, subject=PERSON_SUBJECT, actor_user_id=notify.user.user_id, account_id=new_id())
    assert await reasons(notify) == []
