"""Live inheritance of addresses (B5): people from where they work, organisations from what they belong to."""

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from kontor.contacts.events.v1 import events_pb2 as facts
from kontor.contacts.v1 import contact_points_pb2 as points
from kontor.contacts.v1 import organisations_pb2 as organisations
from kontor.contacts.v1 import persons_pb2 as pb
from kontor.contacts.v1 import positions_pb2 as positions
from kontor_chassis.ids import new_id
from kontor_chassis.testing import Harness

KIEL = points.PostalAddress(street="Hafen 1", postcode="24103", city="Kiel", country="DE")
WIEN = points.PostalAddress(street="Ring 2", postcode="1010", city="Wien", country="AT")


async def organisation(contacts: Harness, name: str, **fields: Any) -> str:
    wanted = organisations.Organisation(name=name, **fields)
    return str((await contacts.call(organisations.CreateOrganisationRequest(organisation=wanted))).id)


async def change(contacts: Harness, organisation_id: str, **fields: Any) -> Any:
    changed = organisations.Organisation(id=organisation_id, **fields)
    return await contacts.call(organisations.UpdateOrganisationRequest(organisation=changed, update_mask=list(fields)))


async def person(contacts: Harness, name: str, organisation_id: str = "", **fields: Any) -> str:
    made = await contacts.call(pb.CreatePersonRequest(person=pb.Person(last_name=name, **fields)))
    if organisation_id:
        position = positions.Position(person_id=made.id, organisation_id=organisation_id)
        await contacts.call(positions.CreatePositionRequest(position=position))
    return str(made.id)


async def shown(contacts: Harness, person_id: str) -> Any:
    return await contacts.call(pb.GetPersonRequest(id=person_id))


def effective(record: Any) -> tuple[list[str], str, str]:
    found = record.effective_addresses
    return [address.city for address in found.addresses], found.origin, found.origin_name


async def found(contacts: Harness, text: str) -> list[str]:
    return [item.last_name for item in (await contacts.call(pb.ListPersonsRequest(filter=text))).persons]


async def test_a_person_shows_the_address_of_the_nearest_organisation_that_has_one(contacts: Harness) -> None:
    holding = await organisation(contacts, "Holding", addresses=[KIEL])
    firm = await organisation(contacts, "Werft", parent_id=holding)
    department = await organisation(contacts, "Einkauf", parent_id=firm)
    anna = await person(contacts, "Öztürk", department)
    read = await shown(contacts, anna)
    assert effective(read) == (["Kiel"], f"organisations/{holding}", "Holding")
    assert read.effective_addresses.addresses[0].formatted == "Hafen 1\n24103 Kiel"
    assert not read.addresses
    department_shown = await contacts.call(organisations.GetOrganisationRequest(id=department))
    assert effective(department_shown) == (["Kiel"], f"organisations/{holding}", "Holding")
    await change(contacts, firm, addresses=[WIEN])
    assert effective(await shown(contacts, anna)) == (["Wien"], f"organisations/{firm}", "Werft")
    await change(contacts, firm, addresses=[])
    assert effective(await shown(contacts, anna)) == (["Kiel"], f"organisations/{holding}", "Holding")
    await change(contacts, firm, parent_id="")
    assert not (await shown(contacts, anna)).HasField("effective_addresses")


async def test_an_own_address_counts_more(contacts: Harness) -> None:
    firm = await organisation(contacts, "Werft", addresses=[KIEL])
    anna = await person(contacts, "Öztürk", firm, first_name="Anna", addresses=[WIEN])
    assert effective(await shown(contacts, anna)) == (["Wien"], f"persons/{anna}", "Anna Öztürk")
    firm_shown = await contacts.call(organisations.GetOrganisationRequest(id=firm))
    assert effective(firm_shown) == (["Kiel"], f"organisations/{firm}", "Werft")


async def test_only_the_primary_position_that_lasts_lends_its_address(contacts: Harness) -> None:
    werft = await organisation(contacts, "Werft", addresses=[KIEL])
    verein = await organisation(contacts, "Verein", addresses=[WIEN])
    anna = await person(contacts, "Öztürk", werft)
    aside = positions.Position(person_id=anna, organisation_id=verein)
    await contacts.call(positions.CreatePositionRequest(position=aside))
    read = await shown(contacts, anna)
    assert effective(read)[0] == ["Kiel"]
    ended = positions.Position(id=read.positions[0].id, person_id=anna, to_date={"year": 2026, "month": 1, "day": 31})
    await contacts.call(positions.UpdatePositionRequest(position=ended, update_mask=["to_date"]))
    assert effective(await shown(contacts, anna))[0] == []
    await contacts.call(positions.CreatePositionRequest(position=aside))
    assert effective(await shown(contacts, anna))[0] == ["Wien"]


