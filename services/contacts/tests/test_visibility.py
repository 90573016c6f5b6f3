"""Who sees what (A7, S3): a matrix of every operation, and what is shown of hidden records with others, on both databases."""

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import orjson
import pytest
import sqlalchemy as sa
from google.protobuf.message import Message
from PIL import Image

from kontor.contacts.events.v1 import events_pb2 as facts
from kontor.contacts.v1 import bulk_pb2 as bulk
from kontor.contacts.v1 import contact_points_pb2 as points
from kontor.contacts.v1 import duplicates_pb2 as duplicates
from kontor.contacts.v1 import merges_pb2 as merges
from kontor.contacts.v1 import operations_pb2 as operations
from kontor.contacts.v1 import organisations_pb2 as organisations
from kontor.contacts.v1 import persons_pb2 as persons
from kontor.contacts.v1 import photos_pb2 as photos
from kontor.contacts.v1 import positions_pb2 as positions
from kontor.contacts.v1 import tags_pb2 as tags
from kontor.contacts.v1 import visibility_pb2 as pb
from kontor.type.v1 import audit_pb2 as audit
from kontor.type.v1 import document_pb2 as documents
from kontor_chassis.errors import InvalidArgument, Moved, NotFound
from kontor_chassis.ids import new_id
from kontor_chassis.principal import Principal
from kontor_chassis.testing import Harness
from kontor_contacts.store.tables import METADATA
from services.contacts.tests.visible_world import EVERYONE, World, limited


def picture() -> bytes:
    output = io.BytesIO()
    Image.new("RGB", (20, 20), "red").save(output, "PNG")
    return output.getvalue()


@dataclass(frozen=True)
class Ids:
    """A hidden person at a hidden organisation, hidden with somebody who is like them; and what everyone sees."""

    person: str
    organisation: str
    position: str
    duplicate: str
    open_person: str
    open_organisation: str


@pytest.fixture
def world(contacts: Harness) -> World:
    return World.of(contacts)


@pytest.fixture
async def ids(world: World) -> Ids:
    hidden = limited(groups=[world.group], users=[world.named.user_id])
    person = await world.person("Geheim", hidden, first_name="Gerda", tags=["Kunde"])
    twin = await world.person("Geheim", hidden, first_name="Gerda")
    organisation = await world.organisation("Tarn GmbH", hidden, tags=["Kunde"], addresses=[points.PostalAddress(city="Kiel")])
    position = await world.employ(person.id, organisation.id, role="Vorstand")
    await world.call(photos.UploadPersonPhotoRequest(person_id=person.id, content=picture()))
    open_person, open_organisation = await world.person("Offen"), await world.organisation("Offen AG")
    return Ids(person.id, organisation.id, position.id, twin.duplicates[0].id, open_person.id, open_organisation.id)


def position(ids: Ids, **fields: Any) -> positions.Position:
    return positions.Position(**{"id": ids.position, "person_id": ids.person, "organisation_id": ids.organisation, **fields})


