"""A merge is undone after the definitions of custom fields became others: nothing is lost, and every record can be read and written."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kontor.contacts.v1 import custom_fields_pb2 as fields
from kontor.contacts.v1 import merges_pb2 as pb
from kontor.contacts.v1 import organisations_pb2 as organisations
from kontor.contacts.v1 import persons_pb2 as persons
from kontor.contacts.v1 import record_kinds_pb2 as kinds
from kontor.type.v1 import audit_pb2 as audit
from kontor.type.v1 import custom_values_pb2 as values
from kontor_chassis.errors import FailedPrecondition, InvalidArgument
from kontor_chassis.ids import new_id
from kontor_chassis.principal import Principal
from kontor_chassis.testing import Harness

KEY, LABEL = "feld", "Feld"
# What a field of a type may hold, and as what it is read in a line of text.
VALUES: Mapping[str, Sequence[tuple[dict[str, Any], str]]] = {
    "text": [({"text": "hello"}, "hello"), ({"text": "javascript:alert(1)"}, "javascript:alert(1)"), ({"text": "7"}, "7")],
    "number": [({"number": 7}, "7"), ({"number": 0}, "0"), ({"number": 2**53 - 1}, str(2**53 - 1))],
    "decimal": [({"decimal": "0.5"}, "0.5"), ({"decimal": "7"}, "7")],
    "date": [({"text": "2026-01-31"}, "2026-01-31")],
    "link": [({"text": "https://a.example"}, "https://a.example")],
    "yes_no": [({"yes_no": True}, "ja"), ({"yes_no": False}, "nein")],
    "choice": [({"text": key}, key) for key in "abc"],
    "multi_choice": [({"choices": {"keys": list(keys)}}, ", ".join(keys)) for keys in ("a", "ab", "bc")],
}
CHOICE_TYPES = ("choice", "multi_choice")
PERSON, ORGANISATION = kinds.RECORD_KIND_PERSON, kinds.RECORD_KIND_ORGANISATION


class Account:
    """One of its own, with one custom field."""

    def __init__(self, contacts: Harness, kind: Any = PERSON) -> None:
        self._contacts = contacts
        self._kind = kind
        self._user = Principal(new_id(), user_id=new_id(), role="owner", scopes=contacts.user.scopes)
        self._field_id = ""

    async def call(self, request: Any) -> Any:
        return await self._contacts.call(request, user=self._user)

    async def define(self, kind: str) -> None:
        field = fields.CustomField(record_kind=self._kind, key=KEY, label=LABEL, type=_type(kind), choices=_choices(kind, "abc"))
        self._field_id = (await self.call(fields.CreateCustomFieldRequest(custom_field=field))).id

    async def change(self, **changed: Any) -> None:
        wanted = fields.CustomField(id=self._field_id, **changed)
        await self.call(fields.UpdateCustomFieldRequest(custom_field=wanted, update_mask=list(changed)))

    async def retype(self, kind: str, choices: str = "abc") -> None:
        await self.change(type=_type(kind), choices=_choices(kind, choices))

    async def delete(self) -> None:
        await self.call(fields.DeleteCustomFieldRequest(id=self._field_id))

    async def make(self, name: str, value: Mapping[str, Any] | None, **more: Any) -> Any:
        if self._kind == PERSON:
            person = persons.Person(last_name=name, custom=_message(value), **more)
            return await self.call(persons.CreatePersonRequest(person=person))
        organisation = organisations.Organisation(name=name, custom=_message(value), **more)
        return await self.call(organisations.CreateOrganisationRequest(organisation=organisation))

    async def write(self, record_id: str, custom: values.CustomValues) -> None:
        if self._kind == PERSON:
            person = persons.Person(id=record_id, custom=custom)
            await self.call(persons.UpdatePersonRequest(person=person, update_mask=["custom"]))
        else:
            organisation = organisations.Organisation(id=record_id, custom=custom)
            await self.call(organisations.UpdateOrganisationRequest(organisation=organisation, update_mask=["custom"]))

    async def clear(self, record_id: str) -> None:
        await self.write(record_id, values.CustomValues(values=[values.CustomValue(key=KEY)]))

    async def merge(self, survivor: Any, duplicate: Any, chosen: Any = None) -> str:
        kind = pb.MergePersonsRequest if self._kind == PERSON else pb.MergeOrganisationsRequest
        choice = {f"custom.{KEY}": chosen} if chosen else {}
        return str((await self.call(kind(id=survivor.id, duplicate_id=duplicate.id, fields=choice))).merge_id)

    async def undo(self, merge_id: str) -> dict[str, Any]:
        """All records by their ids, and each can be written as it was read."""
        await self.call(pb.UndoMergeRequest(id=merge_id))
        if self._kind == PERSON:
            found = (await self.call(persons.ListPersonsRequest(page_size=200))).persons
        else:
            found = (await self.call(organisations.ListOrganisationsRequest(page_size=200))).organisations
        for record in found:
            await self.write(record.id, record.custom)
        return {record.id: record for record in found}

    async def told(self, record: Any) -> dict[str, tuple[Any, Any]]:
        """What the log says of the undoing."""
        noun = "persons" if self._kind == PERSON else "organisations"
        entries = (await self.call(audit.ListAuditEntriesRequest(subject=f"{noun}/{record.id}"))).audit_entries
        (undone,) = [entry for entry in entries if entry.action == "undo_merge"]
        return {change.field: (_json(change.before), _json(change.after)) for change in undone.changes}


def _type(kind: str) -> Any:
    return fields.CustomFieldType.Value(f"CUSTOM_FIELD_TYPE_{kind.upper()}")


def _choices(kind: str, keys: str) -> list[fields.Choice]:
    return [fields.Choice(key=key, label=key) for key in keys] if kind in CHOICE_TYPES else []


def _json(value: audit.JsonValue) -> Any:
    return orjson.loads(value.text) if value.text else None


def _message(value: Mapping[str, Any] | None) -> values.CustomValues:
    return values.CustomValues(values=[values.CustomValue(key=KEY, **value)] if value is not None else [])


def _read(record: Any) -> str:
    """The value as text."""
    for item in record.custom.values:
        match item.WhichOneof("value"):
            case "choices":
                return ", ".join(item.choices.keys)
            case "yes_no":
                return "ja" if item.yes_no else "nein"
            case kind:
                return str(getattr(item, kind))
    return ""


UNFIT = [
    *(("text", 0, kind) for kind in ("number", "decimal", "yes_no", "date", "choice", "multi_choice")),
    *((kind, 0, "number") for kind in ("date", "yes_no", "choice", "decimal")),
    *(("text", 1, "link"), ("number", 2, "decimal"), ("multi_choice", 1, "text"), ("multi_choice", 1, "choice"), ("text", 2, "number")),
]


@pytest.mark.parametrize("kind", [PERSON, ORGANISATION])
@pytest.mark.parametrize(("old", "place", "new"), UNFIT)
async def test_what_the_field_cannot_hold_any_more_is_in_the_background(
    contacts: Harness, kind: Any, old: str, place: int, new: str
) -> None:
    account = Account(contacts, kind)
    await account.define(old)
    value, text = VALUES[old][place]
    survivor, duplicate = await account.make("S", None), await account.make("D", value, background="Mag Tee.")
    merge_id = await account.merge(survivor, duplicate)
    await account.clear(survivor.id)
    await account.retype(new)
    found = await account.undo(merge_id)
    assert (_read(found[survivor.id]), found[survivor.id].background) == ("", "")
    assert (_read(found[duplicate.id]), found[duplicate.id].background) == ("", f"Mag Tee.\n{LABEL}: {text}")
    told = await account.told(duplicate)
    assert (told["background"], f"custom.{KEY}" in told) == (("Mag Tee.", f"Mag Tee.\n{LABEL}: {text}"), True)


@pytest.mark.parametrize("kind", [PERSON, ORGANISATION])
async def test_what_the_merge_replaced_is_in_the_background_of_the_survivor(contacts: Harness, kind: Any) -> None:
    account = Account(contacts, kind)
    await account.define("text")
    survivor, duplicate = await account.make("S", {"text": "ours"}), await account.make("D", {"text": "theirs"})
    merge_id = await account.merge(survivor, duplicate, pb.MERGE_CHOICE_DUPLICATE)
    await account.clear(survivor.id)
    await account.retype("date")
    await account.write(survivor.id, _message({"text": "2026-01-31"}))
    found = await account.undo(merge_id)
    assert (_read(found[survivor.id]), found[survivor.id].background) == ("2026-01-31", f"{LABEL}: ours")
    assert (_read(found[duplicate.id]), found[duplicate.id].background) == ("", f"{LABEL}: theirs")
    told = await account.told(survivor)
    assert (told["background"], told[f"custom.{KEY}"]) == (("", f"{LABEL}: ours"), ("ours", None))


async def test_what_a_full_background_has_no_room_for_is_in_the_log(contacts: Harness) -> None:
    account = Account(contacts)
    await account.define("text")
    survivor, duplicate = await account.make("S", None), await account.make("D", {"text": "hello"}, background="a" * 99_990)
    merge_id = await account.merge(survivor, duplicate)
    await account.clear(survivor.id)
    await account.retype("date")
    found = await account.undo(merge_id)
    assert found[duplicate.id].background == "a" * 99_990
    told = await account.told(duplicate)
    assert (told[f"custom.{KEY}"], "background" in told) == (("hello", None), False)


async def test_choices_and_fields_that_are_gone_leave_nothing(contacts: Harness) -> None:
    account = Account(contacts)
    await account.define("choice")
    survivor, duplicate = await account.make("S", None), await account.make("D", {"text": "a"})
    merge_id = await account.merge(survivor, duplicate)
    await account.clear(survivor.id)
    await account.retype("multi_choice", "bc")
    found = await account.undo(merge_id)
    assert (_read(found[duplicate.id]), found[duplicate.id].background) == ("", "")
    await account.write(duplicate.id, _message({"choices": {"keys": ["b"]}}))
    merge_id = await account.merge(survivor, duplicate)
    await account.clear(survivor.id)
    await account.delete()
    # Another one under the same key.
    await account.define("text")
    found = await account.undo(merge_id)
    assert (_read(found[duplicate.id]), found[duplicate.id].background) == ("", "")


# Whatever becomes of the definition -------------------------------------------------------------------------------------------


@st.composite
def pairs(draw: st.DrawFn) -> tuple[str, Any, Any]:
    """A type, and what the two have of it."""
    kind = draw(st.sampled_from(sorted(VALUES)))
    return kind, draw(st.none() | st.sampled_from(VALUES[kind])), draw(st.sampled_from(VALUES[kind]))


STEP = st.sampled_from(["clear", "write", "retype", "retype", "choices", "archive"])
STEPS = st.lists(st.tuples(STEP, st.integers(0, 7)), max_size=8)


@given(pair=pairs(), steps=STEPS, cleared=st.booleans(), choose=st.booleans())
@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
async def test_whatever_becomes_of_a_field_undoing_loses_nothing(
    contacts: Harness, pair: tuple[str, Any, Any], steps: list[tuple[str, int]], *, cleared: bool, choose: bool
) -> None:
    kind, ours, theirs = pair
    account = Account(contacts)
    await account.define(kind)
    survivor, duplicate = await account.make("S", ours[0] if ours else None), await account.make("D", theirs[0])
    chosen = pb.MERGE_CHOICE_DUPLICATE if choose and kind != "multi_choice" else None
    merge_id = await account.merge(survivor, duplicate, chosen)
    choices_gone = False
    for action, number in [("clear", 0)] * cleared + steps:
        # Refusals are as good as anything.
        with suppress(FailedPrecondition, InvalidArgument):
            match action:
                case "clear":
                    await account.clear(survivor.id)
                case "write":
                    await account.write(survivor.id, _message(VALUES[kind][number % len(VALUES[kind])][0]))
                case "retype":
                    wanted = sorted(VALUES)[number]
                    await account.retype(wanted)
                    kind = wanted
                case "choices" if kind in CHOICE_TYPES:
                    await account.change(choices=_choices(kind, ("a", "bc", "c")[number % 3]))
                    choices_gone = True
                case "archive":
                    await account.change(archived=bool(number % 2))
    found = await account.undo(merge_id)
    await account.change(archived=False)
    found = {record.id: record for record in (await account.call(persons.ListPersonsRequest())).persons}
    for record in found.values():
        await account.write(record.id, record.custom)
    again = found[duplicate.id]
    if not choices_gone:
        assert theirs[1] == _read(again) or again.background == f"{LABEL}: {theirs[1]}"
    if not cleared and not steps:
        assert (_read(found[survivor.id]), found[survivor.id].background) == (ours[1] if ours else "", "")
