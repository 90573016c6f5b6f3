"""Two organisations are made one, and two again (B15), on both databases."""

from typing import Any

import pytest

from kontor.contacts.events.v1 import events_pb2 as facts
from kontor.contacts.v1 import contact_points_pb2 as points
from kontor.contacts.v1 import merges_pb2 as pb
from kontor.contacts.v1 import organisations_pb2 as organisations
from kontor.contacts.v1 import persons_pb2 as persons
from kontor.contacts.v1 import positions_pb2 as positions
from kontor_chassis.errors import FailedPrecondition, InvalidArgument, Moved, NotFound

KIEL, WIEN = ([points.PostalAddress(city=city)] for city in ("Kiel", "Wien"))
CUSTOMER, PARTNER = organisations.RELATIONSHIP_CUSTOMER, organisations.RELATIONSHIP_PARTNER


async def city(crm: Any, record: Any) -> tuple[str, str]:
    """Whose city counts: the city, and whose it is."""
    shown = (await crm.get(record)).effective_addresses
    return (shown.addresses[0].city if shown.addresses else ""), shown.origin_name


async def test_people_children_and_values_are_the_survivors_and_theirs_again(crm: Any) -> None:
    top = await crm.organisation("Holding")
    firm = await crm.organisation("Müller", relationships=[CUSTOMER], tags=["x"], parent_id=top.id, website="https://m.example")
    same = await crm.organisation("Mueller GmbH", relationships=[PARTNER], tags=["y"], addresses=KIEL, size=12, website="https://n.example")
    child = await crm.organisation("Vertrieb", parent_id=same.id)
    anna, ben = await crm.person("Adam"), await crm.person("Berg")
    await crm.employ(anna, same, role="Leitung")
    await crm.employ(ben, firm, role="Einkauf")
    await crm.employ(ben, same)
    await crm.edit(same, main_contact_person_id=anna.id)
    records = [await crm.get(item) for item in (top, firm, same, child, anna, ben)]
    merged = await crm.merge(firm, same)
    assert (merged.id, merged.name, merged.size, merged.website) == (firm.id, "Müller", 12, "https://m.example")
    assert (list(merged.relationships), list(merged.tags)) == ([CUSTOMER, PARTNER], ["x", "y"])
    assert (merged.parent_id, merged.main_contact_person_id, merged.main_contact.name) == (top.id, anna.id, "Adam")
    assert (await crm.get(child)).parent_id == firm.id
    for record in (firm, child, anna, ben):
        assert await city(crm, record) == ("Kiel", "Müller")
    assert [(item.organisation_name, item.role) for item in (await crm.get(ben)).positions] == [("Müller", "Einkauf")]
    found = await crm.call(persons.ListPersonsRequest(organisation_id=firm.id))
    assert [item.last_name for item in found.persons] == ["Adam", "Berg"]
    assert [item.id for item in (await crm.call(organisations.ListOrganisationsRequest(filter="city = Kiel"))).organisations] == [
        firm.id,
        child.id,
    ]
    with pytest.raises(Moved):
        await crm.get(same)
    await crm.undo(merged)
    for record in records:
        assert crm.content(await crm.get(record)) == crm.content(record)
    assert {item.id for item in (await crm.call(organisations.ListOrganisationsRequest(filter="city = Kiel"))).organisations} == {
        same.id,
        child.id,
    }


