"""Who is told of what (G2), and what they do with it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from kontor.contacts.events.v1 import events_pb2 as contacts
from kontor.identity.events.v1 import events_pb2 as identity
from kontor.identity.v1 import users_pb2 as users
from kontor.mail.events.v1 import events_pb2 as mail
from kontor.notify.v1 import notifications_pb2 as pb
from kontor.notify.v1 import watches_pb2 as watches
from kontor.sales.events.v1 import events_pb2 as sales
from kontor.tasks.events.v1 import events_pb2 as tasks
from kontor_chassis.db.plumbing import AUDIT
from kontor_chassis.errors import InvalidArgument, NotFound, PermissionDenied
from kontor_chassis.ids import new_id
from kontor_chassis.principal import Principal
from kontor_chassis.testing import Harness

ANNA = f"persons/{new_id()}"
BERND = f"persons/{new_id()}"
DEAL = f"deals/{new_id()}"
COLLEAGUE = new_id()


async def watch(notify: Harness, subject: str, *, user: Principal | None = None) -> watches.Watch:
    made: watches.Watch = await notify.call(watches.CreateWatchRequest(watch=watches.Watch(subject=subject)), user=user)
    return made


async def told(notify: Harness, *, user: Principal | None = None, **filters: Any) -> list[pb.Notification]:
    return list((await notify.call(pb.ListNotificationsRequest(**filters), user=user)).notifications)


async def write_note(
    notify: Harness, subject: str, *, author: str = COLLEAGUE, excerpt: str = "Hat angerufen.", account_id: str = ""
) -> str:
    note_id = new_id()
    note = tasks.NoteFacts(id=note_id, subject=subject, author_user_id=author, excerpt=excerpt)
    ref = f"notes/{note_id}"
    await notify.deliver(tasks.NoteCreated(note=note), subject=ref, actor_user_id=author, account_id=account_id)
    return ref


async def file_mail(
    notify: Harness,
    subjects: Sequence[str],
    *,
    ref: str = "",
    sequence: int = 1,
    depositor: str = COLLEAGUE,
    title: str = "Angebot",
    automatic: bool = False,
) -> str:
    ref = ref or f"messages/{new_id()}"
    message = mail.MessageFacts(id=ref[9:], depositor_user_id=depositor, subject=title, automatic=automatic)
    await notify.deliver(mail.MessageFiled(message=message, subjects=subjects), subject=ref, sequence=sequence)
    return ref


async def assign(notify: Harness, *, assignee: str, creator: str, subject: str = ANNA) -> str:
    task = tasks.TaskFacts(id=new_id(), title="Anna anrufen", subject=subject, assignee_user_id=assignee, creator_user_id=creator)
    ref = f"tasks/{task.id}"
    await notify.deliver(tasks.TaskCreated(task=task), subject=ref, actor_user_id=creator)
    return ref


async def deactivate(notify: Harness, user_id: str, *, sequence: int = 2, active: bool = False) -> None:
    body = identity.UserUpdated(user=users.User(id=user_id, active=active))
    await notify.deliver(body, subject=f"users/{user_id}", sequence=sequence)


async def test_a_note_is_told_to_who_watches_its_subject_with_the_reason(notify: Harness) -> None:
    made = await watch(notify, ANNA)
    ref = await write_note(notify, ANNA, excerpt="Hat angerufen:\nwill das Angebot.")
    await write_note(notify, BERND)
    [told_of] = await told(notify)
    assert told_of == pb.Notification(
        id=told_of.id,
        kind="note_created",
        subject=ANNA,
        ref=ref,
        title="Hat angerufen: will das Angebot.",
        actor_user_id=COLLEAGUE,
        reason="watcher",
        watch_id=made.id,
        count=1,
        seen=False,
        create_time=told_of.create_time,
    )
    assert told_of.create_time.ToDatetime(tzinfo=notify.clock().tzinfo) == notify.clock()


async def test_who_makes_a_record_is_told_as_its_creator(notify: Harness) -> None:
    await notify.deliver(contacts.PersonCreated(), subject=ANNA, actor_user_id=notify.user.user_id)
    await write_note(notify, ANNA)
    assert [item.reason for item in await told(notify)] == ["creator"]


async def test_nobody_is_told_of_their_own_acts(notify: Harness) -> None:
    me = notify.user.user_id
    await watch(notify, ANNA)
    await watch(notify, DEAL)
    await write_note(notify, ANNA, author=me)
    await file_mail(notify, [ANNA], depositor=me)
    await notify.deliver(sales.DealMoved(), subject=DEAL, sequence=2, actor_user_id=me)
    await assign(notify, assignee=me, creator=me)
    assert await told(notify) == []


async def test_a_stopped_watch_tells_nothing(notify: Harness) -> None:
    made = await watch(notify, ANNA)
    await notify.call(watches.DeleteWatchRequest(id=made.id))
    await write_note(notify, ANNA)
    assert await told(notify) == []
    await watch(notify, ANNA)
    await write_note(notify, ANNA)
    assert len(await told(notify)) == 1


async def test_a_filed_mail_is_told_once_naming_the_first_watched_person(notify: Harness) -> None:
    await watch(notify, BERND)
    first = await watch(notify, ANNA)
    ref = await file_mail(notify, [f"persons/{new_id()}", ANNA, BERND, ANNA], title="Re: Angebot")
    [told_of] = await told(notify)
    assert (told_of.kind, told_of.ref, told_of.title) == ("mail_filed", ref, "Re: Angebot")
    assert (told_of.subject, told_of.watch_id, told_of.actor_user_id) == (ANNA, first.id, COLLEAGUE)


async def test_a_mail_that_is_filed_a_second_time_is_not_told_again(notify: Harness) -> None:
    made = await watch(notify, ANNA)
    await watch(notify, BERND)
    ref = await file_mail(notify, [ANNA])
    [first] = await told(notify)
    await notify.call(pb.MarkNotificationSeenRequest(id=first.id))
    await file_mail(notify, [BERND, ANNA], ref=ref, sequence=2)
    [still] = await told(notify)
    assert (still.id, still.subject, still.watch_id, still.seen) == (first.id, ANNA, made.id, True)


async def test_a_mail_that_a_program_has_sent_is_told_to_nobody(notify: Harness) -> None:
    """M6: absence notes, bounces and lists lead to no notification."""
    await watch(notify, ANNA)
    await file_mail(notify, [ANNA], automatic=True)
    await notify.deliver(contacts.PersonCreated(), subject=ANNA, actor_user_id=notify.user.user_id)
    assert await told(notify) == []


async def test_a_deal_that_moves_is_told_each_time(notify: Harness) -> None:
    await watch(notify, DEAL)
    deal = sales.DealFacts(id=DEAL[6:], name="Wartungsvertrag")
    for sequence, body in enumerate((sales.DealMoved, sales.DealMoved, sales.DealWon, sales.DealLost), start=2):
        notify.clock.advance(minutes=1)
        await notify.deliver(body(deal=deal), subject=DEAL, sequence=sequence, actor_user_id=COLLEAGUE)
    found = await told(notify)
    assert [item.kind for item in found] == ["deal_lost", "deal_won", "deal_moved", "deal_moved"]
    assert {(item.title, item.subject, item.ref) for item in found} == {("Wartungsvertrag", DEAL, DEAL)}


async def test_a_task_is_told_to_who_it_is_given_to(notify: Harness) -> None:
    ref = await assign(notify, assignee=notify.user.user_id, creator=COLLEAGUE)
    await assign(notify, assignee=COLLEAGUE, creator=notify.user.user_id)
    await assign(notify, assignee="", creator=COLLEAGUE)
    [told_of] = await told(notify)
    assert (told_of.kind, told_of.ref, told_of.subject, told_of.title) == ("task_assigned", ref, ANNA, "Anna anrufen")
    assert (told_of.reason, told_of.watch_id, told_of.actor_user_id) == ("assignee", "", COLLEAGUE)
    assert (await notify.call(watches.ListWatchesRequest())).watches == []


async def test_a_deactivated_user_is_told_nothing_until_they_are_back(notify: Harness) -> None:
    me = notify.user.user_id
    await watch(notify, ANNA)
    before = await write_note(notify, ANNA)
    notify.clock.advance(minutes=1)
    await deactivate(notify, me)
    await write_note(notify, ANNA)
    await assign(notify, assignee=me, creator=COLLEAGUE)
    notify.clock.advance(minutes=1)
    await file_mail(notify, [ANNA])
    assert [item.ref for item in await told(notify)] == [before]
    await deactivate(notify, me, sequence=3, active=True)
    after = await write_note(notify, ANNA)
    assert [item.ref for item in await told(notify)] == [after, before]


async def test_what_was_told_before_a_record_was_deleted_stays_readable(notify: Harness) -> None:
    await watch(notify, ANNA)
    ref = await write_note(notify, ANNA)
    notify.clock.advance(minutes=1)
    await notify.deliver(contacts.PersonDeleted(id=ANNA[8:]), subject=ANNA, sequence=2)
    await write_note(notify, ANNA)
    [told_of] = await told(notify)
    assert told_of.ref == ref
    assert (await notify.call(pb.MarkNotificationSeenRequest(id=told_of.id))).seen


async def test_notifications_are_newest_first_and_paged_without_gaps(notify: Harness) -> None:
    await watch(notify, ANNA)
    refs = []
    for number in range(7):
        notify.clock.advance(seconds=number % 2)
        refs.append(await write_note(notify, ANNA))
    seen: list[str] = []
    token = ""
    while True:
        response = await notify.call(pb.ListNotificationsRequest(page_size=3, page_token=token))
        seen += [item.ref for item in response.notifications]
        token = response.next_page_token
        if not token:
            break
    assert seen == refs[::-1]
    with pytest.raises(InvalidArgument):
        await notify.call(pb.ListNotificationsRequest(page_size=-1))


async def test_a_page_token_does_not_fit_another_filter(notify: Harness) -> None:
    await watch(notify, ANNA)
    for _ in range(2):
        await write_note(notify, ANNA)
    token = (await notify.call(pb.ListNotificationsRequest(page_size=1))).next_page_token
    with pytest.raises(InvalidArgument) as caught:
        await told(notify, unseen=True, page_token=token)
    assert caught.value.violations[0].field == "page_token"


async def test_seen_ones_leave_the_unseen_list_and_seeing_twice_does_nothing(notify: Harness) -> None:
    await watch(notify, ANNA)
    for _ in range(2):
        notify.clock.advance(seconds=1)
        await write_note(notify, ANNA)
    newer, older = await told(notify)
    answers = [await notify.call(pb.MarkNotificationSeenRequest(id=newer.id)) for _ in range(2)]
    newer.seen = True
    assert answers == [newer, newer]
    assert await told(notify, unseen=True) == [older]
    assert await told(notify) == [newer, older]
    with notify.running.context.database.reading(notify.user.account_id) as connection:
        entries = connection.execute(sa.select(AUDIT.c.subject, AUDIT.c.changes).where(AUDIT.c.action == "update")).all()
    assert [tuple(entry) for entry in entries] == [(f"notifications/{newer.id}", {"seen": [False, True]})]


async def test_another_users_notification_does_not_exist(notify: Harness) -> None:
    await watch(notify, ANNA)
    await write_note(notify, ANNA)
    [mine] = await told(notify)
    for stranger in (replace(notify.user, user_id=new_id()), replace(notify.user, account_id=new_id())):
        assert await told(notify, user=stranger) == []
        with pytest.raises(NotFound):
            await notify.call(pb.MarkNotificationSeenRequest(id=mine.id), user=stranger)
    assert await told(notify, unseen=True) == [mine]
    for missing in ("", "\u0000", new_id()):
        with pytest.raises(NotFound):
            await notify.call(pb.MarkNotificationSeenRequest(id=missing))


async def test_an_event_of_another_account_that_names_our_record_is_told_to_nobody_here(notify: Harness) -> None:
    await watch(notify, ANNA)
    await write_note(notify, ANNA, account_id=new_id())
    assert await told(notify) == []


async def test_a_scope_is_needed(notify: Harness) -> None:
    reader = replace(notify.user, scopes=frozenset({"notify.read"}))
    assert await told(notify, user=reader) == []
    with pytest.raises(PermissionDenied):
        await notify.call(pb.MarkNotificationSeenRequest(id=new_id()), user=reader)


async def test_a_title_is_one_bounded_line_whatever_comes(notify: Harness) -> None:
    await watch(notify, ANNA)
    for title in ("x" * 5000, "\u0000\r\n", "\ufb2c" * 300, "a\u202eb\u2028c"):
        notify.clock.advance(seconds=1)
        await file_mail(notify, [ANNA], title=title)
    titles = [item.title for item in await told(notify)]
    assert titles[3] == "x" * 300
    assert titles[2] == ""
    assert all(len(title) <= 300 and "\n" not in title for title in titles)


async def test_a_fact_about_nothing_in_particular_is_passed_over(notify: Harness) -> None:
    await write_note(notify, "")
    await write_note(notify, "tasks/" + new_id())
    await file_mail(notify, [])
    await file_mail(notify, ["", "persons/x"])
    assert await told(notify) == []


async def test_more_watchers_than_one_page_are_all_told(notify: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kontor_notify.usecases.happenings._BATCH", 3)
    colleagues = [replace(notify.user, user_id=new_id()) for _ in range(7)]
    for colleague in colleagues:
        await watch(notify, ANNA, user=colleague)
    ref = await write_note(notify, ANNA)
    for colleague in colleagues:
        assert [item.ref for item in await told(notify, user=colleague)] == [ref]


async def file_bundle(notify: Harness, subject: str, *, count: int = 17, teacher: str = COLLEAGUE, ref: str = "", sequence: int = 3) -> str:
    ref = ref or f"messages/{new_id()}"
    message = mail.MessageFacts(id=ref[9:], depositor_user_id=notify.user.user_id, subject="Angebot")
    body = mail.BundleFiled(message=message, subject=subject, count=count)
    await notify.deliver(body, subject=ref, sequence=sequence, actor_user_id=teacher)
    return ref


async def test_mails_that_had_waited_are_told_of_once_with_their_number(notify: Harness) -> None:
    """G2: an address becomes known, and all waiting mail of it is filed at once."""
    made = await watch(notify, ANNA)
    for number in range(17):
        message = mail.MessageFacts(id=str(number), depositor_user_id=COLLEAGUE, subject=f"Mail {number}")
        body = mail.MessageFiled(message=message, subjects=[ANNA], waited=True)
        await notify.deliver(body, subject=f"messages/{new_id()}", sequence=3)
    ref = await file_bundle(notify, ANNA)
    await file_bundle(notify, ANNA, ref=ref)
    [told_of] = await told(notify)
    assert (told_of.kind, told_of.ref, told_of.subject, told_of.title, told_of.count) == ("mail_filed", ref, ANNA, "Angebot", 17)
    assert (told_of.reason, told_of.watch_id, told_of.actor_user_id) == ("watcher", made.id, COLLEAGUE)
    await write_note(notify, ANNA)
    assert {item.count for item in await told(notify) if item.kind == "note_created"} == {1}


async def test_who_made_the_address_known_is_not_told_of_what_it_had_filed(notify: Harness) -> None:
    await watch(notify, ANNA)
    await file_bundle(notify, ANNA, teacher=notify.user.user_id)
    assert await told(notify) == []


async def test_a_bundle_that_is_heard_of_before_its_person_waits_for_the_creator(notify: Harness) -> None:
    await file_bundle(notify, ANNA, count=3)
    await file_bundle(notify, "", count=3)
    await notify.deliver(contacts.PersonCreated(), subject=ANNA, actor_user_id=notify.user.user_id)
    assert [(item.reason, item.count) for item in await told(notify)] == [("creator", 3)]
