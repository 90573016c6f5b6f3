"""Whoever says nothing of visibility opens nothing (A7)."""

import pytest

from kontor.contacts.v1 import organisations_pb2 as organisations
from kontor.contacts.v1 import persons_pb2 as persons
from kontor_chassis.errors import InvalidArgument
from kontor_chassis.testing import Harness
from services.contacts.tests.visible_world import World, limited


async def test_null_in_a_change_is_refused_and_leaves_the_record_limited(contacts: Harness) -> None:
    world = World.of(contacts)
    person = await world.person("Geheim", limited(groups=[world.group]))
    firm = await world.organisation("Tarn", limited(groups=[world.group]))
    for request in (
        persons.UpdatePersonRequest(person=persons.Person(id=person.id), update_mask=["visibility"]),
        organisations.UpdateOrganisationRequest(organisation=organisations.Organisation(id=firm.id), update_mask=["visibility"]),
    ):
        with pytest.raises(InvalidArgument) as caught:
            await world.call(request)
        assert [violation.field for violation in caught.value.violations] == ["visibility"]
    assert (await world.call(persons.GetPersonRequest(id=person.id))).visibility == limited(groups=[world.group])
