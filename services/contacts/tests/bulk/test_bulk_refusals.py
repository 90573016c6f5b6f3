"""What is wrong with a bulk action is said before anything is begun (B12, A3)."""

from dataclasses import replace
from typing import Any

import pytest

from kontor.contacts.events.v1 import events_pb2 as events
from kontor.contacts.v1 import bulk_pb2 as pb
from kontor.contacts.v1 import custom_fields_pb2 as fields
from kontor.contacts.v1 import operations_pb2 as operations
from kontor.contacts.v1 import organisations_pb2 as organisations
from kontor.contacts.v1 import persons_pb2 as persons
from kontor.contacts.v1 import record_kinds_pb2 as kinds
from kontor.contacts.v1 import segments_pb2 as segments
from kontor.type.v1 import custom_values_pb2 as values
from kontor_chassis.errors import FailedPrecondition, IdempotencyMismatch, InvalidArgument, PermissionDenied, ResourceExhausted
from kontor_chassis.ids import new_id
from kontor_chassis.testing import Harness
from kontor_contacts.usecases import bulk as bulk_use_case

TAG = {"add_tags": ["Neu"]}
UNKNOWN = values.CustomValues(values=[values.CustomValue(key="unbekannt", text="x")])
WRONG = values.CustomValues(values=[values.CustomValue(key="umsatz", text="viel")])
OVERFLOW = values.CustomValues(values=[values.CustomValue(key="umsatz", decimal="x")])


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({**TAG}, "all"),
        ({"filter": "  ", **TAG}, "all"),
        ({"name": " ", **TAG}, "all"),
        # Folds to nothing: a combining accent alone.
        ({"name": "\u0301", "delete": True}, "all"),
        ({"filter": " ", "name": "\t", "delete": True}, "all"),
        ({"tag": [""], **TAG}, "tag[0]"),
        ({"tag": ["Bekannt", " "], **TAG}, "tag[1]"),
        ({"all": True, "filter": "vip = true", **TAG}, "all"),
        ({"ids": [new_id()], "all": True, **TAG}, "ids"),
        ({"ids": [new_id()], "tag": ["x"], **TAG}, "ids"),
        ({"ids": ["7"], **TAG}, "ids[0]"),
        ({"ids": [new_id() for _ in range(1001)], **TAG}, "ids"),
        ({"filter": "vip =", **TAG}, "filter"),
        ({"filter": "nothing = 1", **TAG}, "filter"),
        ({"filter": "custom.unbekannt = 1", **TAG}, "filter"),
        ({"segment": new_id(), **TAG}, "segment"),
        ({"all": True}, "set"),
        ({"all": True, "set": pb.BulkPersonValues()}, "set"),
        ({"all": True, "delete": True, **TAG}, "delete"),
        ({"all": True, "add_tags": [" "]}, "add_tags[0]"),
        ({"all": True, "add_tags": ["x" * 101]}, "add_tags[0]"),
        ({"all": True, "remove_tags": ["Bekannt", "Unbekannt"]}, "remove_tags[1]"),
        ({"all": True, "add_tags": ["bekannt"], "remove_tags": ["Bekannt"]}, "remove_tags[0]"),
        ({"all": True, "set": pb.BulkPersonValues(language="Deutsch")}, "set.language"),
        ({"all": True, "set": pb.BulkPersonValues(responsible_user_id="7")}, "set.responsible_user_id"),
        ({"all": True, "set": pb.BulkPersonValues(salutation="x" * 101)}, "set.salutation"),
        ({"all": True, "set": pb.BulkPersonValues(custom=UNKNOWN)}, "set.custom.unbekannt"),
        ({"all": True, "set": pb.BulkPersonValues(custom=WRONG)}, "set.custom.umsatz"),
        ({"all": True, "set": pb.BulkPersonValues(custom=OVERFLOW)}, "set.custom.umsatz"),
    ],
)
@pytest.mark.parametrize("validate_only", [False, True])
async def test_what_is_wrong_is_refused_by_name(
    bulk: Any, contacts: Harness, asked: dict[str, Any], field: str, validate_only: bool
) -> None:
    definition = fields.CustomField(record_kind=kinds.RECORD_KIND_PERSON, key="umsatz", label="Euro", type=fields.CUSTOM_FIELD_TYPE_NUMBER)
    await contacts.call(fields.CreateCustomFieldRequest(custom_field=definition))
    anna = await bulk.person("Öztürk", tags=["Bekannt"])
    with pytest.raises(InvalidArgument) as refusal:
        await bulk.begin(**asked, validate_only=validate_only)
    assert [violation.field for violation in refusal.value.violations] == [field]
    assert refusal.value.message.startswith(f"{field}: ")
    assert list((await contacts.call(operations.ListOperationsRequest())).operations) == []
    assert await bulk.read(anna) == anna


