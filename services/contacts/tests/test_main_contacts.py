"""The main contact of an organisation (B6): somebody who works there now, and nobody as soon as they no longer do."""

from typing import Any

import pytest

from kontor.contacts.events.v1 import events_pb2 as facts
from kontor.contacts.v1 import contact_points_pb2 as points
from kontor.contacts.v1 import organisations_pb2 as pb
from kontor.contacts.v1 import persons_pb2 as persons
from kontor.contacts.v1 import positions_pb2 as positions
from kontor_chassis.errors import InvalidArgument
from kontor_chassis.ids import new_id
from kontor_chassis.testing import Harness

ENDED = {"year": 2026, "month": 1, "day": 31}


async def organisation(contacts: Harness, name: str) -> str:
    return str((await contacts.call(pb.CreateOrganisationRequest(organisation=pb.Organisation(name=name)))).id)


async def person(contacts: Harness, name: str, **fields: Any) -> str:
    return str((await contacts.call(persons.CreatePersonRequest(person=persons.Person(last_name=name, **fields)))).id)


async def employ(contacts: Harness, person_id: str, organisation_id: str, **fields: Any) -> positions.Position:
    position = positions.Position(person_id=person_id, organisation_id=organisation_id, **fields)
    made: positions.Position = await contacts.call(positions.CreatePositionRequest(position=position))
    return made


async def appoint(contacts: Harness, organisation_id: str, person_id: str) -> Any:
    wanted = pb.Organisation(id=organisation_id, main_contact_person_id=person_id)
    return await contacts.call(pb.UpdateOrganisationRequest(organisation=wanted, update_mask=["main_contact_person_id"]))


async def company(contacts: Harness) -> tuple[str, str, positions.Position]:
    """A firm, the person who stands for it, and their position there."""
    emails = [points.Email(address="privat@oeztuerk.example"), points.Email(address="anna@werft.example", primary=True)]
    anna = await person(contacts, "Öztürk", first_name="Anna", title="Dr.", emails=emails)
    firm = await organisation(contacts, "Werft")
    position = await employ(contacts, anna, firm)
    await appoint(contacts, firm, anna)
    return firm, anna, position


async def test_the_main_contact_is_shown_with_name_and_address(contacts: Harness) -> None:
    firm, anna, _ = await company(contacts)
    shown = await contacts.call(pb.GetOrganisationRequest(id=firm))
    assert shown.main_contact_person_id == anna
    assert (shown.main_contact.name, shown.main_contact.email) == ("Dr. Anna Öztürk", "anna@werft.example")
    [listed] = (await contacts.call(pb.ListOrganisationsRequest())).organisations
    assert listed == shown
    gone = await appoint(contacts, firm, "")
    assert (gone.main_contact_person_id, gone.HasField("main_contact")) == ("", False)


async def test_only_who_works_there_now_can_stand_for_it(contacts: Harness) -> None:
    firm, other = await organisation(contacts, "Werft"), await organisation(contacts, "Reederei")
    former, elsewhere = await person(contacts, "Former"), await person(contacts, "Elsewhere")
    await employ(contacts, former, firm, to_date=ENDED)
    await employ(contacts, elsewhere, other)
    for person_id in (former, elsewhere, new_id(), "x"):
        with pytest.raises(InvalidArgument) as refusal:
            await appoint(contacts, firm, person_id)
        assert refusal.value.violations[0].field == "main_contact_person_id"
    with pytest.raises(InvalidArgument) as refusal:
        await contacts.call(pb.CreateOrganisationRequest(organisation=pb.Organisation(name="Neu", main_contact_person_id=elsewhere)))
    assert refusal.value.violations[0].field == "main_contact_person_id"
    assert await contacts.published(facts.OrganisationUpdated) == []


async def end(contacts: Harness, position: positions.Position) -> None:
    changed = positions.Position(id=position.id, person_id=position.person_id, to_date=ENDED)
    await contacts.call(positions.UpdatePositionRequest(position=changed, update_mask=["to_date"]))


async def leave_by_deletion(contacts: Harness, position: positions.Position) -> None:
    await contacts.call(positions.DeletePositionRequest(person_id=position.person_id, id=position.id))


async def go_elsewhere(contacts: Harness, position: positions.Position) -> None:
    other = await organisation(contacts, "Reederei")
    changed = positions.Position(id=position.id, person_id=position.person_id, organisation_id=other)
    await contacts.call(positions.UpdatePositionRequest(position=changed, update_mask=["organisation_id"]))


async def disappear(contacts: Harness, position: positions.Position) -> None:
    await contacts.call(persons.DeletePersonRequest(id=position.person_id))


@pytest.mark.parametrize("leave", [end, leave_by_deletion, go_elsewhere, disappear])
async def test_who_leaves_no_longer_stands_for_the_organisation(contacts: Harness, leave: Any) -> None:
    firm, _, position = await company(contacts)
    await leave(contacts, position)
    shown = await contacts.call(pb.GetOrganisationRequest(id=firm))
    assert (shown.main_contact_person_id, shown.HasField("main_contact"), shown.etag) == ("", False, "3")
    told = [fact for fact in await contacts.published(facts.OrganisationUpdated) if fact.organisation.id == firm]
    assert [list(fact.changed_fields) for fact in told] == [["main_contact_person_id"], ["main_contact_person_id"]]


async def test_who_has_another_position_there_stays(contacts: Harness) -> None:
    firm, anna, position = await company(contacts)
    await employ(contacts, anna, firm, role="Aufsichtsrat")
    await end(contacts, position)
    assert (await contacts.call(pb.GetOrganisationRequest(id=firm))).main_contact_person_id == anna


async def test_the_organisation_has_a_new_etag_when_its_main_contact_is_called_otherwise(contacts: Harness) -> None:
    firm, anna, _ = await company(contacts)
    changed = persons.Person(id=anna, last_name="Adam", background="egal")
    await contacts.call(persons.UpdatePersonRequest(person=changed, update_mask=["background"]))
    assert (await contacts.call(pb.GetOrganisationRequest(id=firm))).etag == "2"
    await contacts.call(persons.UpdatePersonRequest(person=changed, update_mask=["last_name"]))
    shown = await contacts.call(pb.GetOrganisationRequest(id=firm))
    assert (shown.main_contact.name, shown.etag) == ("Dr. Anna Adam", "3")


async def test_deleting_the_organisation_leaves_the_person(contacts: Harness) -> None:
    firm, anna, _ = await company(contacts)
    await contacts.call(pb.DeleteOrganisationRequest(id=firm))
    assert not (await contacts.call(persons.GetPersonRequest(id=anna))).positions