async def test_what_was_done_since_stays_with_the_survivor(crm: Any) -> None:
    firm, same = await crm.organisation("Müller", addresses=WIEN), await crm.organisation("Mueller", addresses=KIEL)
    child, other = await crm.organisation("Vertrieb", parent_id=same.id), await crm.organisation("Lager", parent_id=same.id)
    anna, ben, clara = await crm.person("Adam"), await crm.person("Berg"), await crm.person("Clasen")
    moved = await crm.employ(anna, same)
    await crm.employ(ben, same)
    merged = await crm.merge(firm, same)
    new = await crm.employ(clara, firm)
    left = (await crm.get(ben)).positions[0]
    await crm.call(positions.DeletePositionRequest(person_id=ben.id, id=left.id))
    await crm.edit(other, parent_id="")
    fresh = await crm.organisation("Werk", parent_id=firm.id)
    await crm.edit(firm, industry="Bau", main_contact_person_id=anna.id)
    await crm.undo(merged)
    shown = await crm.get(firm)
    # Who stood for it works at the other one again.
    assert (shown.industry, [item.city for item in shown.addresses], shown.main_contact_person_id) == ("Bau", ["Wien"], "")
    assert [(await crm.get(item)).parent_id for item in (child, other, fresh)] == [same.id, "", firm.id]
    assert [(item.id, item.organisation_id) for item in (await crm.get(anna)).positions] == [(moved.id, same.id)]
    assert [(item.id, item.organisation_id) for item in (await crm.get(clara)).positions] == [(new.id, firm.id)]
    assert list((await crm.get(ben)).positions) == []
    assert [await city(crm, item) for item in (child, other, fresh, anna, clara)] == [
        ("Kiel", "Mueller"),
        ("", ""),
        ("Wien", "Müller"),
        ("Kiel", "Mueller"),
        ("Wien", "Müller"),
    ]


async def test_a_department_that_survives_takes_the_place_of_what_it_belonged_to(crm: Any) -> None:
    top = await crm.organisation("Holding", addresses=KIEL)
    firm = await crm.organisation("Müller", parent_id=top.id)
    department, sister = await crm.organisation("Müller Vertrieb", parent_id=firm.id), await crm.organisation("Lager", parent_id=firm.id)
    before = [await crm.get(item) for item in (top, firm, department, sister)]
    merged = await crm.merge(department, firm)
    assert (merged.parent_id, (await crm.get(sister)).parent_id) == (top.id, department.id)
    assert [await city(crm, item) for item in (department, sister)] == [("Kiel", "Holding")] * 2
    await crm.undo(merged)
    for record in before:
        assert crm.content(await crm.get(record)) == crm.content(record)


async def test_what_belonged_to_the_survivor_is_merged_into_it(crm: Any) -> None:
    firm = await crm.organisation("Müller")
    department = await crm.organisation("Vertrieb", parent_id=firm.id, addresses=WIEN)
    below = await crm.organisation("Innendienst", parent_id=department.id)
    before = [await crm.get(item) for item in (firm, department, below)]
    merged = await crm.merge(firm, department)
    assert (merged.parent_id, (await crm.get(below)).parent_id) == ("", firm.id)
    assert await city(crm, below) == ("Wien", "Müller")
    await crm.undo(merged)
    for record in before:
        assert crm.content(await crm.get(record)) == crm.content(record)


async def test_a_merge_that_would_close_a_circle_is_refused(crm: Any) -> None:
    top = await crm.organisation("Holding")
    firm = await crm.organisation("Müller", parent_id=top.id)
    department = await crm.organisation("Vertrieb", parent_id=firm.id)
    for survivor, duplicate, fields, field in (
        (department, top, {}, "duplicate_id"),
        (firm, department, {"parent_id": pb.MERGE_CHOICE_DUPLICATE}, "fields.parent_id"),
        (firm, firm, {}, "duplicate_id"),
    ):
        with pytest.raises(InvalidArgument) as refused:
            await crm.merge(survivor, duplicate, fields=fields)
        assert refused.value.violations[0].field == field
    assert [(await crm.get(item)).parent_id for item in (top, firm, department)] == ["", top.id, firm.id]


async def test_the_undoing_does_not_close_a_circle_either(crm: Any) -> None:
    top, firm, same = await crm.organisation("Top"), await crm.organisation("Müller"), await crm.organisation("Mueller")
    await crm.edit(same, parent_id=top.id)
    child = await crm.organisation("Vertrieb", parent_id=same.id)
    merged = await crm.merge(firm, same)
    assert merged.parent_id == top.id
    # What the duplicate belonged to belongs now to what belonged to the duplicate.
    await crm.edit(firm, parent_id="")
    await crm.edit(top, parent_id=child.id)
    await crm.undo(merged)
    assert [(await crm.get(item)).parent_id for item in (same, top, child)] == [top.id, child.id, firm.id]


