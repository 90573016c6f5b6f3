"""S12: every write leaves exactly one audit entry per record that it changes, in its own transaction, and none where nothing changes.

A method that writes and has no case here fails the first test.
"""

import io
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from google.protobuf.message import Message
from PIL import Image

from kontor.contacts.v1 import bulk_pb2 as bulk
from kontor.contacts.v1 import custom_fields_pb2 as custom_fields
from kontor.contacts.v1 import duplicates_pb2 as duplicates
from kontor.contacts.v1 import form_submissions_pb2 as form_submissions
from kontor.contacts.v1 import merges_pb2 as merges
from kontor.contacts.v1 import operations_pb2 as operations
from kontor.contacts.v1 import organisations_pb2 as organisations
from kontor.contacts.v1 import persons_pb2 as persons
from kontor.contacts.v1 import photos_pb2 as photos
from kontor.contacts.v1 import positions_pb2 as positions
from kontor.contacts.v1 import public_forms_pb2 as public_forms
from kontor.contacts.v1 import segments_pb2 as segments
from kontor.contacts.v1 import tags_pb2 as tags
from kontor.contacts.v1 import web_forms_pb2 as web_forms
from kontor.contacts.v1.record_kinds_pb2 import RECORD_KIND_PERSON
from kontor.type.v1 import rule_pb2
from kontor_chassis.db.plumbing import AUDIT
from kontor_chassis.errors import KontorError
from kontor_chassis.ids import new_id
from kontor_chassis.testing import STRANGER, Harness


@dataclass(frozen=True)
class World:
    """Ids of what is there before a case begins."""

    person: str
    organisation: str
    other_organisation: str
    position: str
    tag: str
    other_tag: str
    custom_field: str
    segment: str
    duplicate: str
    operation: str
    # Ada, twice; and who was merged into whom already.
    twins: tuple[str, str]
    merge: str
    web_form: str
    # Taken for a robot's.
    form_submission: str


@dataclass(frozen=True)
class Case:
    """What a method is asked, and which records (by noun) it changes how; what it refuses; what changes nothing."""

    request: Callable[[World], Message]
    entries: list[tuple[str, str]]
    refused: Callable[[World], Message]
    idle: Callable[[World], Message] | None = None


def person(**fields: object) -> persons.Person:
    return persons.Person(**{"last_name": "Zuse", **fields})  # type: ignore[arg-type]


def organisation(**fields: object) -> organisations.Organisation:
    return organisations.Organisation(**{"name": "Amt", **fields})  # type: ignore[arg-type]


def custom_field(**fields: object) -> custom_fields.CustomField:
    values = {"record_kind": RECORD_KIND_PERSON, "key": "umsatz", "label": "Umsatz", "type": custom_fields.CUSTOM_FIELD_TYPE_NUMBER}
    return custom_fields.CustomField(**{**values, **fields})  # type: ignore[arg-type]


def a_segment(**fields: object) -> segments.Segment:
    return segments.Segment(**{"name": "Gute", "record_kind": RECORD_KIND_PERSON, "filter": "vip = true", **fields})  # type: ignore[arg-type]


def a_form(**fields: object) -> web_forms.WebForm:
    fields = {"name": "Kontakt", "active": True, "fields": [web_forms.FormField(key="last_name", required=True)], **fields}
    return web_forms.WebForm(**fields)  # type: ignore[arg-type]


def _picture() -> bytes:
    output = io.BytesIO()
    Image.new("RGB", (20, 20), "red").save(output, "PNG")
    return output.getvalue()


PICTURE = _picture()

