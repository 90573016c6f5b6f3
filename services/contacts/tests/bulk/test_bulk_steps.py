"""A bulk action meets crashes, edits and deletions on its way, and every record is treated once (B12)."""

import itertools
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from kontor.contacts.events.v1 import events_pb2 as events
from kontor.contacts.v1 import persons_pb2 as persons
from kontor.contacts.v1 import tags_pb2 as tags
from kontor_chassis.db.plumbing import AUDIT
from kontor_chassis.errors import Aborted
from kontor_chassis.ids import new_id
from kontor_chassis.testing import Harness
from kontor_contacts.domain.bulk import Action, Choice, task_from, task_to, with_tags
from kontor_contacts.store.operations import LEASE, Operation
from kontor_contacts.usecases import bulk_steps

Steps = Callable[[Operation], Awaitable[int]]


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_steps, "_GATHERED", 2)
    monkeypatch.setattr(bulk_steps, "_TREATED", 2)


@pytest.mark.parametrize("asked", [{"add_tags": ["Neu"]}, {"delete": True}])
@pytest.mark.usefixtures("idle")
async def test_a_worker_that_dies_at_any_step_leaves_nothing_undone_and_nothing_done_twice(
    bulk: Any, contacts: Harness, asked: dict[str, Any]
) -> None:
    people = await bulk.people(5)
    begun = await bulk.begin(all=True, **asked)
    operation, steps = bulk.stored(begun), 0
    database, worker = contacts.running.context.database, bulk.worker
    while operation.state == "running":
        # One has looked, and dies. One has looked and kept, and dies before it tells anybody; a third has looked before that.
        await database.read(worker._look, operation)
        found = await database.read(worker._look, operation)
        after = await database.write(worker._keep, operation, found)
        with pytest.raises(Aborted):
            await database.write(worker._keep, operation, found)
        operation = bulk.stored(begun)
        assert (operation.position, operation.state) == (after.position, after.state)
        steps += 1
    assert steps >= 4
    assert (operation.total, operation.changed) == (5, 5)
    assert await bulk.outcomes(begun) == ["changed"] * 5
    told = await contacts.published(events.PersonDeleted if "delete" in asked else events.PersonUpdated)
    assert len(told) == 5
    assert all(len(bulk.audited(f"persons/{person.id}")) == 2 for person in people)


