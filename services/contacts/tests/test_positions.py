"""Positions (B4) and organisations (B2): who works where, and since when."""

import pytest
from google.type.date_pb2 import Date

from kontor.contacts.events.v1 import events_pb2 as facts
from kontor.contacts.v1 import organisations_pb2 as org
from kontor.contacts.v1 import persons_pb2 as person
from kontor.contacts.v1 import positions_pb2 as pb
from kontor_chassis.errors import FailedPrecondition, InvalidArgument, NotFound
from kontor_chassis.ids import new_id
from kontor_chassis.testing import Harness
from kontor_contacts.domain import positions as rules


async def people(contacts: Harness) -> tuple[person.Person, org.Organisation, org.Organisation]:
    anna = await contacts.call(person.CreatePersonRequest(person=person.Person(last_name="Öztürk")))
    mueller = await contacts.call(org.CreateOrganisationRequest(organisation=org.Organisation(name="Müller Maschinenbau GmbH")))
    schulze = await contacts.call(org.CreateOrganisationRequest(organisation=org.Organisation(name="Schulze AG", tags=["Automobil"])))
    return anna, mueller, schulze


async def employ(contacts: Harness, person_id: str, organisation_id: str, **fields: object) -> pb.Position:
    position = pb.Position(person_id=person_id, organisation_id=organisation_id, **fields)  # type: ignore[arg-type]
    made: pb.Position = await contacts.call(pb.CreatePositionRequest(position=position))
    return made


async def test_a_position_shows_with_the_person_and_finds_them(contacts: Harness) -> None:
    anna, mueller, schulze = await people(contacts)
    made = await employ(contacts, anna.id, mueller.id, role="Einkauf")
    assert (made.primary, made.organisation_name) == (True, "Müller Maschinenbau GmbH")
    shown = await contacts.call(person.GetPersonRequest(id=anna.id))
    assert list(shown.positions) == [made]
    assert shown.etag != anna.etag
    found = await contacts.call(person.ListPersonsRequest(organisation_id=mueller.id))
    assert [item.id for item in found.persons] == [anna.id]
    assert (await contacts.call(person.ListPersonsRequest(organisation_id=schulze.id))).persons == []


async def test_a_former_position_stays_and_a_new_primary_moves_the_mark(contacts: Harness) -> None:
    anna, mueller, schulze = await people(contacts)
    old = await employ(contacts, anna.id, mueller.id)
    await contacts.call(
        pb.UpdatePositionRequest(
            position=pb.Position(id=old.id, person_id=anna.id, to_date=Date(year=2026, month=1, day=31)), update_mask=["to_date"]
        )
    )
    new = await employ(contacts, anna.id, schulze.id, primary=True, from_date=Date(year=2026, month=2, day=1))
    listed = (await contacts.call(pb.ListPositionsRequest(person_id=anna.id))).positions
    assert [(item.id, item.primary) for item in listed] == [(new.id, True), (old.id, False)]
    told = await contacts.published(facts.PositionUpdated)
    assert told[0].position.to_date == Date(year=2026, month=1, day=31)


async def test_wrong_positions_are_refused_with_the_field_named(contacts: Harness) -> None:
    anna, mueller, _ = await people(contacts)
    first, last = Date(year=2026, month=2, day=1), Date(year=2026, month=1, day=1)
    for fields, field in (
        ({"organisation_id": new_id()}, "organisation_id"),
        ({"organisation_id": ""}, "organisation_id"),
        ({"organisation_id": mueller.id, "from_date": first, "to_date": last}, "to"),
        ({"organisation_id": mueller.id, "from_date": Date(year=2026, month=2, day=30)}, "from"),
    ):
        with pytest.raises(InvalidArgument) as caught:
            await contacts.call(pb.CreatePositionRequest(position=pb.Position(person_id=anna.id, **fields)))  # type: ignore[arg-type]
        assert caught.value.violations[0].field == field
    with pytest.raises(NotFound):
        await employ(contacts, new_id(), mueller.id)


async def test_deleting_an_organisation_ends_its_positions_and_keeps_the_people(contacts: Harness) -> None:
    anna, mueller, _ = await people(contacts)
    made = await employ(contacts, anna.id, mueller.id)
    await contacts.call(org.DeleteOrganisationRequest(id=mueller.id))
    shown = await contacts.call(person.GetPersonRequest(id=anna.id))
    assert list(shown.positions) == []
    assert [fact.position.id for fact in await contacts.published(facts.PositionDeleted)] == [made.id]
    with pytest.raises(NotFound):
        await contacts.call(org.GetOrganisationRequest(id=mueller.id))


async def test_organisations_are_listed_by_tag_and_name(contacts: Harness) -> None:
    await people(contacts)
    by_tag = await contacts.call(org.ListOrganisationsRequest(tag=["automobil"]))
    by_name = await contacts.call(org.ListOrganisationsRequest(name="mull"))
    assert [item.name for item in by_tag.organisations] == ["Schulze AG"]
    assert [item.name for item in by_name.organisations] == ["Müller Maschinenbau GmbH"]


async def test_a_person_has_a_bounded_number_of_positions(contacts: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MAX_POSITIONS", 2)
    anna, mueller, schulze = await people(contacts)
    await employ(contacts, anna.id, mueller.id, from_date=Date(year=2020, month=1, day=1))
    former = await employ(contacts, anna.id, schulze.id, to_date=Date(year=2019, month=1, day=1))
    before = await contacts.call(person.GetPersonRequest(id=anna.id))
    for request in (
        pb.CreatePositionRequest(position=pb.Position(person_id=anna.id, organisation_id=schulze.id)),
        person.ChangeEmployerRequest(id=anna.id, organisation_id=schulze.id),
    ):
        with pytest.raises(FailedPrecondition, match="more than 2 positions") as refusal:
            await contacts.call(request)
        assert refusal.value.reason == "TOO_MANY_POSITIONS"
    assert await contacts.call(person.GetPersonRequest(id=anna.id)) == before
    await contacts.call(pb.DeletePositionRequest(person_id=anna.id, id=former.id))
    await contacts.call(person.ChangeEmployerRequest(id=anna.id, organisation_id=schulze.id))


def test_the_bound_of_positions_is_the_one_that_is_documented() -> None:
    assert rules.MAX_POSITIONS == 200