CASES: dict[str, Case] = {
    "ChangeEmployer": Case(
        lambda world: persons.ChangeEmployerRequest(id=world.person, organisation_id=world.other_organisation),
        [("persons", "update")],
        refused=lambda world: persons.ChangeEmployerRequest(id=world.person, organisation_id=world.organisation),
    ),
    "DeletePersonPhoto": Case(
        lambda world: photos.DeletePersonPhotoRequest(person_id=world.person),
        [("persons", "update")],
        refused=lambda world: photos.DeletePersonPhotoRequest(person_id=world.person, etag="99"),
    ),
    "CreateCustomField": Case(
        lambda world: custom_fields.CreateCustomFieldRequest(custom_field=custom_field(key="anteil")),
        [("custom-fields", "create")],
        refused=lambda world: custom_fields.CreateCustomFieldRequest(custom_field=custom_field()),
    ),
    "UpdateCustomField": Case(
        lambda world: custom_fields.UpdateCustomFieldRequest(
            custom_field=custom_field(id=world.custom_field, label="Umsatz in Euro"), update_mask=["label"]
        ),
        [("custom-fields", "update")],
        refused=lambda world: custom_fields.UpdateCustomFieldRequest(
            custom_field=custom_field(id=world.custom_field, label=""), update_mask=["label"]
        ),
        idle=lambda world: custom_fields.UpdateCustomFieldRequest(custom_field=custom_field(id=world.custom_field), update_mask=["label"]),
    ),
    "DeleteCustomField": Case(
        lambda world: custom_fields.DeleteCustomFieldRequest(id=world.custom_field),
        [("custom-fields", "delete")],
        refused=lambda world: custom_fields.DeleteCustomFieldRequest(id=world.custom_field, etag="99"),
    ),
    "CreateSegment": Case(
        lambda world: segments.CreateSegmentRequest(segment=a_segment(name="Beste")),
        [("segments", "create")],
        refused=lambda world: segments.CreateSegmentRequest(segment=a_segment()),
    ),
    "UpdateSegment": Case(
        lambda world: segments.UpdateSegmentRequest(segment=a_segment(id=world.segment, filter="vip = false"), update_mask=["filter"]),
        [("segments", "update")],
        refused=lambda world: segments.UpdateSegmentRequest(segment=a_segment(id=world.segment, filter="vip ="), update_mask=["filter"]),
        idle=lambda world: segments.UpdateSegmentRequest(segment=a_segment(id=world.segment), update_mask=["filter", "name"]),
    ),
    "DeleteSegment": Case(
        lambda world: segments.DeleteSegmentRequest(id=world.segment),
        [("segments", "delete")],
        refused=lambda world: segments.DeleteSegmentRequest(id=world.segment, etag="99"),
    ),
    "MergeTags": Case(
        lambda world: tags.MergeTagsRequest(id=world.tag, into_id=world.other_tag),
        [("tags", "merge")],
        refused=lambda world: tags.MergeTagsRequest(id=world.tag, into_id=world.tag),
    ),
    "CreatePerson": Case(
        lambda world: persons.CreatePersonRequest(person=person()),
        [("persons", "create")],
        refused=lambda world: persons.CreatePersonRequest(person=person(last_name="")),
    ),
    "UpdatePerson": Case(
        lambda world: persons.UpdatePersonRequest(person=person(id=world.person, title="Dr."), update_mask=["title", "last_name"]),
        [("persons", "update")],
        refused=lambda world: persons.UpdatePersonRequest(person=person(id=world.person, title="Dr."), update_mask=["title"], etag="99"),
        idle=lambda world: persons.UpdatePersonRequest(person=person(id=world.person, last_name="Öztürk"), update_mask=["last_name"]),
    ),
    "DeletePerson": Case(
        lambda world: persons.DeletePersonRequest(id=world.person),
        [("persons", "delete")],
        refused=lambda world: persons.DeletePersonRequest(id=new_id()),
    ),
    "CreateOrganisation": Case(
        lambda world: organisations.CreateOrganisationRequest(organisation=organisation()),
        [("organisations", "create")],
        refused=lambda world: organisations.CreateOrganisationRequest(organisation=organisation(name="")),
    ),
    "UpdateOrganisation": Case(
        lambda world: organisations.UpdateOrganisationRequest(organisation=organisation(id=world.organisation), update_mask=["name"]),
        [("organisations", "update")],
        refused=lambda world: organisations.UpdateOrganisationRequest(
            organisation=organisation(id=world.organisation, website="javascript:x"), update_mask=["website"]
        ),
        idle=lambda world: organisations.UpdateOrganisationRequest(
            organisation=organisation(id=world.organisation), update_mask=["industry"]
        ),
    ),
    "DeleteOrganisation": Case(
        lambda world: organisations.DeleteOrganisationRequest(id=world.organisation),
        # Whose position there ends is changed, too.
        [("organisations", "delete"), ("persons", "update")],
        refused=lambda world: organisations.DeleteOrganisationRequest(id=world.organisation, etag="99"),
    ),
    "CreatePosition": Case(
        # The mark of the primary one moves, which belongs to the same change of the same person.
        lambda world: positions.CreatePositionRequest(
            position=positions.Position(person_id=world.person, organisation_id=world.other_organisation, primary=True)
        ),
        [("persons", "update")],
        refused=lambda world: positions.CreatePositionRequest(
            position=positions.Position(person_id=world.person, organisation_id=new_id())
        ),
    ),
    "UpdatePosition": Case(
        lambda world: positions.UpdatePositionRequest(
            position=positions.Position(id=world.position, person_id=world.person, role="Einkauf"), update_mask=["role"]
        ),
        [("persons", "update")],
        refused=lambda world: positions.UpdatePositionRequest(
            position=positions.Position(id=world.position, person_id=world.person, role="Einkauf"), update_mask=["role"], etag="99"
        ),
        idle=lambda world: positions.UpdatePositionRequest(
            position=positions.Position(id=world.position, person_id=world.person), update_mask=["role"]
        ),
    ),
    "DeletePosition": Case(
        lambda world: positions.DeletePositionRequest(id=world.position, person_id=world.person),
        [("persons", "update")],
        refused=lambda world: positions.DeletePositionRequest(id=new_id(), person_id=world.person),
    ),
    "UpdateTag": Case(
        lambda world: tags.UpdateTagRequest(tag=tags.Tag(id=world.tag, name="Kundin"), update_mask=["name"]),
        [("tags", "update")],
        refused=lambda world: tags.UpdateTagRequest(tag=tags.Tag(id=world.tag, name=""), update_mask=["name"]),
        idle=lambda world: tags.UpdateTagRequest(tag=tags.Tag(id=world.tag, name="Kunde"), update_mask=["name"]),
    ),
    "ScanDuplicates": Case(
        lambda world: duplicates.ScanDuplicatesRequest(),
        [("operations", "create")],
        refused=lambda world: duplicates.ScanDuplicatesRequest(request_id="x" * 129),
    ),
    "CancelOperation": Case(
        lambda world: operations.CancelOperationRequest(id=world.operation),
        [("operations", "cancel")],
        refused=lambda world: operations.CancelOperationRequest(id=new_id()),
    ),
    "DismissDuplicate": Case(
        lambda world: duplicates.DismissDuplicateRequest(id=world.duplicate),
        [("duplicates", "dismiss")],
        refused=lambda world: duplicates.DismissDuplicateRequest(id=new_id()),
    ),
    "MergePersons": Case(
        lambda world: merges.MergePersonsRequest(id=world.twins[0], duplicate_id=world.twins[1]),
        [("persons", "merge"), ("persons", "merge")],
        refused=lambda world: merges.MergePersonsRequest(id=world.twins[0], duplicate_id=world.twins[0]),
    ),
    "MergeOrganisations": Case(
        lambda world: merges.MergeOrganisationsRequest(id=world.other_organisation, duplicate_id=world.organisation),
        # Who works at the duplicate works at the survivor then.
        [("organisations", "merge"), ("organisations", "merge"), ("persons", "update")],
        refused=lambda world: merges.MergeOrganisationsRequest(id=world.organisation, duplicate_id=world.person),
    ),
    "UndoMerge": Case(
        lambda world: merges.UndoMergeRequest(id=world.merge),
        [("persons", "undo_merge"), ("persons", "undo_merge")],
        refused=lambda world: merges.UndoMergeRequest(id=new_id()),
    ),
    "CreateWebForm": Case(
        lambda world: web_forms.CreateWebFormRequest(web_form=a_form(name="Anfrage")),
        [("web-forms", "create")],
        refused=lambda world: web_forms.CreateWebFormRequest(web_form=a_form()),
    ),
    "UpdateWebForm": Case(
        lambda world: web_forms.UpdateWebFormRequest(web_form=a_form(id=world.web_form, campaign="Messe"), update_mask=["campaign"]),
        [("web-forms", "update")],
        refused=lambda world: web_forms.UpdateWebFormRequest(web_form=a_form(id=world.web_form, fields=[]), update_mask=["fields"]),
        idle=lambda world: web_forms.UpdateWebFormRequest(web_form=a_form(id=world.web_form), update_mask=["name", "fields"]),
    ),
    "RotateWebFormKey": Case(
        lambda world: web_forms.RotateWebFormKeyRequest(id=world.web_form),
        [("web-forms", "rotate_key")],
        refused=lambda world: web_forms.RotateWebFormKeyRequest(id=world.web_form, etag="99"),
    ),
    "DeleteWebForm": Case(
        lambda world: web_forms.DeleteWebFormRequest(id=world.web_form),
        [("web-forms", "delete")],
        refused=lambda world: web_forms.DeleteWebFormRequest(id=world.web_form, etag="99"),
    ),
    "AcceptFormSubmission": Case(
        lambda world: form_submissions.AcceptFormSubmissionRequest(id=world.form_submission),
        [("form-submissions", "accept"), ("persons", "create")],
        refused=lambda world: form_submissions.AcceptFormSubmissionRequest(id=new_id()),
    ),
    "DeleteTag": Case(
        lambda world: tags.DeleteTagRequest(id=world.tag),
        [("tags", "delete")],
        refused=lambda world: tags.DeleteTagRequest(id=new_id()),
    ),
}