# Method → a request that names hidden records only.
ABOUT: dict[str, Callable[[Ids], Message]] = {
    "GetPerson": lambda ids: persons.GetPersonRequest(id=ids.person),
    "UpdatePerson": lambda ids: persons.UpdatePersonRequest(person=persons.Person(id=ids.person, title="Dr."), update_mask=["title"]),
    "ChangeEmployer": lambda ids: persons.ChangeEmployerRequest(id=ids.person, organisation_id=ids.open_organisation),
    "UploadPersonPhoto": lambda ids: photos.UploadPersonPhotoRequest(person_id=ids.person, content=picture()),
    "GetPersonPhoto": lambda ids: photos.GetPersonPhotoRequest(person_id=ids.person),
    "DeletePersonPhoto": lambda ids: photos.DeletePersonPhotoRequest(person_id=ids.person),
    "CreatePosition": lambda ids: positions.CreatePositionRequest(position=position(ids, id="", organisation_id=ids.open_organisation)),
    "GetPosition": lambda ids: positions.GetPositionRequest(id=ids.position, person_id=ids.person),
    "ListPositions": lambda ids: positions.ListPositionsRequest(person_id=ids.person),
    "UpdatePosition": lambda ids: positions.UpdatePositionRequest(position=position(ids, role="Einkauf"), update_mask=["role"]),
    "DeletePosition": lambda ids: positions.DeletePositionRequest(id=ids.position, person_id=ids.person),
    "GetOrganisation": lambda ids: organisations.GetOrganisationRequest(id=ids.organisation),
    "GetOrganisationAncestors": lambda ids: organisations.GetOrganisationAncestorsRequest(id=ids.organisation),
    "GetOrganisationRollUp": lambda ids: organisations.GetOrganisationRollUpRequest(id=ids.organisation),
    "UpdateOrganisation": lambda ids: organisations.UpdateOrganisationRequest(
        organisation=organisations.Organisation(id=ids.organisation, industry="Bau"), update_mask=["industry"]
    ),
    "DismissDuplicate": lambda ids: duplicates.DismissDuplicateRequest(id=ids.duplicate),
    "ListAuditEntries": lambda ids: audit.ListAuditEntriesRequest(subject=f"persons/{ids.person}"),
    "MergePersons": lambda ids: merges.MergePersonsRequest(id=ids.person, duplicate_id=ids.open_person),
    "MergeOrganisations": lambda ids: merges.MergeOrganisationsRequest(id=ids.organisation, duplicate_id=ids.open_organisation),
    "DeletePerson": lambda ids: persons.DeletePersonRequest(id=ids.person),
    "DeleteOrganisation": lambda ids: organisations.DeleteOrganisationRequest(id=ids.organisation),
}
# Methods that name no record, or none that can be hidden. Lists and counts are told in other tests.
OTHERS = {
    *("CreatePerson", "ListPersons", "CountPersonTags", "CreateOrganisation", "ListOrganisations", "CountOrganisationTags"),
    *("ListTags", "UpdateTag", "MergeTags", "DeleteTag", "ListDuplicates", "ScanDuplicates", "GetOperation"),
    *("CreateSegment", "GetSegment", "ListSegments", "UpdateSegment", "DeleteSegment"),
    *("CreateCustomField", "GetCustomField", "ListCustomFields", "UpdateCustomField", "DeleteCustomField"),
    *("BatchGetDocuments", "ListDocuments", "VerifyAuditLog"),
    *("GetMerge", "ListMerges", "UndoMerge"),
    *("BulkChangePersons", "BulkChangeOrganisations", "ListOperations", "ListOperationResults", "CancelOperation"),
    *("CreateWebForm", "GetWebForm", "ListWebForms", "UpdateWebForm", "DeleteWebForm", "RotateWebFormKey"),
    *("ListFormSubmissions", "GetFormSubmission", "AcceptFormSubmission"),
    *("GetPublicForm", "SubmitPublicForm", "GetFormConfirmation", "ConfirmFormSubmission"),
}
# Who → (whether they see what is hidden, the principal).
CALLERS: dict[str, tuple[bool, Callable[[World], Principal]]] = {
    "reader outside": (False, lambda world: replace(world.outside, role="reader")),
    "restricted outside": (False, lambda world: replace(world.outside, role="restricted")),
    "member outside": (False, lambda world: world.outside),
    "a role that is not known": (False, lambda world: replace(world.outside, role="")),
    "member of the group": (True, lambda world: world.inside),
    "reader in the group": (True, lambda world: replace(world.inside, role="reader")),
    "a named member": (True, lambda world: world.named),
    "admin": (True, lambda world: world.admin),
    "owner": (True, lambda world: replace(world.outside, role="owner")),
}


def contents(world: World) -> list[list[Any]]:
    with world.contacts.running.context.database.reading(world.admin.account_id) as connection:
        return [connection.execute(sa.select(table)).all() for table in METADATA.sorted_tables if table.name != "loose_photos"]


def test_the_matrix_names_every_method_once(contacts: Harness) -> None:
    assert sorted(path.rpartition("/")[2] for path in contacts.running.dispatcher.methods) == sorted([*ABOUT, *OTHERS])


