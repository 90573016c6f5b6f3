"""People and organisations are merged, and that is undone (B15): watches and notifications follow (G1, G2)."""

import itertools
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from google.protobuf.message import Message

from kontor.contacts.events.v1 import events_pb2 as contacts
from kontor.notify.v1 import notifications_pb2 as pb
from kontor.notify.v1 import watches_pb2 as watches
from kontor.tasks.events.v1 import events_pb2 as tasks
from kontor_chassis.errors import InvalidArgument, NotFound
from kontor_chassis.ids import new_id
from kontor_chassis.principal import Principal
from kontor_chassis.testing import Harness

COLLEAGUE = new_id()


@dataclass(frozen=True)
class Told:
    body: Message
    subject: str
    sequence: int


@dataclass
class Pair:
    """The loser goes into the survivor."""

    noun: str = "persons"
    loser: str = field(default_factory=new_id)
    survivor: str = field(default_factory=new_id)

    @property
    def gone(self) -> str:
        return f"{self.noun}/{self.loser}"

    @property
    def stays(self) -> str:
        return f"{self.noun}/{self.survivor}"

    def merged(self, sequence: int = 2) -> Told:
        body = contacts.PersonMerged if self.noun == "persons" else contacts.OrganisationMerged
        return Told(body(id=self.loser, survivor_id=self.survivor, merge_id=new_id()), self.gone, sequence)

    def unmerged(self, sequence: int = 3) -> Told:
        if self.noun == "persons":
            person = contacts.PersonFacts(id=self.loser)
            return Told(contacts.PersonUnmerged(person=person, survivor_id=self.survivor), self.gone, sequence)
        organisation = contacts.OrganisationFacts(id=self.loser)
        return Told(contacts.OrganisationUnmerged(organisation=organisation, survivor_id=self.survivor), self.gone, sequence)


async def tell(notify: Harness, *told: Told) -> None:
    for item in told:
        await notify.deliver(item.body, subject=item.subject, sequence=item.sequence)


async def watch(notify: Harness, subject: str, user: Principal | None = None) -> watches.Watch:
    made: watches.Watch = await notify.call(watches.CreateWatchRequest(watch=watches.Watch(subject=subject)), user=user)
    return made


async def watched(notify: Harness, *, user: Principal | None = None, **filters: Any) -> list[tuple[str, str]]:
    """Subject and reason of each watch, newest first."""
    response = await notify.call(watches.ListWatchesRequest(**filters), user=user)
    return [(item.subject, item.reason) for item in response.watches]


async def told(notify: Harness, user: Principal | None = None) -> list[pb.Notification]:
    return list((await notify.call(pb.ListNotificationsRequest(), user=user)).notifications)


async def write_note(notify: Harness, subject: str, *, account_id: str = "") -> str:
    ref = f"notes/{new_id()}"
    note = tasks.NoteFacts(id=ref[6:], subject=subject, author_user_id=COLLEAGUE)
    await notify.deliver(tasks.NoteCreated(note=note), subject=ref, actor_user_id=COLLEAGUE, account_id=account_id)
    return ref


async def create(notify: Harness, subject: str, user: Principal) -> None:
    await notify.deliver(contacts.PersonCreated(), subject=subject, actor_user_id=user.user_id)


@pytest.mark.parametrize("noun", ["persons", "organisations"])
async def test_who_watches_the_loser_watches_the_survivor_until_that_is_undone(notify: Harness, noun: str) -> None:
    pair = Pair(noun)
    made = await watch(notify, pair.gone)
    before = await write_note(notify, pair.gone)
    await tell(notify, pair.merged())
    assert await watched(notify) == [(pair.stays, "watcher")]
    assert await watched(notify, subject=pair.stays) == await watched(notify, subject=pair.gone) == [(pair.stays, "watcher")]
    notify.clock.advance(minutes=1)
    at_survivor = await write_note(notify, pair.stays)
    notify.clock.advance(minutes=1)
    late = await write_note(notify, pair.gone)
    found = await told(notify)
    assert [(item.ref, item.subject, item.watch_id) for item in found] == [
        (ref, pair.stays, made.id) for ref in (late, at_survivor, before)
    ]
    assert (await notify.call(pb.MarkNotificationSeenRequest(id=found[0].id))).subject == pair.stays
    await tell(notify, pair.unmerged())
    assert await watched(notify) == [(pair.gone, "watcher")]
    assert [item.subject for item in await told(notify)] == [pair.gone, pair.stays, pair.gone]
    await write_note(notify, pair.stays)
    assert len(await told(notify)) == 3


async def test_who_watches_both_watches_once_and_both_again_after_the_undo(notify: Harness) -> None:
    pair = Pair()
    await create(notify, pair.gone, notify.user)
    notify.clock.advance(minutes=1)
    survivors = await watch(notify, pair.stays)
    await tell(notify, pair.merged())
    assert await watched(notify) == [(pair.stays, "watcher")]
    await write_note(notify, pair.stays)
    await write_note(notify, pair.gone)
    assert [(item.reason, item.watch_id) for item in await told(notify)] == [("watcher", survivors.id)] * 2
    await tell(notify, pair.unmerged())
    assert await watched(notify) == [(pair.stays, "watcher"), (pair.gone, "creator")]


async def test_stopping_the_one_watch_that_is_shown_ends_what_stands_behind_it(notify: Harness) -> None:
    """Every notification offers to stop, and that must hold."""
    pair = Pair()
    other = replace(notify.user, user_id=new_id())
    for user in (notify.user, other):
        await watch(notify, pair.gone, user)
        await watch(notify, pair.stays, user)
    await tell(notify, pair.merged())
    (shown,) = (await notify.call(watches.ListWatchesRequest())).watches
    await notify.call(watches.DeleteWatchRequest(id=shown.id))
    await write_note(notify, pair.stays)
    assert (await watched(notify), await told(notify)) == ([], [])
    await tell(notify, pair.unmerged())
    assert await watched(notify) == []
    assert sorted(await watched(notify, user=other)) == sorted([(pair.gone, "watcher"), (pair.stays, "watcher")])
    assert len(await told(notify, other)) == 1


