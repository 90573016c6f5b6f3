"""Nobody forgets: every statement that a user's reading runs on people or organisations says what they may see of them (A7)."""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
import sqlalchemy as sa
from google.protobuf.message import Message

from kontor.contacts.v1 import bulk_pb2 as bulk
from kontor.contacts.v1 import contact_points_pb2 as points
from kontor.contacts.v1 import custom_fields_pb2 as custom_fields
from kontor.contacts.v1 import duplicates_pb2 as duplicates
from kontor.contacts.v1 import form_submissions_pb2 as form_submissions
from kontor.contacts.v1 import merges_pb2 as merges
from kontor.contacts.v1 import operations_pb2 as operations
from kontor.contacts.v1 import organisations_pb2 as organisations
from kontor.contacts.v1 import persons_pb2 as persons
from kontor.contacts.v1 import photos_pb2 as photos
from kontor.contacts.v1 import positions_pb2 as positions
from kontor.contacts.v1 import segments_pb2 as segments
from kontor.contacts.v1 import tags_pb2 as tags
from kontor.contacts.v1 import web_forms_pb2 as web_forms
from kontor.contacts.v1.record_kinds_pb2 import RECORD_KIND_ORGANISATION, RECORD_KIND_PERSON
from kontor.type.v1 import audit_pb2 as audit
from kontor.type.v1 import rule_pb2
from kontor_chassis.errors import NotFound, PermissionDenied
from kontor_chassis.ids import new_id
from kontor_chassis.testing import Harness
from services.contacts.tests.visible_world import World, limited

_READ = re.compile(r"(?:FROM|JOIN|,)\s+(persons|organisations)(?: AS (\w+))?\b")
# Statements that need not ask, each with the reason.
EXPLAINED = {
    # Only the name and who may see it, which is asked in Python: what a person does at an organisation is theirs, too, when it changes.
    "positions.id, positions.version, positions.organisation_id, organisations.name": "organisations",
    # Who may see it is all that is read.
    "SELECT organisations.id, organisations.visible_to \nFROM organisations": "organisations",
    # How many fulfil a condition decides how a list is read, and is not told.
    "SELECT count(*) AS count_1 \nFROM (SELECT": "*",
}


def unasked(statement: str) -> set[str]:
    """The tables that a statement reads without a condition on who may see their rows."""
    if not statement.lstrip().startswith(("SELECT", "WITH")):
        return set()
    read: dict[str, set[str]] = {}
    for table, alias in _READ.findall(statement):
        read.setdefault(table, set()).add(alias or table)
    asked = {table for table, aliases in read.items() if any(f"{alias}.visible_to IS" in statement for alias in aliases)}
    excused = {table for part, table in EXPLAINED.items() if part in statement}
    return set() if "*" in excused else set(read) - asked - excused