async def test_what_a_dead_worker_held_is_finished_by_the_next_when_its_lease_is_over(
    bulk: Any, contacts: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = await bulk.people(5)
    with monkeypatch.context() as patch:
        patch.setattr(bulk.worker, "_due", lambda: None)
        operation = bulk.stored(await bulk.begin(all=True, add_tags=["Neu"]))
        assert await contacts.running.context.database.write(bulk.worker._claim, operation)
        for _ in range(4):
            operation = await bulk.step(operation)
    await bulk.worker.settled()
    assert bulk.stored(operation).state == "running"
    contacts.clock.advance(seconds=LEASE.total_seconds() + 1)
    await bulk.worker.settled()
    assert bulk.stored(operation).changed == 5
    assert [(await bulk.read(person)).etag for person in people] == ["2"] * 5


@pytest.mark.usefixtures("idle")
async def test_records_that_are_edited_meanwhile_are_treated_as_they_are_then(bulk: Any, contacts: Harness, steps: Steps) -> None:
    anna, bernd, clara = [await bulk.person(name, tags=["Alt"]) for name in ("Öztürk", "Weber", "Adam")]
    begun = await bulk.begin(tag=["Alt"], add_tags=["Neu"])
    operation = bulk.stored(begun)
    while operation.position.startswith("gather") or not operation.position:
        operation = await bulk.step(operation)
    for person, fields in ((anna, {"title": "Dr."}), (bernd, {"tags": []}), (clara, {"tags": ["Alt", "Neu"]})):
        request = persons.UpdatePersonRequest(person=persons.Person(id=person.id, **fields), update_mask=list(fields))
        await contacts.call(request)
    await steps(operation)
    anna, bernd, clara = [await bulk.read(person) for person in (anna, bernd, clara)]
    assert (anna.title, list(anna.tags), anna.etag) == ("Dr.", ["Alt", "Neu"], "3")
    assert list(bernd.tags) == ["Neu"]
    assert (list(clara.tags), clara.etag) == (["Alt", "Neu"], "2")
    assert await bulk.outcomes(begun) == ["changed", "changed", "unchanged"]


@pytest.mark.parametrize("asked", [{"add_tags": ["Neu"]}, {"delete": True}])
@pytest.mark.usefixtures("idle")
async def test_records_that_are_deleted_meanwhile_are_gone(bulk: Any, contacts: Harness, steps: Steps, asked: dict[str, Any]) -> None:
    people = await bulk.people(3)
    begun = await bulk.begin(all=True, **asked)
    operation = bulk.stored(begun)
    while operation.position.startswith("gather") or not operation.position:
        operation = await bulk.step(operation)
    await contacts.call(persons.DeletePersonRequest(id=people[1].id))
    await steps(operation)
    done = await bulk.get(begun)
    assert (done.total, done.changed, done.gone) == (3, 2, 1)
    assert await bulk.outcomes(begun) == ["changed", "gone", "changed"]


@pytest.mark.usefixtures("idle")
async def test_a_tag_that_is_deleted_or_renamed_meanwhile_harms_nothing(bulk: Any, contacts: Harness, steps: Steps) -> None:
    people = await bulk.people(5, tags=["Weg"])
    begun = await bulk.begin(all=True, add_tags=["Neu"], remove_tags=["Weg"])
    operation = bulk.stored(begun)
    while operation.changed < 2:
        operation = await bulk.step(operation)
    by_name = {tag.name: tag for tag in (await contacts.call(tags.ListTagsRequest())).tags}
    await contacts.call(tags.DeleteTagRequest(id=by_name["Neu"].id))
    await contacts.call(tags.UpdateTagRequest(tag=tags.Tag(id=by_name["Weg"].id, name="Geblieben"), update_mask=["name"]))
    await steps(operation)
    assert [list((await bulk.read(person)).tags) for person in people] == [[], [], *[["Geblieben", "Neu"]] * 3]


@pytest.mark.usefixtures("idle")
async def test_two_actions_at_once_both_happen_to_everybody(bulk: Any) -> None:
    people = await bulk.people(5)
    first = bulk.stored(await bulk.begin(all=True, add_tags=["Eins"]))
    second = bulk.stored(await bulk.begin(all=True, add_tags=["Zwei"]))
    for _ in itertools.count():
        if {first.state, second.state} == {"done"}:
            break
        first = await bulk.step(first) if first.state == "running" else first
        second = await bulk.step(second) if second.state == "running" else second
    assert [list((await bulk.read(person)).tags) for person in people] == [["Eins", "Zwei"]] * 5


@pytest.mark.usefixtures("idle")
async def test_people_who_are_made_meanwhile_do_not_keep_it_from_ending(bulk: Any, steps: Steps) -> None:
    await bulk.people(3)
    operation = bulk.stored(await bulk.begin(all=True, add_tags=["Neu"]))
    while operation.position.startswith("gather") or not operation.position:
        operation = await bulk.step(operation)
    late = await bulk.person("Zu spät")
    await steps(operation)
    assert list((await bulk.read(late)).tags) == []


@pytest.mark.usefixtures("idle")
async def test_an_action_acts_as_who_began_it(bulk: Any, contacts: Harness) -> None:
    member = replace(contacts.user, role="member", groups=frozenset({new_id()}), api_key_id=new_id(), api_key_name="Import")
    operation = bulk.stored(await bulk.begin(user=member, all=True, add_tags=["Neu"]))
    assert bulk.worker._principal(operation) == replace(member, scopes=frozenset(member.scopes))


async def test_what_a_key_began_is_audited_with_the_key(bulk: Any, contacts: Harness) -> None:
    """S12."""
    anna = await bulk.person("Öztürk")
    key = replace(contacts.user, api_key_id=new_id(), api_key_name="Import")
    by_key = await bulk.done(user=key, ids=[anna.id], add_tags=["Neu"])
    by_hand = await bulk.done(ids=[anna.id], remove_tags=["Neu"])
    with contacts.running.context.database.reading(contacts.user.account_id) as connection:
        columns = (AUDIT.c.subject, AUDIT.c.means, AUDIT.c.api_key_id, AUDIT.c.api_key_name)
        rows = {tuple(row) for row in connection.execute(sa.select(*columns).where(AUDIT.c.subject.not_like("tags/%")))}
    assert rows == {
        (f"persons/{anna.id}", "user", None, None),
        (f"operations/{by_key.id}", "key", key.api_key_id, "Import"),
        (f"persons/{anna.id}", "bulk", key.api_key_id, "Import"),
        (f"operations/{by_hand.id}", "user", None, None),
        (f"persons/{anna.id}", "bulk", None, None),
    }


names = st.lists(st.sampled_from(["Alt", "alt", "Neu", "Gut", "Straße", "STRASSE"]), max_size=4)


@given(before=st.sets(st.sampled_from(["Alt", "Neu", "Gut"])), add=names, remove=names)
@settings(max_examples=200)
def test_tags_are_a_set_without_case(before: set[str], add: list[str], remove: list[str]) -> None:
    gone = {name.casefold() for name in remove}
    unique = list({name.casefold(): name for name in add}.values())
    after = with_tags(tuple(before), add=unique, remove=gone)
    keys = [name.casefold() for name in after]
    assert len(keys) == len(set(keys))
    assert set(keys) == ({name.casefold() for name in before} - gone) | {name.casefold() for name in add}


def test_a_task_travels_as_json_and_back() -> None:
    choice = Choice(tag=("A", "B"), filter="vip = true", segment=new_id(), segment_filter="language = de")
    action = Action(("Neu",), ("Alt",), {"vip": True, "language": ""}, {"farben": ("rot", "blau"), "ort": "Kiel", "alt": None})
    assert task_from(task_to(choice, action)) == (choice, action)