@pytest.mark.parametrize("who", [who for who, (sees, _) in CALLERS.items() if not sees])
async def test_what_is_hidden_is_not_found_by_any_method_and_stays_as_it_is(world: World, ids: Ids, who: str) -> None:
    caller = CALLERS[who][1](world)
    before = contents(world)
    for name, request in ABOUT.items():
        with pytest.raises(NotFound):
            await world.call(request(ids), caller)
        assert contents(world) == before, name


@pytest.mark.parametrize("who", [who for who, (sees, _) in CALLERS.items() if sees])
async def test_who_is_named_or_in_the_group_or_has_the_role_can_do_everything(world: World, ids: Ids, who: str) -> None:
    caller = CALLERS[who][1](world)
    for name, request in ABOUT.items():
        if name == "DeletePersonPhoto":
            await world.call(photos.UploadPersonPhotoRequest(person_id=ids.person, content=picture()))
        if name in ("DeletePosition", "UpdatePosition"):
            continue
        await world.call(request(ids), caller)


async def test_a_merge_is_told_to_those_who_see_the_survivor_which_stays_as_limited_as_either_was(world: World, ids: Ids) -> None:
    twin = await world.person("Offen", first_name="Otto")
    merged = await world.call(merges.MergePersonsRequest(id=twin.id, duplicate_id=ids.person))
    assert set(merged.visibility.group_ids) == {world.group}
    get = merges.GetMergeRequest(id=merged.merge_id)
    assert (await world.call(get, world.inside)).id == merged.merge_id
    assert [item.id for item in (await world.call(merges.ListMergesRequest(), world.inside)).merges] == [merged.merge_id]
    assert not (await world.call(merges.ListMergesRequest(), world.outside)).merges
    assert not (await world.call(merges.ListMergesRequest(record=f"persons/{ids.person}"), world.outside)).merges
    for request in (get, merges.UndoMergeRequest(id=merged.merge_id), persons.GetPersonRequest(id=ids.person)):
        with pytest.raises(NotFound) as caught:
            await world.call(request, world.outside)
        # Nor where the old id leads.
        assert not isinstance(caught.value, Moved)
    await world.call(merges.UndoMergeRequest(id=merged.merge_id))
    assert [item.last_name for item in (await world.call(persons.ListPersonsRequest(name="offen"), world.outside)).persons] == ["Offen"] * 2
    with pytest.raises(NotFound):
        await world.call(persons.GetPersonRequest(id=ids.person), world.outside)


async def test_a_bulk_action_reaches_only_what_who_began_it_sees(world: World, ids: Ids) -> None:
    parts = world.contacts.running.context.parts
    everybody = bulk.BulkChangePersonsRequest(all=True, add_tags=["Neu"], validate_only=True)
    assert [(await world.call(everybody, who)).total for who in (world.outside, world.inside)] == [1, 3]
    named = bulk.BulkChangePersonsRequest(ids=[ids.person, ids.open_person], add_tags=["Neu"])
    begun = await world.call(named, world.outside)
    await parts.operations.settled()
    done = await world.call(operations.GetOperationRequest(id=begun.id), world.outside)
    assert (done.changed, done.gone) == (1, 1)
    assert "Neu" not in (await world.call(persons.GetPersonRequest(id=ids.person))).tags
    results = (await world.call(operations.ListOperationResultsRequest(id=begun.id), world.outside)).results
    assert "Geheim" not in " ".join(item.name for item in results)


async def test_hidden_records_cannot_be_pointed_at(world: World, ids: Ids) -> None:
    firm = organisations.Organisation(id=ids.open_organisation, parent_id=ids.organisation, main_contact_person_id=ids.person)
    for request, field in (
        (positions.CreatePositionRequest(position=position(ids, id="", person_id=ids.open_person)), "organisation_id"),
        (persons.ChangeEmployerRequest(id=ids.open_person, organisation_id=ids.organisation), "organisation_id"),
        (organisations.UpdateOrganisationRequest(organisation=firm, update_mask=["parent_id"]), "parent_id"),
        (organisations.UpdateOrganisationRequest(organisation=firm, update_mask=["main_contact_person_id"]), "main_contact_person_id"),
    ):
        with pytest.raises(InvalidArgument) as caught:
            await world.call(request, world.outside)
        assert caught.value.violations[0].field == field