@pytest.fixture
async def world(contacts: Harness) -> World:
    anna = await contacts.call(persons.CreatePersonRequest(person=persons.Person(last_name="Öztürk", tags=["Kunde"])))
    mueller = await contacts.call(organisations.CreateOrganisationRequest(organisation=organisations.Organisation(name="Müller")))
    schulze = await contacts.call(organisations.CreateOrganisationRequest(organisation=organisations.Organisation(name="Schulze")))
    position = positions.Position(person_id=anna.id, organisation_id=mueller.id)
    made = await contacts.call(positions.CreatePositionRequest(position=position))
    await contacts.call(persons.CreatePersonRequest(person=person(tags=["Freund"])))
    await contacts.call(photos.UploadPersonPhotoRequest(person_id=anna.id, content=PICTURE))
    field = await contacts.call(custom_fields.CreateCustomFieldRequest(custom_field=custom_field()))
    segment = await contacts.call(segments.CreateSegmentRequest(segment=a_segment()))
    friend, customer = (await contacts.call(tags.ListTagsRequest())).tags
    await contacts.call(persons.CreatePersonRequest(person=persons.Person(first_name="Ada", last_name="Lovelace")))
    again = await contacts.call(persons.CreatePersonRequest(person=persons.Person(first_name="Ada", last_name="Lovelace")))
    pair = again.duplicates[0]
    twins = (pair.ref.removeprefix("persons/"), again.id)
    one, other = [await contacts.call(persons.CreatePersonRequest(person=persons.Person(last_name=name))) for name in ("Turing", "Touring")]
    merged = await contacts.call(merges.MergePersonsRequest(id=one.id, duplicate_id=other.id))
    # Nobody works at it.
    contacts.running.context.parts.operations._due = lambda: None
    begun = await contacts.call(bulk.BulkChangePersonsRequest(all=True, add_tags=["Alle"]))
    form = await contacts.call(web_forms.CreateWebFormRequest(web_form=a_form()))
    sent = [public_forms.SentValue(key="last_name", values=["Zuse"])]
    await contacts.call(public_forms.SubmitPublicFormRequest(key=form.key, values=sent, trap="x"), user=STRANGER)
    (submission,) = (await contacts.call(form_submissions.ListFormSubmissionsRequest(form_id=form.id))).form_submissions
    return World(
        anna.id, mueller.id, schulze.id, made.id, customer.id, friend.id, field.id, segment.id, pair.id, begun.id, twins, merged.merge_id,
        form.id, submission.id,
    )  # fmt: skip