@contextmanager
def statements(contacts: Harness) -> Iterator[list[str]]:
    """What is executed meanwhile."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    engine = contacts.running.context.database.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)


async def requests(world: World) -> list[Message]:
    """Every method that reads, in all the ways that lists have."""
    # Filters ask only in an account where something is limited.
    await world.organisation("Geheim", limited(groups=[world.group]))
    firm = await world.organisation("Müller", tags=["Kunde"], addresses=[points.PostalAddress(city="Kiel", postcode="24103")])
    below = await world.organisation("Werk", parent_id=firm.id)
    person = await world.person("Öztürk", first_name="Anna", tags=["Kunde", "VIP"], emails=[points.Email(address="a@example.com")])
    await world.person("Öztürk", first_name="Anna")
    made = await world.employ(person.id, below.id)
    field = custom_fields.CustomField(record_kind=RECORD_KIND_PERSON, key="rang", label="Rang", type=custom_fields.CUSTOM_FIELD_TYPE_NUMBER)
    field = await world.call(custom_fields.CreateCustomFieldRequest(custom_field=field))
    segment = segments.Segment(name="Gute", record_kind=RECORD_KIND_PERSON, filter="vip = true")
    segment = await world.call(segments.CreateSegmentRequest(segment=segment))
    firms = segments.Segment(name="Firmen", record_kind=RECORD_KIND_ORGANISATION, filter="vip = true")
    firms = await world.call(segments.CreateSegmentRequest(segment=firms))
    filters = (
        *("tags:Kunde", "NOT tags:Kunde", "emails:a*", "vip = true", "responsible = me", "city = Kiel", "postcode:24*", "NOT city:*"),
        *("create_time > today-1d", "country = DE OR tags:VIP"),
    )
    of_people = (f"organisation = {below.id}", f"within = {firm.id}", f"former_organisation = {firm.id}", "birthday:*", "custom.rang > 1")
    people = [{}, {"tag": ["Kunde"]}, {"tag": ["Kunde", "VIP"]}, {"name": "an"}, {"tag": ["Kunde"], "name": "an"}]
    people += [{"organisation_id": below.id}, {"tag": ["Kunde"], "organisation_id": below.id}, {"segment": segment.id}]
    people += [{"filter": text} for text in (*filters, *of_people)]
    organised = [{}, {"tag": ["Kunde"]}, {"name": "m"}, {"segment": firms.id}]
    organised += [{"filter": text} for text in (*filters, f"parent = {firm.id}", f"within = {firm.id}", "relationship = customer")]
    orders = ({}, {"order_by": "update_time desc"})
    return [
        *(persons.ListPersonsRequest(**one, **order) for one in people for order in (*orders, {"order_by": "custom.rang"})),
        *(persons.CountPersonTagsRequest(**one) for one in people),
        *(organisations.ListOrganisationsRequest(**one, **order) for one in organised for order in orders),
        *(organisations.CountOrganisationTagsRequest(**one) for one in organised),
        organisations.ListOrganisationsRequest(parent_id=firm.id),
        persons.GetPersonRequest(id=person.id),
        organisations.GetOrganisationRequest(id=below.id),
        organisations.GetOrganisationAncestorsRequest(id=below.id),
        organisations.GetOrganisationRollUpRequest(id=firm.id),
        positions.GetPositionRequest(person_id=person.id, id=made.id),
        positions.ListPositionsRequest(person_id=person.id),
        tags.ListTagsRequest(),
        duplicates.ListDuplicatesRequest(),
        duplicates.ListDuplicatesRequest(noun="organisations"),
        segments.GetSegmentRequest(id=segment.id),
        segments.ListSegmentsRequest(),
        custom_fields.GetCustomFieldRequest(id=field.id),
        custom_fields.ListCustomFieldsRequest(),
        operations.GetOperationRequest(id=new_id()),
        audit.ListAuditEntriesRequest(subject=f"persons/{person.id}"),
        audit.ListAuditEntriesRequest(subject=f"organisations/{firm.id}"),
        audit.VerifyAuditLogRequest(service="contacts"),
        photos.GetPersonPhotoRequest(person_id=person.id),
        merges.ListMergesRequest(),
        merges.ListMergesRequest(record=f"persons/{person.id}"),
        merges.GetMergeRequest(id=new_id()),
        bulk.BulkChangePersonsRequest(filter="vip = true", add_tags=["Neu"], validate_only=True),
        bulk.BulkChangeOrganisationsRequest(all=True, add_tags=["Neu"], validate_only=True),
        operations.ListOperationsRequest(),
        operations.ListOperationResultsRequest(id=new_id()),
        web_forms.ListWebFormsRequest(),
        web_forms.GetWebFormRequest(id=new_id()),
        form_submissions.ListFormSubmissionsRequest(form_id=new_id()),
        form_submissions.GetFormSubmissionRequest(id=new_id()),
        # Looks for others that may be the same, and tells their names.
        persons.CreatePersonRequest(person=persons.Person(last_name="Öztürk", first_name="Anna")),
    ]


async def test_every_statement_asks_who_may_see_what_it_reads(contacts: Harness) -> None:
    world = World.of(contacts)
    asked = await requests(world)
    reading = {
        method.request_type
        for method in contacts.running.dispatcher.methods.values()
        if method.rule.transaction == rule_pb2.TRANSACTION_READ and not method.rule.internal
    }
    assert reading <= {type(request) for request in asked}, "a method that reads is not tried here"
    found = []
    for request in asked:
        # There is neither a photo nor an operation, and not everybody may verify; they are looked for.
        with statements(contacts) as seen, suppress(NotFound, PermissionDenied):
            await world.call(request, world.outside)
        found += [f"{type(request).__name__} {request}: {missing}\n{statement}" for statement in seen if (missing := unasked(statement))]
    assert not found, "\n\n".join(found[:3])


@pytest.mark.parametrize(
    ("statement", "missing"),
    [
        ("SELECT persons.id FROM persons WHERE persons.id = ?", {"persons"}),
        ("SELECT persons.id, persons.visible_to FROM persons", {"persons"}),
        ("SELECT t.id FROM tags AS t JOIN organisations AS o ON o.id = t.id", {"organisations"}),
        ("SELECT persons.id FROM persons WHERE persons.visible_to IS NULL OR ? IS NULL", set()),
        ("UPDATE persons SET version = 2", set()),
    ],
)
def test_a_statement_that_forgets_is_noticed(statement: str, missing: set[str]) -> None:
    assert unasked(statement) == missing
