"""Definitions of custom fields (B10): made, ordered, changed, archived and deleted, on both databases."""

from dataclasses import replace
from typing import Any

import pytest

from kontor.contacts.events.v1 import events_pb2 as facts
from kontor.contacts.v1 import custom_fields_pb2 as pb
from kontor.contacts.v1 import persons_pb2 as persons
from kontor.contacts.v1 import record_kinds_pb2 as kinds
from kontor_chassis.errors import Aborted, AlreadyExists, FailedPrecondition, InvalidArgument, NotFound
from kontor_chassis.ids import new_id

PERSON, ORGANISATION = kinds.RECORD_KIND_PERSON, kinds.RECORD_KIND_ORGANISATION


async def listed(custom: Any, **request: Any) -> list[tuple[str, int]]:
    response = await custom.contacts.call(pb.ListCustomFieldsRequest(**request))
    return [(field.key, field.position) for field in response.custom_fields]


async def test_a_field_is_read_as_it_was_made(custom: Any) -> None:
    made = await custom.define("branche", "choice", choices="bau handel", description="Woher der Umsatz kommt")
    assert await custom.contacts.call(pb.GetCustomFieldRequest(id=made.id)) == made
    assert (made.key, made.label, made.position, made.etag, made.archived) == ("branche", "Branche", 1, "1", False)
    assert [(choice.key, choice.label) for choice in made.choices] == [("bau", "Bau"), ("handel", "Handel")]
    assert made.create_time == made.update_time


async def test_fields_stand_in_their_order_and_make_room_for_each_other(custom: Any) -> None:
    made = {key: await custom.define(key, "text") for key in "abc"}
    await custom.define("o", "text", record_kind=ORGANISATION)
    await custom.define("d", "text", position=2)
    assert await listed(custom) == [("a", 1), ("d", 2), ("b", 3), ("c", 4), ("o", 1)]
    await custom.change(made["c"], position=1)
    assert await listed(custom, record_kind=PERSON) == [("c", 1), ("a", 2), ("d", 3), ("b", 4)]
    await custom.change(made["c"], position=0)
    assert await listed(custom, record_kind=PERSON) == [("a", 1), ("d", 2), ("b", 3), ("c", 4)]
    await custom.contacts.call(pb.DeleteCustomFieldRequest(id=made["a"].id))
    assert await listed(custom, record_kind=PERSON) == [("d", 1), ("b", 2), ("c", 3)]
    assert await listed(custom, record_kind=ORGANISATION) == [("o", 1)]


async def test_the_list_of_fields_is_paged_without_loss(custom: Any) -> None:
    for key in "abc":
        await custom.define(key, "text")
        await custom.define(key, "number", record_kind=ORGANISATION)
    pages: list[tuple[str, int]] = []
    token = ""
    while True:
        response = await custom.contacts.call(pb.ListCustomFieldsRequest(page_size=2, page_token=token))
        pages += [(field.key, field.record_kind) for field in response.custom_fields]
        token = response.next_page_token
        if not token:
            break
    assert pages == [(key, kind) for kind in (PERSON, ORGANISATION) for key in "abc"]


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"key": "Umsatz"}, "key"),
        ({"key": ""}, "key"),
        ({"key": "1a"}, "key"),
        ({"key": "a-b"}, "key"),
        ({"key": "x" * 41}, "key"),
        ({"record_kind": 0}, "record_kind"),
        ({"record_kind": 9}, "record_kind"),
        ({"label": " "}, "label"),
        ({"label": "x" * 101}, "label"),
        ({"type": 0}, "type"),
        ({"type": 99}, "type"),
        ({"description": "x" * 1001}, "description"),
        ({"position": -1}, "position"),
        ({"position": 1001}, "position"),
        ({"choices": [pb.Choice(key="a", label="A")]}, "choices"),
        ({"type": pb.CUSTOM_FIELD_TYPE_CHOICE}, "choices"),
        ({"type": pb.CUSTOM_FIELD_TYPE_CHOICE, "choices": [pb.Choice(key="A", label="A")]}, "choices[0].key"),
        ({"type": pb.CUSTOM_FIELD_TYPE_CHOICE, "choices": [pb.Choice(key="a")]}, "choices[0].label"),
        ({"type": pb.CUSTOM_FIELD_TYPE_CHOICE, "choices": [pb.Choice(key="a", label="A")] * 2}, "choices[1].key"),
        ({"type": pb.CUSTOM_FIELD_TYPE_CHOICE, "choices": [pb.Choice(key="a", label="A")] * 201}, "choices"),
    ],
)
async def test_a_wrong_definition_is_refused_by_name(custom: Any, fields: dict[str, Any], named: str) -> None:
    right = {"record_kind": PERSON, "key": "umsatz", "label": "Umsatz", "type": pb.CUSTOM_FIELD_TYPE_NUMBER}
    with pytest.raises(InvalidArgument) as refusal:
        await custom.contacts.call(pb.CreateCustomFieldRequest(custom_field=pb.CustomField(**(right | fields))))
    assert refusal.value.violations[0].field == named