async def test_organisations_are_refused_likewise(contacts: Harness) -> None:
    for asked, field in (
        ({"all": True, "set": pb.BulkOrganisationValues(industry="x" * 301)}, "set.industry"),
        ({"all": True, "set": pb.BulkOrganisationValues(kind=99)}, "set.kind"),  # type: ignore[arg-type]
        ({"filter": "birthday = 05-*", **TAG}, "filter"),
    ):
        with pytest.raises(InvalidArgument) as refusal:
            await contacts.call(pb.BulkChangeOrganisationsRequest(**asked))
        assert [violation.field for violation in refusal.value.violations] == [field]


async def test_a_segment_of_everybody_does_not_stand_for_all(bulk: Any, contacts: Harness) -> None:
    anna, werft = await bulk.person("Öztürk"), await bulk.organisation("Werft")
    for kind, ask in (
        (kinds.RECORD_KIND_PERSON, pb.BulkChangePersonsRequest),
        (kinds.RECORD_KIND_ORGANISATION, pb.BulkChangeOrganisationsRequest),
    ):
        made = await contacts.call(segments.CreateSegmentRequest(segment=segments.Segment(name=f"Alle {kind}", record_kind=kind)))
        for asked in ({"segment": made.id}, {"segment": made.id, "name": " "}, {"name": " "}, {}):
            for validate_only in (False, True):
                with pytest.raises(InvalidArgument) as refusal:
                    await contacts.call(ask(**asked, delete=True, validate_only=validate_only))
                assert [violation.field for violation in refusal.value.violations] == ["all"]
        # Something else that narrows is enough.
        assert (await contacts.call(ask(segment=made.id, name="Nie", delete=True, validate_only=True))).total == 0
    assert await bulk.read(anna) == anna
    assert (await contacts.call(organisations.GetOrganisationRequest(id=werft.id))).id == werft.id


async def test_a_broken_segment_cannot_be_used(bulk: Any, contacts: Harness) -> None:
    definition = fields.CustomField(record_kind=kinds.RECORD_KIND_PERSON, key="ort", label="Ort", type=fields.CUSTOM_FIELD_TYPE_TEXT)
    field = await contacts.call(fields.CreateCustomFieldRequest(custom_field=definition))
    segment = segments.Segment(name="Ort", record_kind=kinds.RECORD_KIND_PERSON, filter="custom.ort = Kiel")
    made = await contacts.call(segments.CreateSegmentRequest(segment=segment))
    await contacts.call(fields.DeleteCustomFieldRequest(id=field.id))
    with pytest.raises(FailedPrecondition):
        await bulk.begin(segment=made.id, **TAG)


async def test_who_may_not_delete_does_not_delete_in_bulk(bulk: Any, contacts: Harness) -> None:
    anna = await bulk.person("Öztürk")
    restricted = replace(contacts.user, role="restricted", scopes=frozenset({"contacts.read", "contacts.write"}))
    for validate_only in (False, True):
        with pytest.raises(PermissionDenied) as refusal:
            await bulk.begin(user=restricted, ids=[anna.id], delete=True, validate_only=validate_only)
        assert refusal.value.detail == {"scope": "contacts.delete"}
    assert (await bulk.done(user=restricted, ids=[anna.id], **TAG)).changed == 1