async def test_lists_counts_and_pairs_are_without_what_is_hidden(world: World, ids: Ids) -> None:
    for caller, hidden in ((world.outside, []), (world.inside, ["Geheim", "Geheim"]), (world.admin, ["Geheim", "Geheim"])):
        assert await world.persons(caller) == [*hidden, "Offen"]
        assert await world.persons(caller, name="gehe") == hidden
        assert await world.persons(caller, tag=["Kunde"]) == hidden[:1]
        assert await world.persons(caller, organisation_id=ids.organisation) == hidden[:1]
        assert await world.persons(caller, tag=["Kunde"], organisation_id=ids.organisation) == hidden[:1]
        assert await world.persons(caller, filter="last_name = Geheim") == hidden
        assert sorted(await world.persons(caller, order_by="update_time desc")) == [*hidden, "Offen"]
        assert await world.persons(caller, filter=f"within = {ids.organisation}") == hidden[:1]
        assert await world.persons(caller, filter="city = Kiel") == hidden[:1]
        firms = ["Tarn GmbH"] if hidden else []
        assert await world.organisations(caller) == ["Offen AG", *firms]
        assert await world.organisations(caller, tag=["Kunde"]) == firms
        assert await world.organisations(caller, filter="city = Kiel") == firms
        [tag] = (await world.call(tags.ListTagsRequest(), caller)).tags
        assert (tag.person_count, tag.organisation_count) == (len(hidden[:1]), len(firms))
        counted = await world.call(persons.CountPersonTagsRequest(), caller)
        assert (counted.record_count, [item.count for item in counted.tags]) == (len(hidden) + 1, [1] if hidden else [])
        pairs = (await world.call(duplicates.ListDuplicatesRequest(), caller)).duplicates
        assert [pair.id for pair in pairs] == ([ids.duplicate] if hidden else [])
        again = await world.person("Geheim", first_name="Gerda", user=caller)
        assert bool(again.duplicates) == bool(hidden)
        await world.call(persons.DeletePersonRequest(id=again.id))


async def test_pages_are_full_although_hidden_records_stand_between(world: World) -> None:
    hidden = limited(groups=[world.group])
    for number in range(9):
        await world.person(f"P{number}", hidden if number % 3 else EVERYONE, tags=["x"])
    for request in ({}, {"tag": ["x"]}, {"name": "p"}, {"filter": "tags:x"}, {"order_by": "create_time"}):
        first = await world.call(persons.ListPersonsRequest(page_size=2, **request), world.outside)
        second = await world.call(persons.ListPersonsRequest(page_size=2, page_token=first.next_page_token, **request), world.outside)
        assert [item.last_name for item in (*first.persons, *second.persons)] == ["P0", "P3", "P6"], request
        assert not second.next_page_token


async def test_a_person_is_shown_without_what_they_do_at_a_hidden_organisation(world: World, ids: Ids) -> None:
    await world.employ(ids.open_person, ids.organisation, role="Beirat")
    seen = await world.call(persons.GetPersonRequest(id=ids.open_person), world.inside)
    assert [item.organisation_name for item in seen.positions] == ["Tarn GmbH"]
    assert seen.effective_addresses.origin_name == "Tarn GmbH"
    shown = await world.call(persons.GetPersonRequest(id=ids.open_person), world.outside)
    [listed] = (await world.call(persons.ListPersonsRequest(name="offen"), world.outside)).persons
    for person in (shown, listed):
        assert not person.positions
        assert not person.HasField("effective_addresses")
    listing = await world.call(positions.ListPositionsRequest(person_id=ids.open_person), world.outside)
    assert not listing.positions
    with pytest.raises(NotFound):
        await world.call(positions.GetPositionRequest(person_id=ids.open_person, id=seen.positions[0].id), world.outside)
    assert await world.persons(world.outside, filter="organisation:*") == []
    assert await world.persons(world.outside, filter="city:*") == []
    # What they change leaves it as it is.
    await world.employ(ids.open_person, ids.open_organisation)
    change = persons.ChangeEmployerRequest(id=ids.open_person, organisation_id=ids.open_organisation, role="Chefin")
    changed = await world.call(change, world.outside)
    assert {item.organisation_name for item in changed.positions} == {"Offen AG"}
    kept = (await world.call(persons.GetPersonRequest(id=ids.open_person))).positions
    assert len(kept) == 3
    assert sum(item.primary and not item.HasField("to_date") for item in kept) == 1


