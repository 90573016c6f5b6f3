"""Lists narrow by the beginning of a name as it is typed, in any of the ways to write an umlaut (B1, B2), as search does."""

from typing import Any

import pytest

from kontor.contacts.v1 import organisations_pb2 as organisations
from kontor.contacts.v1 import persons_pb2 as persons
from kontor_chassis.errors import InvalidArgument
from kontor_chassis.testing import Harness


@pytest.mark.parametrize("typed", ["ö", "oe", "oez", "oz", "ÖZ", "oeztu", "oeztuerk", "ozturk", "Öztürk An", "anna oez"])
async def test_a_person_is_found_whichever_way_the_umlaut_is_typed(contacts: Harness, typed: str) -> None:
    await contacts.call(persons.CreatePersonRequest(person=persons.Person(first_name="Anna", last_name="Öztürk")))
    await contacts.call(persons.CreatePersonRequest(person=persons.Person(first_name="Bernd", last_name="Uhl")))
    found = await contacts.call(persons.ListPersonsRequest(name=typed))
    assert [person.display_name for person in found.persons] == ["Anna Öztürk"]


@pytest.mark.parametrize("typed", ["müller", "muell", "MULL", "Mueller & s", "muller & söhn"])
async def test_an_organisation_written_out_is_found_with_umlauts_too(contacts: Harness, typed: str) -> None:
    await contacts.call(organisations.CreateOrganisationRequest(organisation=organisations.Organisation(name="Mueller & Soehne")))
    await contacts.call(organisations.CreateOrganisationRequest(organisation=organisations.Organisation(name="Bauer")))
    found = await contacts.call(organisations.ListOrganisationsRequest(name=typed))
    assert [item.name for item in found.organisations] == ["Mueller & Soehne"]


@pytest.mark.parametrize(
    ("person", "field"),
    [
        ({"emails": [{"address": "a@b.example"}, {"address": "c@b.example", "kind": 99}]}, "emails[1].kind"),
        ({"phones": [{"number": "1", "kind": -1}]}, "phones[0].kind"),
        ({"addresses": [{"city": "Köln", "kind": 6}]}, "addresses[0].kind"),
        ({"webs": [{"url": "b.example", "kind": 2**31 - 1}]}, "webs[0].kind"),
    ],
)
async def test_a_kind_of_a_newer_release_is_refused_naming_its_field(contacts: Harness, person: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        await contacts.call(persons.CreatePersonRequest(person=persons.Person(last_name="x", **person)))
    assert [violation.field for violation in caught.value.violations] == [field]


async def test_a_kind_of_organisation_of_a_newer_release_is_refused_naming_it(contacts: Harness) -> None:
    wanted = organisations.Organisation(name="x", kind=99)  # type: ignore[arg-type]
    with pytest.raises(InvalidArgument) as caught:
        await contacts.call(organisations.CreateOrganisationRequest(organisation=wanted))
    assert [violation.field for violation in caught.value.violations] == ["kind"]
