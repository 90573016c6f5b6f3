"""Tags (B9): renamed and deleted everywhere at once."""

import pytest

from kontor.contacts.events.v1 import events_pb2 as facts
from kontor.contacts.v1 import organisations_pb2 as organisation
from kontor.contacts.v1 import persons_pb2 as person
from kontor.contacts.v1 import positions_pb2 as position
from kontor.contacts.v1 import tags_pb2 as pb
from kontor_chassis.errors import Aborted, AlreadyExists, InvalidArgument, NotFound
from kontor_chassis.ids import new_id
from kontor_chassis.testing import Harness


async def tagged(contacts: Harness, *names: str) -> person.Person:
    made: person.Person = await contacts.call(person.CreatePersonRequest(person=person.Person(last_name="Öztürk", tags=names)))
    return made


async def tag(contacts: Harness, name: str) -> pb.Tag:
    found: pb.Tag = (await contacts.call(pb.ListTagsRequest(name=name))).tags[0]
    return found


async def test_a_renamed_tag_shows_its_new_name_and_changes_the_etag_of_what_carries_it(contacts: Harness) -> None:
    anna = await tagged(contacts, "A-Kunde")
    firm = await contacts.call(organisation.CreateOrganisationRequest(organisation=organisation.Organisation(name="M", tags=["a-kunde"])))
    old = await tag(contacts, "A-Kunde")
    assert (old.person_count, old.organisation_count) == (1, 1)
    new = await contacts.call(pb.UpdateTagRequest(tag=pb.Tag(id=old.id, name="Stammkunde"), update_mask=["name"], etag=old.etag))
    assert (new.name, new.etag) == ("Stammkunde", "2")
    shown = await contacts.call(person.GetPersonRequest(id=anna.id))
    assert (list(shown.tags), shown.etag) == (["Stammkunde"], "2")
    assert (await contacts.call(organisation.GetOrganisationRequest(id=firm.id))).etag == "2"
    assert [list(fact.person.tags) for fact in await contacts.published(facts.PersonUpdated)] == [["Stammkunde"]]
    assert len(await contacts.published(facts.OrganisationUpdated)) == 1


async def test_a_deleted_tag_is_taken_off_everything(contacts: Harness) -> None:
    anna = await tagged(contacts, "A-Kunde", "VIP")
    await contacts.call(pb.DeleteTagRequest(id=(await tag(contacts, "VIP")).id))
    shown = await contacts.call(person.GetPersonRequest(id=anna.id))
    assert (list(shown.tags), shown.etag) == (["A-Kunde"], "2")
    assert (await contacts.call(person.ListPersonsRequest(tag=["VIP"]))).persons == []


async def test_a_renamed_organisation_shows_with_its_people(contacts: Harness) -> None:
    anna = await tagged(contacts)
    firm = await contacts.call(organisation.CreateOrganisationRequest(organisation=organisation.Organisation(name="Alt")))
    await contacts.call(position.CreatePositionRequest(position=position.Position(person_id=anna.id, organisation_id=firm.id)))
    before = await contacts.call(person.GetPersonRequest(id=anna.id))
    renamed = organisation.Organisation(id=firm.id, name="Neu")
    await contacts.call(organisation.UpdateOrganisationRequest(organisation=renamed, update_mask=["name"]))
    after = await contacts.call(person.GetPersonRequest(id=anna.id))
    assert after.positions[0].organisation_name == "Neu"
    assert after.etag != before.etag


async def test_what_cannot_be_done_to_a_tag_is_refused(contacts: Harness) -> None:
    await tagged(contacts, "A-Kunde", "VIP")
    vip = await tag(contacts, "VIP")
    for request, error in (
        (pb.UpdateTagRequest(tag=pb.Tag(id=vip.id, name="a-KUNDE"), update_mask=["name"]), AlreadyExists),
        (pb.UpdateTagRequest(tag=pb.Tag(id=vip.id, name=" "), update_mask=["name"]), InvalidArgument),
        (pb.UpdateTagRequest(tag=pb.Tag(id=vip.id, name="X"), update_mask=["name"], etag="9"), Aborted),
        (pb.UpdateTagRequest(tag=pb.Tag(id=new_id(), name="X"), update_mask=["name"]), NotFound),
        (pb.DeleteTagRequest(id=new_id()), NotFound),
    ):
        with pytest.raises(error):
            await contacts.call(request)
    assert (await tag(contacts, "VIP")) == vip