async def test_an_organisation_is_shown_without_the_name_of_a_hidden_main_contact(world: World, ids: Ids) -> None:
    await world.employ(ids.person, ids.open_organisation)
    firm = organisations.Organisation(id=ids.open_organisation, main_contact_person_id=ids.person)
    await world.call(organisations.UpdateOrganisationRequest(organisation=firm, update_mask=["main_contact_person_id"]))
    get = organisations.GetOrganisationRequest(id=ids.open_organisation)
    assert (await world.call(get, world.inside)).main_contact.name == "Gerda Geheim"
    shown = await world.call(get, world.outside)
    assert not shown.HasField("main_contact")
    rename = organisations.Organisation(id=ids.open_organisation, name="Anders")
    changed = await world.call(organisations.UpdateOrganisationRequest(organisation=rename, update_mask=["name"]), world.outside)
    assert not changed.HasField("main_contact")
    assert (await world.call(get, world.inside)).main_contact.name == "Gerda Geheim"


async def test_a_tree_holds_together_through_hidden_organisations_and_shows_none(world: World) -> None:
    hidden = limited(groups=[world.group])
    top = await world.organisation("Holding")
    middle = await world.organisation("Zwischen", hidden, parent_id=top.id, addresses=[points.PostalAddress(city="Kiel")])
    leaf = await world.organisation("Abteilung", parent_id=middle.id)
    for name, firm, visibility in (("A", top, EVERYONE), ("B", middle, EVERYONE), ("C", leaf, EVERYONE), ("D", leaf, hidden)):
        await world.employ((await world.person(name, visibility)).id, firm.id)
    for caller, names, people in ((world.outside, ["Holding"], ["A", "C"]), (world.inside, ["Holding", "Zwischen"], ["A", "B", "C", "D"])):
        above = await world.call(organisations.GetOrganisationAncestorsRequest(id=leaf.id), caller)
        assert [item.name for item in above.ancestors] == names
        counted = await world.call(organisations.GetOrganisationRollUpRequest(id=top.id), caller)
        assert (counted.organisation_count, counted.person_count) == (len(names) + 1, len(people))
        assert await world.persons(caller, filter=f"within = {top.id}") == people
        assert sorted(await world.organisations(caller, filter=f"within = {top.id}")) == sorted(["Abteilung", *names])
        assert await world.organisations(caller, parent_id=top.id) == names[1:]
        shown = await world.call(organisations.GetOrganisationRequest(id=leaf.id), caller)
        assert shown.effective_addresses.origin_name == ("Zwischen" if len(names) == 2 else "")


async def test_the_log_of_a_person_is_without_what_they_did_at_a_hidden_organisation(world: World, ids: Ids) -> None:
    await world.employ(ids.open_person, ids.organisation, role="Beirat")
    await world.employ(ids.open_person, ids.open_organisation)
    request = audit.ListAuditEntriesRequest(subject=f"persons/{ids.open_person}")
    assert "Tarn GmbH" in str(await world.call(request, world.inside))
    shown = str(await world.call(request, world.outside))
    assert "Tarn GmbH" not in shown
    assert "Beirat" not in shown
    assert "Offen AG" in shown
    await world.call(organisations.DeleteOrganisationRequest(id=ids.organisation))
    await world.call(organisations.DeleteOrganisationRequest(id=ids.open_organisation))
    shown = str(await world.call(request, world.outside))
    assert "Tarn GmbH" not in shown
    assert "Offen AG" in shown