async def test_who_may_not_write_begins_and_stops_nothing(bulk: Any, contacts: Harness) -> None:
    anna = await bulk.person("Öztürk")
    done = await bulk.done(ids=[anna.id], **TAG)
    reader = replace(contacts.user, role="reader", scopes=frozenset({"contacts.read"}))
    for request in (pb.BulkChangePersonsRequest(all=True, add_tags=["x"]), operations.CancelOperationRequest(id=done.id)):
        with pytest.raises(PermissionDenied):
            await contacts.call(request, user=reader)


async def test_another_account_is_neither_touched_nor_counted(bulk: Any, contacts: Harness) -> None:
    """S1."""
    stranger = replace(contacts.user, account_id=new_id())
    anna = await bulk.person("Öztürk", tags=["Alt"])
    own = await bulk.person("Fremd", user=stranger)
    for asked, gone in (({"ids": [anna.id]}, 1), ({"tag": ["Alt"]}, 0), ({"name": "Oez"}, 0)):
        assert (await bulk.begin(user=stranger, **asked, **TAG, validate_only=True)).total == 0
        done = await bulk.done(user=stranger, **asked, **TAG)
        assert (done.changed, done.gone) == (0, gone)
        answer = await contacts.call(operations.ListOperationResultsRequest(id=done.id), user=stranger)
        assert [item.name for item in answer.results] == [""] * gone
    assert (await bulk.done(user=stranger, all=True, delete=True)).changed == 1
    assert await bulk.read(anna) == anna
    with pytest.raises(InvalidArgument):
        await bulk.begin(user=stranger, all=True, remove_tags=["Alt"])
    assert own.id not in {item.id for item in (await contacts.call(persons.ListPersonsRequest())).persons}


async def test_a_repeated_request_begins_one_operation(bulk: Any, contacts: Harness) -> None:
    anna = await bulk.person("Öztürk", tags=["Alt"])
    asked = {"ids": [anna.id], "remove_tags": ["Alt"], "request_id": "once"}
    first = await bulk.done(**asked)
    # The same answer, even where it would be refused by now.
    await contacts.call(persons.UpdatePersonRequest(person=persons.Person(id=anna.id, tags=[]), update_mask=["tags"]))
    again = await bulk.begin(**asked)
    assert again.id == first.id
    with pytest.raises(IdempotencyMismatch):
        await bulk.begin(**{**asked, "add_tags": ["Neu"]})
    assert len((await contacts.call(operations.ListOperationsRequest())).operations) == 1


@pytest.mark.usefixtures("idle")
async def test_too_many_at_once_are_refused(bulk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_use_case, "MAX_RUNNING", 2)
    first = await bulk.begin(all=True, **TAG)
    await bulk.begin(all=True, **TAG)
    with pytest.raises(ResourceExhausted):
        await bulk.begin(all=True, **TAG)
    await bulk.contacts.call(operations.CancelOperationRequest(id=first.id))
    await bulk.begin(all=True, **TAG)


async def test_beginning_is_audited_once_with_what_is_to_be_done(bulk: Any, contacts: Harness) -> None:
    anna = await bulk.person("Öztürk")
    done = await bulk.done(ids=[anna.id], **TAG)
    [entry] = bulk.audited(f"operations/{done.id}")
    assert entry[:2] == ("user", "create")
    assert entry[2]["task"] == [None, {"ids": [anna.id], "add_tags": ["Neu"]}]
    await bulk.begin(all=True, **TAG, validate_only=True)
    assert await contacts.published(events.PersonDeleted) == []
    assert len((await contacts.call(operations.ListOperationsRequest())).operations) == 1
