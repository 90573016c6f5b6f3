"""Records that are merged while a bulk action is under way, or were merged before (B12)."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from kontor.contacts.v1 import bulk_pb2 as pb
from kontor.contacts.v1 import merges_pb2 as merges
from kontor.contacts.v1 import persons_pb2 as persons
from kontor.contacts.v1 import visibility_pb2 as visibility
from kontor_chassis.errors import InvalidArgument
from kontor_chassis.ids import new_id
from kontor_chassis.testing import Harness
from kontor_contacts.store.operations import Operation

Steps = Callable[[Operation], Awaitable[int]]


async def merge(contacts: Harness, survivor: persons.Person, duplicate: persons.Person) -> str:
    return str((await contacts.call(merges.MergePersonsRequest(id=survivor.id, duplicate_id=duplicate.id))).merge_id)


async def gathered(bulk: Any, begun: Any) -> Operation:
    operation: Operation = bulk.stored(begun)
    while operation.position.startswith("gather") or not operation.position:
        operation = await bulk.step(operation)
    return operation


@pytest.mark.usefixtures("idle")
async def test_in_place_of_who_is_merged_meanwhile_the_survivor_is_changed(bulk: Any, contacts: Harness, steps: Steps) -> None:
    anna, twin, other = await bulk.person("Öztürk", tags=["Alt"]), await bulk.person("Oeztürk"), await bulk.person("Weber", tags=["Alt"])
    begun = await bulk.begin(tag=["Alt"], add_tags=["Neu"])
    operation = await gathered(bulk, begun)
    await merge(contacts, twin, anna)
    await steps(operation)
    done = await bulk.get(begun)
    assert (done.total, done.changed, done.gone) == (2, 2, 0)
    assert "Neu" in (await bulk.read(twin)).tags
    assert await bulk.results(begun) == [
        (f"persons/{anna.id}", "changed", f"was merged into persons/{twin.id}"),
        (f"persons/{other.id}", "changed", ""),
    ]
    assert [entry[0] for entry in bulk.audited(f"persons/{twin.id}")].count("bulk") == 1


@pytest.mark.usefixtures("idle")
async def test_a_survivor_that_is_chosen_itself_is_changed_once(bulk: Any, contacts: Harness, steps: Steps) -> None:
    anna, twin, third = await bulk.person("Öztürk"), await bulk.person("Oeztürk"), await bulk.person("Öztuerk")
    begun = await bulk.begin(all=True, add_tags=["Neu"])
    operation = await gathered(bulk, begun)
    await merge(contacts, twin, anna)
    await merge(contacts, third, twin)
    await steps(operation)
    assert [(ref, outcome) for ref, outcome, _ in await bulk.results(begun)] == [
        (f"persons/{person.id}", "changed") for person in (anna, twin, third)
    ]
    assert [entry[0] for entry in bulk.audited(f"persons/{third.id}")].count("bulk") == 1


@pytest.mark.usefixtures("idle")
async def test_who_is_merged_meanwhile_is_not_deleted_with_the_survivor(bulk: Any, contacts: Harness, steps: Steps) -> None:
    anna, twin = await bulk.person("Öztürk", tags=["Alt"]), await bulk.person("Oeztürk")
    begun = await bulk.begin(tag=["Alt"], delete=True)
    operation = await gathered(bulk, begun)
    await merge(contacts, twin, anna)
    await steps(operation)
    assert await bulk.results(begun) == [(f"persons/{anna.id}", "gone", f"was merged into persons/{twin.id}")]
    assert (await bulk.read(twin)).id == twin.id


@pytest.mark.usefixtures("idle")
async def test_a_survivor_whom_its_user_does_not_see_is_neither_changed_nor_named(bulk: Any, contacts: Harness, steps: Steps) -> None:
    hidden = visibility.Visibility(mode=visibility.VISIBILITY_MODE_LIMITED, user_ids=[new_id()])
    admin = replace(contacts.user, user_id=new_id(), role="admin")
    anna, twin = await bulk.person("Öztürk", tags=["Alt"]), await bulk.person("Oeztürk", user=admin, visibility=hidden)
    begun = await bulk.begin(tag=["Alt"], add_tags=["Neu"])
    operation = await gathered(bulk, begun)
    await contacts.call(merges.MergePersonsRequest(id=twin.id, duplicate_id=anna.id), user=admin)
    await steps(operation)
    answer = await bulk.results(begun)
    assert answer == [(f"persons/{anna.id}", "gone", "")]
    now = await contacts.call(persons.GetPersonRequest(id=twin.id), user=admin)
    assert "Neu" not in now.tags


@pytest.mark.parametrize("asked", [{"add_tags": ["Neu"]}, {"delete": True}])
@pytest.mark.parametrize("validate_only", [False, True])
async def test_ids_that_were_merged_before_are_refused_with_who_took_their_place(
    bulk: Any, contacts: Harness, asked: dict[str, Any], validate_only: bool
) -> None:
    anna, twin, other = [await bulk.person(name) for name in ("Öztürk", "Oeztürk", "Weber")]
    merge_id = await merge(contacts, twin, anna)
    with pytest.raises(InvalidArgument) as refusal:
        await bulk.begin(ids=[other.id, other.id, anna.id], validate_only=validate_only, **asked)
    assert [violation.field for violation in refusal.value.violations] == ["ids[2]"]
    assert refusal.value.detail == {"moved_from": f"persons/{anna.id}", "moved_to": f"persons/{twin.id}"}
    await contacts.call(merges.UndoMergeRequest(id=merge_id))
    assert (await bulk.begin(ids=[anna.id], validate_only=True, **asked)).total == 1


async def test_merged_organisations_are_refused_likewise(bulk: Any, contacts: Harness) -> None:
    werft, dock = await bulk.organisation("Werft"), await bulk.organisation("Dock")
    await contacts.call(merges.MergeOrganisationsRequest(id=dock.id, duplicate_id=werft.id))
    with pytest.raises(InvalidArgument) as refusal:
        await contacts.call(pb.BulkChangeOrganisationsRequest(ids=[werft.id], delete=True))
    assert refusal.value.detail["moved_to"] == f"organisations/{dock.id}"