async def test_a_key_is_unique_within_its_kind_of_record_and_stays(custom: Any) -> None:
    made = await custom.define("umsatz", "number")
    await custom.define("umsatz", "text", record_kind=ORGANISATION)
    with pytest.raises(AlreadyExists):
        await custom.define("umsatz", "text")
    for fields in ({"key": "anders"}, {"record_kind": ORGANISATION}):
        with pytest.raises(InvalidArgument, match="cannot be changed"):
            await custom.change(made, **fields)
    assert await custom.change(made, key="umsatz", record_kind=PERSON, label="Jahresumsatz") != made


async def test_there_are_at_most_100_fields_of_a_kind(custom: Any) -> None:
    for number in range(100):
        await custom.define(f"f{number}", "text")
    with pytest.raises(FailedPrecondition, match="100 custom fields"):
        await custom.define("one_more", "text")
    await custom.define("other", "text", record_kind=ORGANISATION)


async def test_archived_values_are_kept_but_neither_shown_nor_written(custom: Any) -> None:
    field = await custom.define("umsatz", "number")
    anna = await custom.person(umsatz=1000)
    await custom.change(field, archived=True)
    hidden = await custom.read(anna)
    assert (custom.shown(hidden), hidden.etag) == ({}, "2")
    with pytest.raises(InvalidArgument, match=r"custom\.umsatz: the field is archived"):
        await custom.write(anna, umsatz=5)
    await custom.change(field, archived=False)
    assert custom.shown(await custom.read(anna)) == {"umsatz": 1000}
    told = await custom.contacts.published(facts.PersonUpdated)
    assert [list(fact.changed_fields) for fact in told] == [["custom.umsatz"], ["custom.umsatz"]]


async def test_a_field_with_values_is_deleted_once_it_is_archived(custom: Any) -> None:
    field = await custom.define("umsatz", "number")
    anna = await custom.person(umsatz=1000)
    with pytest.raises(FailedPrecondition, match=r"1 record has a value of umsatz\. Archive the field first") as refusal:
        await custom.contacts.call(pb.DeleteCustomFieldRequest(id=field.id))
    assert refusal.value.reason == "CUSTOM_FIELD_IN_USE"
    await custom.change(field, archived=True)
    await custom.contacts.call(pb.DeleteCustomFieldRequest(id=field.id))
    again = await custom.define("umsatz", "number")
    assert custom.shown(await custom.read(anna)) == {}
    assert again.id != field.id


@pytest.mark.parametrize(
    ("before", "value", "after", "becomes"),
    [
        ("number", 1000, "decimal", "1000"),
        ("number", -7, "text", "-7"),
        ("decimal", "12.50", "text", "12.5"),
        ("date", "2026-01-31", "text", "2026-01-31"),
        ("link", "https://a.example/x", "text", "https://a.example/x"),
        ("yes_no", True, "text", "ja"),
        ("yes_no", False, "text", "nein"),
        ("choice", "bau", "multi_choice", ["bau"]),
    ],
)
async def test_values_follow_a_safe_change_of_type(custom: Any, before: str, value: Any, after: str, becomes: Any) -> None:
    choices = "bau handel" if before == "choice" else ""
    field = await custom.define("feld", before, choices=choices)
    anna = await custom.person(feld=value)
    await custom.change(field, type=f"CUSTOM_FIELD_TYPE_{after.upper()}")
    shown = await custom.read(anna)
    assert (custom.shown(shown), shown.etag) == ({"feld": becomes}, "2")
    text = becomes[0] if isinstance(becomes, list) else becomes
    found = await custom.contacts.call(persons.ListPersonsRequest(filter=f'custom.feld = "{text}"'))
    assert [item.id for item in found.persons] == [anna.id]


