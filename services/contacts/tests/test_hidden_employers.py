"""What a person does at an organisation that somebody does not see: they neither learn of it nor end it (A7, B4), on both databases."""

from dataclasses import dataclass
from typing import Any

import pytest
from google.type.date_pb2 import Date

from kontor.contacts.events.v1 import events_pb2 as facts
from kontor.contacts.v1 import persons_pb2 as persons
from kontor.contacts.v1 import positions_pb2 as positions
from kontor.type.v1 import audit_pb2 as audit
from kontor_chassis.errors import InvalidArgument
from kontor_chassis.ids import new_id
from kontor_chassis.principal import Principal
from kontor_chassis.testing import Harness
from services.contacts.tests.visible_world import World, limited

SINCE = Date(year=2024, month=3, day=5)


@dataclass(frozen=True)
class Employed:
    """Whom everyone sees and who works, as only some see, at a hidden organisation; and another organisation."""

    world: World
    person: str
    hidden: str
    open: str

    async def change(self, organisation_id: str, user: Principal, **fields: Any) -> persons.Person:
        request = persons.ChangeEmployerRequest(id=self.person, organisation_id=organisation_id, **fields)
        changed: persons.Person = await self.world.call(request, user)
        return changed

    async def shown(self, user: Principal) -> list[tuple[str, bool, bool]]:
        """Where they work or worked, whether still, and whether that is marked as primary."""
        person = await self.world.call(persons.GetPersonRequest(id=self.person), user)
        return [(item.organisation_name, not item.HasField("to_date"), item.primary) for item in person.positions]


@pytest.fixture
async def anna(contacts: Harness) -> Employed:
    world = World.of(contacts)
    person = await world.person("Öztürk", first_name="Anna")
    hidden = await world.organisation("Tarn GmbH", limited(groups=[world.group]))
    await world.employ(person.id, hidden.id, role="Vorstand", from_date=SINCE)
    return Employed(world, person.id, hidden.id, (await world.organisation("Offen AG")).id)


async def test_naming_a_hidden_employer_says_what_naming_none_says(anna: Employed) -> None:
    said = []
    for organisation_id in (anna.hidden, new_id()):
        with pytest.raises(InvalidArgument) as refusal:
            await anna.change(organisation_id, anna.world.outside)
        said.append(refusal.value.violations)
    assert said[0] == said[1]
    with pytest.raises(InvalidArgument, match="works already"):
        await anna.change(anna.hidden, anna.world.inside)


async def test_a_hidden_position_neither_ends_nor_sets_the_first_day_of_another_one(anna: Employed) -> None:
    changed = await anna.change(anna.open, anna.world.outside, change_date=Date(year=2020, month=1, day=1), role="Einkauf")
    assert [(item.organisation_name, item.primary) for item in changed.positions] == [("Offen AG", True)]
    assert await anna.shown(anna.world.outside) == [("Offen AG", True, True)]
    assert await anna.shown(anna.world.inside) == [("Offen AG", True, True), ("Tarn GmbH", True, False)]
    request = positions.ListPositionsRequest(person_id=anna.person)
    kept = (await anna.world.call(request, anna.world.inside)).positions[1]
    assert (kept.role, kept.from_date, kept.HasField("to_date")) == ("Vorstand", SINCE, False)


async def test_who_sees_the_employer_ends_what_is_there(anna: Employed) -> None:
    with pytest.raises(InvalidArgument, match="must be after 2024-03-05"):
        await anna.change(anna.open, anna.world.inside, change_date=SINCE)
    await anna.change(anna.open, anna.world.inside)
    assert await anna.shown(anna.world.inside) == [("Offen AG", True, True), ("Tarn GmbH", False, False)]


async def test_the_first_position_that_somebody_sees_is_primary_and_there_is_one(anna: Employed) -> None:
    made = positions.Position(person_id=anna.person, organisation_id=anna.open)
    made = await anna.world.call(positions.CreatePositionRequest(position=made), anna.world.outside)
    assert made.primary
    assert await anna.shown(anna.world.inside) == [("Offen AG", True, True), ("Tarn GmbH", True, False)]


async def test_the_log_names_the_hidden_employer_to_those_who_see_it(anna: Employed) -> None:
    await anna.change(anna.open, anna.world.outside)
    request = audit.ListAuditEntriesRequest(subject=f"persons/{anna.person}")
    [entry, *_] = (await anna.world.call(request, anna.world.inside)).audit_entries
    assert "Tarn GmbH" in str(entry)
    assert anna.hidden not in str(await anna.world.call(request, anna.world.outside))


async def test_the_fact_tells_who_may_see_the_organisations(anna: Employed) -> None:
    await anna.change(anna.open, anna.world.outside, change_date=Date(year=2020, month=1, day=1))
    await anna.change(anna.hidden, anna.world.inside)
    first, second = await anna.world.contacts.published(facts.PersonEmployerChanged)
    assert (first.from_organisation_id, first.from_organisation_name, first.to_organisation_name) == ("", "", "Offen AG")
    assert (list(first.from_visible_to), list(first.to_visible_to)) == ([], [])
    assert (second.from_organisation_name, second.to_organisation_name) == ("Offen AG", "Tarn GmbH")
    assert (list(second.from_visible_to), list(second.to_visible_to)) == ([], [f"groups/{anna.world.group}"])