def audited(contacts: Harness) -> dict[str, tuple[str, str]]:
    """Noun and action of every entry, by id."""
    with contacts.running.context.database.reading(contacts.user.account_id) as connection:
        rows = connection.execute(sa.select(AUDIT.c.id, AUDIT.c.subject, AUDIT.c.action))
        return {row.id: (row.subject.partition("/")[0], row.action) for row in rows}


async def added(contacts: Harness, work: Callable[[], Awaitable[object]]) -> list[tuple[str, str]]:
    before = audited(contacts)
    await work()
    return sorted(entry for id_, entry in audited(contacts).items() if id_ not in before)


def test_every_method_that_writes_has_a_case(contacts: Harness) -> None:
    methods = contacts.running.dispatcher.methods.values()
    writing = {method.path.rpartition("/")[2] for method in methods if method.rule.transaction == rule_pb2.TRANSACTION_WRITE}
    assert writing == set(CASES)


@pytest.mark.parametrize("name", CASES)
async def test_a_write_is_audited_once_for_each_record_it_changes(contacts: Harness, world: World, name: str) -> None:
    case = CASES[name]
    assert await added(contacts, lambda: contacts.call(case.request(world))) == sorted(case.entries)


@pytest.mark.parametrize("name", CASES)
async def test_a_refused_write_is_not_audited(contacts: Harness, world: World, name: str) -> None:
    async def refused() -> None:
        with pytest.raises(KontorError):
            await contacts.call(CASES[name].refused(world))

    assert await added(contacts, refused) == []


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.idle is not None])
async def test_a_write_that_changes_nothing_is_not_audited(contacts: Harness, world: World, name: str) -> None:
    idle = CASES[name].idle
    assert idle is not None
    assert await added(contacts, lambda: contacts.call(idle(world))) == []


async def test_a_write_repeated_under_one_request_id_is_audited_once(contacts: Harness) -> None:
    request = persons.CreatePersonRequest(person=person(), request_id="once")

    async def twice() -> None:
        await contacts.call(request)
        await contacts.call(request)

    assert await added(contacts, twice) == [("persons", "create")]


async def test_a_new_tag_is_a_record_of_its_own(contacts: Harness) -> None:
    request = persons.CreatePersonRequest(person=person(tags=["Neu"]))
    assert await added(contacts, lambda: contacts.call(request)) == [("persons", "create"), ("tags", "create")]


async def test_an_entry_stands_or_falls_with_its_change(contacts: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """The audit is written last in the transaction; where that fails nothing has happened."""
    from kontor_chassis.db import sessions

    def broken(*_: object) -> None:
        raise RuntimeError("no room")

    monkeypatch.setattr(sessions, "flush", broken)
    with pytest.raises(KontorError):
        await contacts.call(persons.CreatePersonRequest(person=person()))
    monkeypatch.undo()
    assert (await contacts.call(persons.ListPersonsRequest())).persons == []
    assert audited(contacts) == {}