async def test_a_watch_is_begun_at_the_survivor_whichever_is_named(notify: Harness) -> None:
    pair = Pair()
    await tell(notify, pair.merged())
    made = await watch(notify, pair.gone)
    assert made.subject == pair.stays
    assert await watch(notify, pair.stays) == made
    await tell(notify, pair.unmerged())
    assert await watched(notify) == [(pair.stays, "watcher")]


async def test_watching_the_survivor_answers_the_watch_that_came_from_the_loser(notify: Harness) -> None:
    pair = Pair()
    made = await watch(notify, pair.gone)
    await tell(notify, pair.merged())
    assert (await watch(notify, pair.stays)).id == made.id
    assert await watched(notify) == [(pair.stays, "watcher")]


async def test_a_merged_record_that_is_deleted_is_watched_by_nobody(notify: Harness) -> None:
    pair = Pair()
    made = await watch(notify, pair.gone)
    deleted = Told(contacts.PersonDeleted(id=pair.survivor), pair.stays, 5)
    await tell(notify, deleted, pair.merged())
    assert await watched(notify) == []
    await write_note(notify, pair.stays)
    assert await told(notify) == []
    with pytest.raises(NotFound):
        await notify.call(watches.DeleteWatchRequest(id=made.id))
    for subject in (pair.gone, pair.stays):
        with pytest.raises(InvalidArgument):
            await watch(notify, subject)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
async def test_merge_undo_and_a_late_creation_may_be_heard_of_in_any_order(notify: Harness, order: tuple[int, ...]) -> None:
    pair = Pair()
    created = Told(contacts.PersonCreated(), pair.gone, 1)
    arriving = (created, pair.merged(), pair.unmerged())
    for number in order:
        for _ in range(2):
            item = arriving[number]
            await notify.deliver(item.body, subject=item.subject, sequence=item.sequence, actor_user_id=notify.user.user_id)
    await tell(notify, *arriving)
    assert await watched(notify) == [(pair.gone, "creator")]
    await write_note(notify, pair.gone)
    await write_note(notify, pair.stays)
    assert [(item.subject, item.reason) for item in await told(notify)] == [(pair.gone, "creator")]


@pytest.mark.parametrize("order", list(itertools.permutations(range(2))))
async def test_a_chain_leads_to_its_end_whichever_link_is_heard_of_first(notify: Harness, order: tuple[int, ...]) -> None:
    one = Pair()
    two = Pair(loser=one.survivor)
    first, second, third = one.gone, one.stays, two.stays
    for subject in (first, second):
        await watch(notify, subject)
    links = (one.merged(), two.merged(sequence=7))
    await tell(notify, *(links[number] for number in order))
    assert await watched(notify) == [(third, "watcher")]
    for subject in (first, second, third):
        await write_note(notify, subject)
    assert [item.subject for item in await told(notify)] == [third] * 3
    await tell(notify, two.unmerged(sequence=8))
    assert await watched(notify) == [(second, "watcher")]
    await tell(notify, one.unmerged())
    assert sorted(await watched(notify)) == sorted([(first, "watcher"), (second, "watcher")])


async def test_many_watchers_of_both_are_each_told_once(notify: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kontor_notify.usecases.happenings._BATCH", 3)
    pair = Pair()
    colleagues = [replace(notify.user, user_id=new_id()) for _ in range(5)]
    for colleague in colleagues:
        await watch(notify, pair.gone, colleague)
        await watch(notify, pair.stays, colleague)
    await tell(notify, pair.merged())
    ref = await write_note(notify, pair.gone)
    for colleague in colleagues:
        assert [item.ref for item in await told(notify, colleague)] == [ref]


async def test_pages_of_watches_have_no_gaps_where_some_stand_for_others(notify: Harness) -> None:
    pairs = [Pair() for _ in range(4)]
    for pair in pairs:
        for subject in (pair.gone, pair.stays):
            notify.clock.advance(seconds=1)
            await watch(notify, subject)
        await tell(notify, pair.merged())
    seen: list[str] = []
    token = ""
    while True:
        response = await notify.call(watches.ListWatchesRequest(page_size=1, page_token=token))
        seen += [item.subject for item in response.watches]
        token = response.next_page_token
        if not token:
            break
    assert seen == [pair.stays for pair in reversed(pairs)]


async def test_a_merge_in_another_account_changes_nothing_here(notify: Harness) -> None:
    """S1."""
    pair = Pair()
    await watch(notify, pair.gone)
    item = pair.merged()
    await notify.deliver(item.body, subject=item.subject, sequence=item.sequence, account_id=new_id())
    assert await watched(notify) == [(pair.gone, "watcher")]


@pytest.mark.parametrize(
    ("body", "subject"),
    [
        (contacts.PersonMerged(), f"persons/{new_id()}"),
        (contacts.PersonMerged(survivor_id=new_id()), "persons/x"),
        (contacts.OrganisationMerged(survivor_id="persons/x"), f"organisations/{new_id()}"),
        (contacts.PersonUnmerged(), ""),
    ],
    ids=["nobody", "no id", "no survivor", "nothing"],
)
async def test_a_merge_that_names_nothing_that_can_be_watched_is_passed_over(notify: Harness, body: Message, subject: str) -> None:
    await notify.deliver(body, subject=subject)
    assert await watched(notify) == []