@pytest.mark.parametrize(("before", "value", "after"), [("text", "12", "number"), ("decimal", "1.5", "number"), ("text", "x", "link")])
async def test_a_type_that_not_every_value_can_follow_is_refused_while_there_are_values(
    custom: Any, before: str, value: Any, after: str
) -> None:
    field = await custom.define("feld", before)
    anna = await custom.person(feld=value)
    with pytest.raises(FailedPrecondition, match=f"not every {before} is a {after}") as refusal:
        await custom.change(field, type=f"CUSTOM_FIELD_TYPE_{after.upper()}")
    assert refusal.value.reason == "TYPE_CANNOT_CHANGE"
    await custom.write(anna, feld=None)
    assert (await custom.change(field, type=f"CUSTOM_FIELD_TYPE_{after.upper()}")).type != field.type


async def test_a_number_that_no_decimal_can_hold_keeps_its_type(custom: Any) -> None:
    field = await custom.define("feld", "number")
    anna = await custom.person(feld=10**12)
    with pytest.raises(FailedPrecondition, match="too large for a decimal"):
        await custom.change(field, type=pb.CUSTOM_FIELD_TYPE_DECIMAL)
    assert custom.shown(await custom.read(anna)) == {"feld": 10**12}


async def test_a_choice_that_records_have_cannot_be_taken_away(custom: Any) -> None:
    field = await custom.define("themen", "multi_choice", choices="a b c")
    await custom.person(themen=["a", "b"])
    await custom.person(themen=["a"])
    with pytest.raises(FailedPrecondition, match="2 records have the choice a") as refusal:
        await custom.change(field, choices=[pb.Choice(key="b", label="B"), pb.Choice(key="c", label="C")])
    assert refusal.value.detail["count"] == "2"
    changed = await custom.change(field, choices=[pb.Choice(key="b", label="Zwei"), pb.Choice(key="a", label="Eins")])
    assert [(choice.key, choice.label) for choice in changed.choices] == [("b", "Zwei"), ("a", "Eins")]


async def test_nothing_happens_where_nothing_differs_and_a_wrong_etag_is_refused(custom: Any) -> None:
    field = await custom.define("umsatz", "number")
    assert await custom.change(field, label="Umsatz", archived=False, position=1) == field
    wanted = pb.CustomField(id=field.id, label="Neu")
    with pytest.raises(Aborted):
        await custom.contacts.call(pb.UpdateCustomFieldRequest(custom_field=wanted, update_mask=["label"], etag="9"))
    with pytest.raises(Aborted):
        await custom.contacts.call(pb.DeleteCustomFieldRequest(id=field.id, etag="9"))


async def test_another_account_has_no_such_field(custom: Any) -> None:
    """S1."""
    field = await custom.define("umsatz", "number")
    stranger = replace(custom.contacts.user, account_id=new_id())
    for request in (
        pb.GetCustomFieldRequest(id=field.id),
        pb.UpdateCustomFieldRequest(custom_field=pb.CustomField(id=field.id, label="X"), update_mask=["label"]),
        pb.DeleteCustomFieldRequest(id=field.id),
    ):
        with pytest.raises(NotFound):
            await custom.contacts.call(request, user=stranger)
    assert not (await custom.contacts.call(pb.ListCustomFieldsRequest(), user=stranger)).custom_fields
    values = (await custom.person(umsatz=1)).custom
    with pytest.raises(InvalidArgument, match="no such custom field"):
        await custom.contacts.call(persons.CreatePersonRequest(person=persons.Person(last_name="X", custom=values)), user=stranger)
