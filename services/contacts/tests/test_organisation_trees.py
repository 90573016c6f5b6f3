"""Holding and department trees (B7): what belongs to what, found and counted from any point of a tree downwards."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from kontor.contacts.events.v1 import events_pb2 as facts
from kontor.contacts.v1 import organisations_pb2 as pb
from kontor.contacts.v1 import persons_pb2 as persons
from kontor.contacts.v1 import positions_pb2 as positions
from kontor_chassis.db.plumbing import AUDIT
from kontor_chassis.errors import InvalidArgument, NotFound
from kontor_chassis.ids import new_id
from kontor_chassis.testing import Harness
from kontor_contacts.domain.trees import MAX_LEVELS, check_parent


async def make(contacts: Harness, name: str, parent_id: str = "", **fields: Any) -> str:
    made = await contacts.call(pb.CreateOrganisationRequest(organisation=pb.Organisation(name=name, parent_id=parent_id, **fields)))
    return str(made.id)


async def move(contacts: Harness, organisation_id: str, parent_id: str) -> Any:
    organisation = pb.Organisation(id=organisation_id, parent_id=parent_id)
    return await contacts.call(pb.UpdateOrganisationRequest(organisation=organisation, update_mask=["parent_id"]))


async def employ(contacts: Harness, organisation_id: str, name: str, *, former: bool = False) -> str:
    person = await contacts.call(persons.CreatePersonRequest(person=persons.Person(last_name=name)))
    position = positions.Position(
        person_id=person.id, organisation_id=organisation_id, to_date={"year": 2020, "month": 1, "day": 31} if former else None
    )
    await contacts.call(positions.CreatePositionRequest(position=position))
    return str(person.id)


async def names(contacts: Harness, **fields: Any) -> list[str]:
    response = await contacts.call(pb.ListOrganisationsRequest(**fields))
    return [item.name for item in response.organisations]


async def ancestors(contacts: Harness, organisation_id: str) -> list[str]:
    response = await contacts.call(pb.GetOrganisationAncestorsRequest(id=organisation_id))
    return [item.name for item in response.ancestors]


async def chain(contacts: Harness, levels: int) -> list[str]:
    """A tree that is one line, from the top down."""
    ids = [await make(contacts, "E1")]
    for level in range(2, levels + 1):
        ids.append(await make(contacts, f"E{level}", ids[-1]))
    return ids


async def test_an_organisation_belongs_to_another_and_shows_all_above(contacts: Harness) -> None:
    holding = await make(contacts, "Holding")
    company = await make(contacts, "Werft", holding)
    department = await make(contacts, "Einkauf", company)
    assert (await contacts.call(pb.GetOrganisationRequest(id=department))).parent_id == company
    assert await ancestors(contacts, department) == ["Holding", "Werft"]
    assert await ancestors(contacts, holding) == []
    moved = await move(contacts, department, holding)
    assert (moved.parent_id, moved.etag) == (holding, "2")
    assert await ancestors(contacts, department) == ["Holding"]
    assert (await move(contacts, department, "")).parent_id == ""
    told = await contacts.published(facts.OrganisationUpdated)
    assert [(fact.organisation.parent_id, list(fact.changed_fields)) for fact in told] == [(holding, ["parent_id"]), ("", ["parent_id"])]


@pytest.mark.parametrize(
    ("lineage", "height", "said"),
    [
        (["this"], 0, "another organisation"),
        (["child", "this", "top"], 1, "circle"),
        (["top"] * 49, 1, "50 levels"),
        (["top"] * 50, 0, "50 levels"),
    ],
)
def test_what_would_be_no_tree_is_refused(lineage: list[str], height: int, said: str) -> None:
    with pytest.raises(InvalidArgument, match=said) as refusal:
        check_parent("this", lineage, height=height)
    assert refusal.value.violations[0].field == "parent_id"


def test_a_tree_of_fifty_levels_is_allowed() -> None:
    check_parent("this", ["top"] * 49, height=0)
    check_parent("this", ["top"], height=48)


async def test_circles_of_any_length_are_refused_and_change_nothing(contacts: Harness) -> None:
    top, middle, bottom = await chain(contacts, 3)
    for organisation_id, parent_id in ((top, bottom), (top, middle), (middle, bottom), (top, top), (middle, new_id()), (middle, "x")):
        with pytest.raises(InvalidArgument) as refusal:
            await move(contacts, organisation_id, parent_id)
        assert [violation.field for violation in refusal.value.violations] == ["parent_id"]
    assert await ancestors(contacts, bottom) == ["E1", "E2"]
    assert await contacts.published(facts.OrganisationUpdated) == []


async def test_trees_are_fifty_levels_deep_at_most(contacts: Harness) -> None:
    ids = await chain(contacts, MAX_LEVELS)
    with pytest.raises(InvalidArgument, match="50 levels"):
        await make(contacts, "one too deep", ids[-1])
    above = await make(contacts, "above")
    with pytest.raises(InvalidArgument, match="50 levels"):
        await move(contacts, ids[0], above)
    assert len(await ancestors(contacts, ids[-1])) == MAX_LEVELS - 1
    rolled = await contacts.call(pb.GetOrganisationRollUpRequest(id=ids[0]))
    assert rolled.organisation_count == MAX_LEVELS


async def test_two_moves_that_together_would_close_a_circle_are_not_both_done(contacts: Harness) -> None:
    pairs = [(await make(contacts, f"A{number}"), await make(contacts, f"B{number}")) for number in range(8)]
    moves = [move(contacts, *way) for one, other in pairs for way in ((one, other), (other, one))]
    results = await asyncio.gather(*moves, return_exceptions=True)
    for first, second in zip(results[::2], results[1::2], strict=True):
        refused = [result for result in (first, second) if isinstance(result, BaseException)]
        assert len(refused) == 1
        assert isinstance(refused[0], InvalidArgument), refused


async def test_what_belonged_to_a_deleted_organisation_moves_up(contacts: Harness) -> None:
    top, middle, bottom = await chain(contacts, 3)
    await contacts.call(pb.DeleteOrganisationRequest(id=middle))
    shown = await contacts.call(pb.GetOrganisationRequest(id=bottom))
    assert (shown.parent_id, shown.etag) == (top, "2")
    await contacts.call(pb.DeleteOrganisationRequest(id=top))
    shown = await contacts.call(pb.GetOrganisationRequest(id=bottom))
    assert (shown.parent_id, shown.etag) == ("", "3")
    told = await contacts.published(facts.OrganisationUpdated)
    assert [(fact.organisation.id, fact.organisation.parent_id) for fact in told] == [(bottom, top), (bottom, "")]
    with contacts.running.context.sessions.read(contacts.user) as session:
        entries = sa.select(AUDIT.c.changes).where(AUDIT.c.subject == f"organisations/{bottom}").order_by(AUDIT.c.id)
        kept = session.execute(entries).scalars().all()
    assert [changes["parent_id"] for changes in kept] == [[None, middle], [middle, top], [top, ""]]


async def test_organisations_are_found_by_what_they_belong_to(contacts: Harness) -> None:
    top, middle, bottom = await chain(contacts, 3)
    await make(contacts, "Abteilung", top)
    await make(contacts, "anderswo")
    assert await names(contacts, parent_id=top) == ["Abteilung", "E2"]
    assert await names(contacts, parent_id=top, page_size=1) == ["Abteilung"]
    assert await names(contacts, filter=f"parent = {middle}") == ["E3"]
    assert await names(contacts, filter="NOT parent:*") == ["anderswo", "E1"]
    assert await names(contacts, filter=f"within = {top}") == ["Abteilung", "E1", "E2", "E3"]
    assert await names(contacts, filter=f"within = {top} AND NOT within = {middle}") == ["Abteilung", "E1"]
    assert await names(contacts, filter=f"within = {top} AND within = {bottom}", order_by="create_time desc") == ["E3"]
    assert await names(contacts, filter=f"within = {new_id()}") == []


async def test_people_are_found_and_counted_by_the_tree_in_which_they_work(contacts: Harness) -> None:
    top, middle, bottom = await chain(contacts, 3)
    await employ(contacts, top, "Adam")
    both = await employ(contacts, bottom, "Berg")
    await contacts.call(positions.CreatePositionRequest(position=positions.Position(person_id=both, organisation_id=middle)))
    await employ(contacts, bottom, "Clausen", former=True)
    await employ(contacts, await make(contacts, "anderswo"), "Dorn")

    async def within(organisation_id: str) -> list[str]:
        response = await contacts.call(persons.ListPersonsRequest(filter=f"within = {organisation_id}"))
        return [person.last_name for person in response.persons]

    assert await within(top) == ["Adam", "Berg"]
    assert await within(middle) == ["Berg"]
    assert await within(new_id()) == []
    counted = await contacts.call(pb.GetOrganisationRollUpRequest(id=top))
    assert (counted.organisation_count, counted.person_count, counted.former_person_count) == (3, 2, 1)
    counted = await contacts.call(pb.GetOrganisationRollUpRequest(id=bottom))
    assert (counted.organisation_count, counted.person_count, counted.former_person_count) == (1, 1, 1)


async def test_another_account_neither_sees_nor_joins_a_tree(contacts: Harness) -> None:
    """S1."""
    top, _, bottom = await chain(contacts, 3)
    stranger = replace(contacts.user, account_id=new_id())
    for request in (pb.GetOrganisationAncestorsRequest(id=bottom), pb.GetOrganisationRollUpRequest(id=top)):
        with pytest.raises(NotFound):
            await contacts.call(request, user=stranger)
    with pytest.raises(InvalidArgument, match="no such organisation"):
        await contacts.call(pb.CreateOrganisationRequest(organisation=pb.Organisation(name="x", parent_id=top)), user=stranger)
    for fields in ({"parent_id": top}, {"filter": f"within = {top}"}):
        assert not (await contacts.call(pb.ListOrganisationsRequest(**fields), user=stranger)).organisations
    found = await contacts.call(persons.ListPersonsRequest(filter=f"within = {top}"), user=stranger)
    assert not found.persons
