"""Telling of what was sent by web forms (B17, G2): whose form it is, and who watches the person."""

from dataclasses import replace

import pytest

from kontor.contacts.events.v1 import events_pb2 as contacts
from kontor.identity.events.v1 import events_pb2 as identity
from kontor.identity.v1 import users_pb2 as users
from kontor.notify.v1 import notifications_pb2 as pb
from kontor_chassis.errors import NotFound
from kontor_chassis.ids import new_id
from kontor_chassis.testing import Harness

PERSON = new_id()


async def told(notify: Harness, user_id: str) -> list[pb.Notification]:
    user = replace(notify.user, user_id=user_id)
    return list((await notify.call(pb.ListNotificationsRequest(), user=user)).notifications)


def submitted(**fields: object) -> contacts.FormSubmitted:
    values = {"id": new_id(), "form_id": new_id(), "form_name": "Kontakt", "person_id": PERSON, **fields}
    return contacts.FormSubmitted(submission=contacts.FormSubmissionFacts(**values))  # type: ignore[arg-type]


async def deliver(notify: Harness, body: contacts.FormSubmitted, *, actor: str = "", event_id: str = "") -> None:
    subject = f"form-submissions/{body.submission.id}"
    await notify.deliver(body, subject=subject, sequence=2, actor_user_id=actor, event_id=event_id)


async def test_who_answers_for_the_form_is_told_and_why(notify: Harness) -> None:
    anna, berta = new_id(), new_id()
    body = submitted(responsible_user_id=anna, creator_user_id=berta)
    for _ in range(2):
        await deliver(notify, body)
    (notification,) = await told(notify, anna)
    assert (notification.kind, notification.reason, notification.watch_id) == ("form_submitted", "form_responsible", "")
    assert (notification.subject, notification.title) == (f"persons/{PERSON}", "Kontakt")
    assert notification.ref == f"form-submissions/{body.submission.id}"
    assert await told(notify, berta) == []


async def test_who_made_a_form_that_nobody_answers_for_is_told(notify: Harness) -> None:
    berta = new_id()
    await deliver(notify, submitted(creator_user_id=berta))
    assert [item.reason for item in await told(notify, berta)] == ["form_creator"]


async def test_where_the_responsible_user_is_gone_the_maker_of_the_form_is_told(notify: Harness) -> None:
    anna, berta = new_id(), new_id()
    gone = identity.UserUpdated(user=users.User(id=anna, active=False))
    await notify.deliver(gone, subject=f"users/{anna}", sequence=2)
    notify.clock.advance(hours=1)
    await deliver(notify, submitted(responsible_user_id=anna, creator_user_id=berta))
    assert await told(notify, anna) == []
    assert [item.reason for item in await told(notify, berta)] == ["form_creator"]


async def test_who_watches_the_person_is_told_once(notify: Harness) -> None:
    anna, berta = new_id(), new_id()
    for user_id in (anna, berta):
        person = contacts.PersonCreated(person=contacts.PersonFacts(id=PERSON))
        await notify.deliver(person, subject=f"persons/{PERSON}", actor_user_id=user_id)
    await deliver(notify, submitted(responsible_user_id=anna))
    assert [item.reason for item in await told(notify, anna)] == ["form_responsible"]
    (watcher,) = await told(notify, berta)
    assert watcher.reason == "creator"
    assert watcher.watch_id


async def test_who_let_it_through_is_not_told(notify: Harness) -> None:
    anna = new_id()
    await deliver(notify, submitted(responsible_user_id=anna), actor=anna)
    assert await told(notify, anna) == []


async def test_what_an_older_release_left_out_breaks_nothing(notify: Harness) -> None:
    await deliver(notify, contacts.FormSubmitted(submission=contacts.FormSubmissionFacts(id=new_id())))
    await notify.deliver(contacts.FormSubmitted(), subject="form-submissions/x")


async def test_what_a_limited_person_sent_is_told_only_to_who_sees_the_person(notify: Harness) -> None:
    anna, berta, cem = new_id(), new_id(), new_id()
    group = new_id()
    await deliver(notify, submitted(responsible_user_id=anna, visible_to=[f"groups/{group}", f"users/{cem}"]))
    assert await told(notify, anna) == []
    user = replace(notify.user, user_id=anna)
    for seeing in (replace(user, groups=frozenset({group})), replace(user, role="admin"), replace(user, role="owner")):
        (notification,) = (await notify.call(pb.ListNotificationsRequest(unseen=True), user=seeing)).notifications
        assert notification.reason == "form_responsible"
    with pytest.raises(NotFound):
        await notify.call(pb.MarkNotificationSeenRequest(id=notification.id), user=user)
    # Watchers, heard of before and after what was sent.
    person = new_id()
    for made_by, earlier in ((berta, True), (cem, False)):
        body = contacts.PersonCreated(person=contacts.PersonFacts(id=person))
        if earlier:
            await deliver(notify, submitted(person_id=person, visible_to=[f"users/{cem}"]))
        await notify.deliver(body, subject=f"persons/{person}", actor_user_id=made_by)
        if not earlier:
            await deliver(notify, submitted(person_id=person, visible_to=[f"users/{cem}"]))
    assert await told(notify, berta) == []
    assert [item.reason for item in await told(notify, cem)] == ["creator"]
