"""Merges meet each other and other writes: one after the other, or clearly refused, and nothing half done; on both databases."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from kontor.contacts.v1 import merges_pb2 as pb
from kontor.contacts.v1 import organisations_pb2 as organisations
from kontor.contacts.v1 import persons_pb2 as persons
from kontor.contacts.v1 import positions_pb2 as positions
from kontor_chassis.errors import Aborted, FailedPrecondition, InvalidArgument, KontorError, Moved

# Wide enough that some of them meet.
ROUNDS = 6


async def at_once(*work: Any) -> Sequence[Any]:
    results = await asyncio.gather(*work, return_exceptions=True)
    for result in results:
        assert isinstance(result, KontorError) or not isinstance(result, BaseException), result
    return results


@pytest.mark.parametrize("kind", ["person", "organisation"])
async def test_of_two_merges_of_one_pair_one_is_done(crm: Any, kind: str) -> None:
    for number in range(ROUNDS):
        one, other = [await getattr(crm, kind)(f"{name}{number}", tags=[name]) for name in ("A", "B")]
        results = await at_once(crm.merge(one, other), crm.merge(other, one))
        (done,) = [result for result in results if not isinstance(result, KontorError)]
        (refused,) = [result for result in results if isinstance(result, KontorError)]
        assert isinstance(refused, Moved)
        assert refused.detail["moved_to"].endswith(done.id)
        assert list((await crm.get(done)).tags) == ["A", "B"]
        assert len((await crm.call(pb.ListMergesRequest(record=f"{kind}s/{one.id}"))).merges) == 1
        undone = await at_once(crm.undo(done), crm.undo(done))
        assert [isinstance(result, FailedPrecondition) for result in undone].count(True) == 1
        for record in (one, other):
            assert crm.content(await crm.get(record)) == crm.content(record)


async def test_the_same_merge_asked_for_twice_is_done_once(crm: Any) -> None:
    for number in range(ROUNDS):
        one, other = [await crm.person(f"{name}{number}") for name in ("A", "B")]
        results = await at_once(crm.merge(one, other), crm.merge(one, other))
        (refused,) = [result for result in results if isinstance(result, KontorError)]
        assert isinstance(refused, InvalidArgument)
        assert refused.violations[0].field == "duplicate_id"


async def test_while_both_are_edited_nothing_is_lost(crm: Any) -> None:
    """What was written to the duplicate before is with the survivor; what comes after is told where the duplicate went."""
    for number in range(ROUNDS):
        one, other = [await crm.person(f"{name}{number}") for name in ("A", "B")]
        merged, _, second = await at_once(crm.merge(one, other), crm.edit(one, tags=["Eins"]), crm.edit(other, title="Dr."))
        shown = await crm.get(one)
        assert merged.id == one.id
        assert list(shown.tags) == ["Eins"]
        if isinstance(second, KontorError):
            assert isinstance(second, Moved)
        assert shown.title == ("" if isinstance(second, KontorError) else "Dr.")


async def test_with_etags_a_merge_happens_only_to_what_was_seen(crm: Any) -> None:
    for number in range(ROUNDS):
        one, other = [await crm.person(f"{name}{number}") for name in ("A", "B")]
        merged, edited = await at_once(crm.merge(one, other, etag=one.etag, duplicate_etag=other.etag), crm.edit(other, title="Dr."))
        if isinstance(merged, KontorError):
            assert isinstance(merged, Aborted)
            assert merged.detail == {"etag": "1", "duplicate_etag": "2"}
            assert (await crm.get(other)).title == "Dr."
        else:
            assert isinstance(edited, Moved)
            assert merged.title == ""


async def test_positions_that_begin_meanwhile_are_at_the_survivor_or_refused(crm: Any) -> None:
    for number in range(ROUNDS):
        firm, same = [await crm.organisation(f"{name}{number}") for name in ("F", "G")]
        people = [await crm.person(f"P{number}{place}") for place in range(3)]
        begun = await at_once(crm.merge(firm, same), *(crm.employ(person, same) for person in people))
        assert begun[0].id == firm.id
        for person, result in zip(people, begun[1:], strict=True):
            there = [item.organisation_id for item in (await crm.get(person)).positions]
            assert there == ([] if isinstance(result, KontorError) else [firm.id])
            if isinstance(result, KontorError):
                assert isinstance(result, InvalidArgument)
                assert result.detail["moved_to"] == f"organisations/{firm.id}"


async def test_people_and_their_organisations_are_merged_at_once(crm: Any) -> None:
    """Whatever is held is held in one order."""
    for number in range(ROUNDS):
        firm, same = [await crm.organisation(f"{name}{number}") for name in ("F", "G")]
        anna, again = [await crm.person(f"{name}{number}") for name in ("A", "B")]
        await crm.employ(anna, firm)
        await crm.employ(again, same, role="Leitung")
        await crm.edit(same, main_contact_person_id=again.id)
        await at_once(crm.merge(anna, again), crm.merge(firm, same))
        shown = await crm.get(anna)
        assert {item.organisation_id for item in shown.positions} == {firm.id}
        assert "Leitung" in {item.role for item in shown.positions}
        assert (await crm.get(firm)).main_contact_person_id == anna.id


async def test_a_merge_and_the_deletion_of_either_leave_one_or_none(crm: Any) -> None:
    for number in range(ROUNDS):
        one, other = [await crm.person(f"{name}{number}") for name in ("A", "B")]
        merged, _ = await at_once(crm.merge(one, other), crm.call(persons.DeletePersonRequest(id=other.id)))
        assert (await crm.get(one)).id == one.id
        listed = await crm.call(persons.ListPersonsRequest(name=f"b{number}"))
        assert not listed.persons
        if not isinstance(merged, KontorError):
            await crm.undo(merged)


async def test_many_who_work_there_come_along_and_go_back(crm: Any) -> None:
    firm, same = await crm.organisation("Müller"), await crm.organisation("Mueller")
    people = [await crm.person(f"P{number:03}") for number in range(60)]
    for person in people:
        await crm.call(positions.CreatePositionRequest(position=positions.Position(person_id=person.id, organisation_id=same.id)))
    merged = await crm.merge(firm, same)

    async def count(organisation: Any) -> int:
        return int((await crm.call(organisations.GetOrganisationRollUpRequest(id=organisation.id))).person_count)

    assert await count(firm) == 60
    await crm.undo(merged)
    assert (await count(firm), await count(same)) == (0, 60)