async def test_who_shows_an_address_has_a_new_etag_when_it_changes(contacts: Harness) -> None:
    holding = await organisation(contacts, "Holding", addresses=[KIEL])
    firm = await organisation(contacts, "Werft", parent_id=holding)
    anna, berta = await person(contacts, "Öztürk", firm), await person(contacts, "Berg", firm, addresses=[WIEN])
    etags = [(await shown(contacts, person_id)).etag for person_id in (anna, berta)]
    await change(contacts, holding, addresses=[WIEN])
    assert [(await shown(contacts, person_id)).etag for person_id in (anna, berta)] == [str(int(etags[0]) + 1), etags[1]]
    told = [fact for fact in await contacts.published(facts.PersonUpdated) if list(fact.changed_fields) == ["effective_addresses"]]
    assert [fact.person.id for fact in told] == [anna]
    told_of = [fact.organisation.id for fact in await contacts.published(facts.OrganisationUpdated)]
    assert told_of == [holding, firm]
    await change(contacts, holding, name="Gruppe")
    assert effective(await shown(contacts, anna))[2] == "Gruppe"
    assert (await shown(contacts, anna)).etag == str(int(etags[0]) + 2)


async def test_what_inherited_from_a_deleted_organisation_inherits_from_above_it(contacts: Harness) -> None:
    holding = await organisation(contacts, "Holding", addresses=[KIEL])
    firm = await organisation(contacts, "Werft", parent_id=holding, addresses=[WIEN])
    department = await organisation(contacts, "Einkauf", parent_id=firm)
    anna = await person(contacts, "Öztürk", department)
    await contacts.call(organisations.DeleteOrganisationRequest(id=firm))
    assert effective(await shown(contacts, anna)) == (["Kiel"], f"organisations/{holding}", "Holding")
    assert await found(contacts, "city = kiel") == ["Öztürk"]
    assert await found(contacts, "city = wien") == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("city = kiel", ["Anna", "Berta"]),
        ("city = ki*", ["Anna", "Berta"]),
        ("postcode = 24103", ["Anna", "Berta"]),
        ("country = AT", ["Clara", "Dora"]),
        ("country = AT AND city = kiel", []),
        ("NOT city:*", ["Emma"]),
        ("city != kiel", ["Clara", "Dora", "Emma"]),
        ("city = kiel OR city = wien", ["Anna", "Berta", "Clara", "Dora"]),
    ],
)
async def test_people_are_found_by_the_address_that_counts(contacts: Harness, text: str, names: list[str]) -> None:
    holding = await organisation(contacts, "Holding", addresses=[KIEL])
    firm = await organisation(contacts, "Werft", parent_id=holding)
    await person(contacts, "Anna", firm)
    await person(contacts, "Berta", addresses=[KIEL])
    await person(contacts, "Clara", firm, addresses=[WIEN])
    await person(contacts, "Dora", await organisation(contacts, "Verlag", addresses=[WIEN]))
    await person(contacts, "Emma", await organisation(contacts, "Verein"))
    assert await found(contacts, text) == names
    stranger = replace(contacts.user, account_id=new_id())
    assert not (await contacts.call(pb.ListPersonsRequest(filter=text), user=stranger)).persons


async def test_organisations_are_found_by_the_address_that_counts(contacts: Harness) -> None:
    holding = await organisation(contacts, "Holding", addresses=[KIEL])
    await organisation(contacts, "Werft", parent_id=holding)
    await organisation(contacts, "Verlag", parent_id=holding, addresses=[WIEN])
    for text, names in (("city = kiel", ["Holding", "Werft"]), ("country = AT", ["Verlag"]), ("NOT city:*", [])):
        response = await contacts.call(organisations.ListOrganisationsRequest(filter=text))
        assert [item.name for item in response.organisations] == names


async def test_a_list_costs_one_statement_more_however_long_it_is(contacts: Harness) -> None:
    statements: list[str] = []
    sa.event.listen(contacts.running.context.database.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))

    async def cost() -> int:
        statements.clear()
        await contacts.call(pb.ListPersonsRequest())
        # Those that read addresses; the relay and the sweep ask the database meanwhile, too.
        return sum("contact_points" in statement for statement in statements)

    firm = await organisation(contacts, "Werft", addresses=[KIEL])
    await person(contacts, "mit", addresses=[WIEN])
    without = await cost()
    for number in range(5):
        await person(contacts, f"ohne {number}", firm if number % 2 else await organisation(contacts, "x", addresses=[WIEN]))
    assert await cost() == without + 1
