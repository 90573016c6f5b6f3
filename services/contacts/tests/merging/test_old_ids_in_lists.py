"""Lists and filters that name an organisation by an old id mean the one that has taken its place (B15)."""

from kontor.contacts.v1 import merges_pb2 as merges
from kontor.contacts.v1 import organisations_pb2 as organisations
from kontor.contacts.v1 import persons_pb2 as persons
from kontor.contacts.v1 import positions_pb2 as positions
from kontor_chassis.testing import Harness


async def test_people_of_an_organisation_are_found_by_the_id_that_was_merged_away(contacts: Harness) -> None:
    first, second, third = [
        (await contacts.call(organisations.CreateOrganisationRequest(organisation=organisations.Organisation(name=name)))).id
        for name in ("Müller", "Mueller GmbH", "Müller KG")
    ]
    anna = await contacts.call(persons.CreatePersonRequest(person=persons.Person(last_name="Öztürk")))
    await contacts.call(positions.CreatePositionRequest(position=positions.Position(person_id=anna.id, organisation_id=third)))
    below = organisations.Organisation(name="Werk", parent_id=third)
    await contacts.call(organisations.CreateOrganisationRequest(organisation=below))
    await contacts.call(merges.MergeOrganisationsRequest(id=second, duplicate_id=third))
    await contacts.call(merges.MergeOrganisationsRequest(id=first, duplicate_id=second))

    for old in (first, second, third):
        asked = (
            persons.ListPersonsRequest(organisation_id=old),
            persons.ListPersonsRequest(organisation_id=old, order_by="update_time"),
            persons.ListPersonsRequest(filter=f"organisation = {old}"),
            persons.ListPersonsRequest(filter=f"within = {old}"),
        )
        for request in asked:
            assert [item.id for item in (await contacts.call(request)).persons] == [anna.id], request
        found = await contacts.call(organisations.ListOrganisationsRequest(filter=f"parent = {old}"))
        assert [item.name for item in found.organisations] == ["Werk"]