async def test_references_to_a_merged_organisation_name_the_survivor(crm: Any) -> None:
    firm, same, third = [await crm.organisation(name) for name in ("Müller", "Mueller", "Weber")]
    anna = await crm.person("Adam")
    position = await crm.employ(anna, third)
    await crm.merge(firm, same)
    here = {"person_id": anna.id, "organisation_id": same.id}
    for request, field in (
        (positions.CreatePositionRequest(position=positions.Position(**here)), "organisation_id"),
        (
            positions.UpdatePositionRequest(position=positions.Position(id=position.id, **here), update_mask=["organisation_id"]),
            "organisation_id",
        ),
        (persons.ChangeEmployerRequest(id=anna.id, organisation_id=same.id), "organisation_id"),
        (organisations.CreateOrganisationRequest(organisation=organisations.Organisation(name="x", parent_id=same.id)), "parent_id"),
    ):
        with pytest.raises(InvalidArgument, match=f"{field}: was merged into organisations/{firm.id}") as refused:
            await crm.call(request)
        assert refused.value.detail["moved_to"] == f"organisations/{firm.id}"
    for request in (
        organisations.GetOrganisationAncestorsRequest(id=same.id),
        organisations.GetOrganisationRollUpRequest(id=same.id),
        organisations.DeleteOrganisationRequest(id=same.id),
    ):
        with pytest.raises(Moved):
            await crm.call(request)


async def test_it_is_told_and_audited_once_each_way(crm: Any) -> None:
    firm, same = await crm.organisation("Müller"), await crm.organisation("Mueller")
    child = await crm.organisation("Vertrieb", parent_id=same.id)
    anna, ben = await crm.person("Adam"), await crm.person("Berg")
    await crm.employ(anna, same)
    await crm.employ(ben, firm, role="Einkauf")
    await crm.employ(ben, same)
    same = await crm.get(same)
    changed = [("persons/" + anna.id, "update"), ("persons/" + ben.id, "update"), ("organisations/" + child.id, "update")]

    async def told(work: Any, action: str) -> Any:
        await crm.harness.published(facts.OrganisationUpdated)
        entries, events = len(crm.audited()), len(crm.harness.bus.published)
        made = await work
        both = [("organisations/" + firm.id, action), ("organisations/" + same.id, action)]
        assert sorted(crm.audited()[entries:]) == sorted((subject, verb, "merge") for subject, verb in (*changed, *both))
        await crm.harness.published(facts.OrganisationUpdated)
        kinds = sorted(".".join(item.type.split(".")[2:4]) for item in crm.harness.bus.published[events:])
        end, gone = ("deleted", "merged") if action == "merge" else ("created", "unmerged")
        updated = ["organisation.updated"] * 2 + ["person.updated"] * 2 + ["position.updated"]
        assert kinds == sorted([*updated, f"position.{end}", f"organisation.{gone}"])
        return made

    merged = await told(crm.merge(firm, same), "merge")
    await told(crm.undo(merged), "undo_merge")
    (fact,) = await crm.harness.published(facts.OrganisationUnmerged)
    assert (fact.organisation.id, fact.survivor_id) == (same.id, firm.id)
    versions = [item.sequence for item in crm.harness.bus.published if item.subject == f"organisations/{same.id}"]
    assert versions[-2:] == [int(same.etag) + 1, int(same.etag) + 2]


async def test_an_organisation_that_is_gone_cannot_come_back(crm: Any) -> None:
    firm, same, third = [await crm.organisation(name) for name in ("Müller", "Mueller", "Weber")]
    merged = await crm.merge(firm, same)
    later = await crm.merge(third, firm)
    with pytest.raises(FailedPrecondition) as refused:
        await crm.undo(merged)
    assert refused.value.detail == {"later_merge_id": later.merge_id}
    await crm.call(organisations.DeleteOrganisationRequest(id=third.id))
    with pytest.raises(FailedPrecondition) as refused:
        await crm.undo(later, user=crm.admin)
    assert refused.value.reason == "SURVIVOR_DELETED"
    with pytest.raises(NotFound):
        await crm.get(same)
