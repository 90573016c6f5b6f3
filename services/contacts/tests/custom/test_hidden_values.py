"""A custom field that hidden records have is in use, and it is not told by how many of them (A7, B8), on both databases."""

from typing import Any

import pytest
from google.protobuf.message import Message

from kontor.contacts.v1 import custom_fields_pb2 as pb
from kontor.contacts.v1 import persons_pb2 as persons
from kontor_chassis.errors import FailedPrecondition
from kontor_chassis.testing import Harness
from services.contacts.tests.custom.conftest import PERSON, message
from services.contacts.tests.visible_world import EVERYONE, World, limited


def changes(field: pb.CustomField) -> dict[str, Message]:
    """Reason → what is refused for it."""
    fewer = pb.CustomField(id=field.id, choices=[pb.Choice(key="b", label="B")])
    other = pb.CustomField(id=field.id, type=pb.CUSTOM_FIELD_TYPE_NUMBER)
    return {
        "CHOICE_IN_USE": pb.UpdateCustomFieldRequest(custom_field=fewer, update_mask=["choices"]),
        "CUSTOM_FIELD_IN_USE": pb.DeleteCustomFieldRequest(id=field.id),
        "TYPE_CANNOT_CHANGE": pb.UpdateCustomFieldRequest(custom_field=other, update_mask=["type", "choices"]),
    }


async def refused(world: World, request: Message, user: Any) -> FailedPrecondition:
    with pytest.raises(FailedPrecondition) as refusal:
        await world.call(request, user)
    return refusal.value


@pytest.mark.parametrize("reason", ["CHOICE_IN_USE", "CUSTOM_FIELD_IN_USE", "TYPE_CANNOT_CHANGE"])
async def test_a_refusal_counts_what_the_caller_sees(contacts: Harness, reason: str) -> None:
    world = World.of(contacts)
    choices = [pb.Choice(key="a", label="A"), pb.Choice(key="b", label="B")]
    field = pb.CustomField(record_kind=PERSON, key="rang", label="Rang", type=pb.CUSTOM_FIELD_TYPE_CHOICE, choices=choices)
    request = changes(await world.call(pb.CreateCustomFieldRequest(custom_field=field)))[reason]
    await world.person("Offen", custom=message({"rang": "a"}))
    alone = await refused(world, request, world.outside)
    assert str(alone).startswith("1 record has")
    hidden = await world.person("Geheim", limited(groups=[world.group]), custom=message({"rang": "a"}))
    for caller, count, begins in (
        (world.outside, "1", "Records have"),
        (world.inside, "2", "Records have"),
        (world.admin, "2", "2 records have"),
    ):
        refusal = await refused(world, request, caller)
        assert (refusal.reason, refusal.detail["count"]) == (reason, count)
        assert str(refusal).startswith(begins)
    open_person = (await world.call(persons.ListPersonsRequest(), world.outside)).persons[0]
    await world.call(persons.DeletePersonRequest(id=open_person.id))
    refusal = await refused(world, request, world.outside)
    assert (refusal.detail["count"], str(refusal).split(" a value")[0].split(" the choice")[0]) == ("0", "Records have")
    shown = persons.Person(id=hidden.id, visibility=EVERYONE)
    await world.call(persons.UpdatePersonRequest(person=shown, update_mask=["visibility"]))
    assert str(await refused(world, request, world.outside)).startswith("1 record has")