@pytest.mark.parametrize(
    ("visibility", "field"),
    [
        (pb.Visibility(), "visibility.mode"),
        (pb.Visibility(mode=9), "visibility.mode"),  # type: ignore[arg-type]
        (limited(), "visibility"),
        (pb.Visibility(mode=pb.VISIBILITY_MODE_EVERYONE, group_ids=["x"]), "visibility.mode"),
        (limited(groups=["x"]), "visibility.group_ids[0]"),
        (limited(users=[new_id(), ""]), "visibility.user_ids[1]"),
        (limited(users=[new_id() for _ in range(51)]), "visibility.user_ids"),
        (limited(users=["'; DROP TABLE persons; --"]), "visibility.user_ids[0]"),
    ],
)
async def test_a_visibility_that_says_nothing_clear_is_refused(world: World, visibility: pb.Visibility, field: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        await world.person("A", visibility)
    assert caught.value.violations[0].field.startswith(field)
    with pytest.raises(InvalidArgument):
        await world.organisation("A", visibility)


async def test_nobody_hides_a_record_from_themselves_but_who_sees_everything(world: World) -> None:
    foreign = limited(groups=[new_id()], users=[new_id()])
    with pytest.raises(InvalidArgument, match="yourself"):
        await world.person("A", foreign, user=world.inside)
    made = await world.person("A", limited(groups=[world.group]), user=world.inside)
    request = persons.UpdatePersonRequest(person=persons.Person(id=made.id, visibility=foreign), update_mask=["visibility"])
    with pytest.raises(InvalidArgument, match="yourself"):
        await world.call(request, world.inside)
    assert (await world.call(persons.GetPersonRequest(id=made.id), world.inside)).etag == made.etag
    hidden = await world.call(request, world.admin)
    assert hidden.visibility == limited(groups=sorted(foreign.group_ids), users=foreign.user_ids)
    with pytest.raises(NotFound):
        await world.call(persons.GetPersonRequest(id=made.id), world.inside)


async def test_another_accounts_group_opens_nothing_here(world: World) -> None:
    """S1: its id can be named, but nobody here is ever in it, and its members are not here."""
    made = await world.person("A", limited(groups=[world.group]))
    stranger = replace(world.inside, account_id=new_id())
    with pytest.raises(NotFound):
        await world.call(persons.GetPersonRequest(id=made.id), stranger)
    assert await world.persons(stranger) == []


async def test_a_change_of_visibility_is_a_change_like_others(world: World) -> None:
    made = await world.person("A")
    assert made.visibility == EVERYONE
    firm = await world.organisation("M")
    await world.employ(made.id, firm.id)
    hidden = limited(groups=[world.group])
    request = organisations.UpdateOrganisationRequest(
        organisation=organisations.Organisation(id=firm.id, visibility=hidden), update_mask=["visibility"]
    )
    changed = await world.call(request)
    assert (changed.visibility, changed.etag) == (hidden, "2")
    assert (await world.call(request)).etag == "2"
    # What is shown of the organisation with others is another now, so they are, too.
    assert (await world.call(persons.GetPersonRequest(id=made.id))).etag == "3"
    told = await world.contacts.published(facts.OrganisationUpdated)
    assert [(list(fact.organisation.visible_to), list(fact.changed_fields)) for fact in told] == [
        ([f"groups/{world.group}"], ["visibility"])
    ]
    [entry, _] = (await world.call(audit.ListAuditEntriesRequest(subject=f"organisations/{firm.id}"))).audit_entries
    [change] = entry.changes
    assert (change.field, orjson.loads(change.after.text)) == ("visibility", {"group_ids": [world.group], "user_ids": []})
    back = organisations.UpdateOrganisationRequest(
        organisation=organisations.Organisation(id=firm.id, visibility=EVERYONE), update_mask=["visibility"]
    )
    assert (await world.call(back)).visibility == EVERYONE
    assert await world.organisations(world.outside) == ["M"]


async def test_documents_say_who_may_find_them_and_name_no_limited_employer(world: World, ids: Ids) -> None:
    await world.employ(ids.open_person, ids.organisation, role="Beirat")
    await world.employ(ids.open_person, ids.open_organisation)
    refs = [f"persons/{ids.person}", f"persons/{ids.open_person}", f"organisations/{ids.organisation}"]
    request = documents.BatchGetDocumentsRequest(refs=refs)
    found = {item.ref: item for item in (await world.call(request, world.service)).documents}
    named = [f"groups/{world.group}", f"users/{world.named.user_id}"]
    assert [list(found[ref].visible_to) for ref in refs] == [named, [], named]
    assert list(found[refs[1]].keywords) == ["Offen AG"]
