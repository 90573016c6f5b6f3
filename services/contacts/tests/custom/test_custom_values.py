"""Values of custom fields (B10): written by their types, shown with the record, told and kept in the audit, on both databases."""

from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from kontor.contacts.events.v1 import events_pb2 as facts
from kontor.contacts.v1 import persons_pb2 as persons
from kontor.contacts.v1 import record_kinds_pb2 as kinds
from kontor.type.v1 import custom_values_pb2 as values
from kontor_chassis.db.plumbing import AUDIT
from kontor_chassis.errors import InvalidArgument
from kontor_contacts.store.tables import CUSTOM_VALUES

EVERYTHING = {
    "notiz": "Zwei\nZeilen",
    "umsatz": 1000,
    "anteil": "12.5",
    "vertrag": "2026-01-31",
    "branche": "bau",
    "themen": ["a", "c"],
    "site": "https://a.example/x",
    "ok": False,
}


async def define_everything(custom: Any, **more: Any) -> None:
    for key, kind, choices in (
        ("notiz", "text", ""), ("umsatz", "number", ""), ("anteil", "decimal", ""), ("vertrag", "date", ""),
        ("branche", "choice", "bau handel"), ("themen", "multi_choice", "a b c"), ("site", "link", ""), ("ok", "yes_no", ""),
    ):  # fmt: skip
        await custom.define(key, kind, choices=choices, **more)


async def audited(custom: Any, subject: str) -> list[dict[str, Any]]:
    context = custom.contacts.running.context
    with context.sessions.read(custom.contacts.user) as session:
        rows = session.execute(sa.select(AUDIT.c.changes).where(AUDIT.c.subject == subject).order_by(AUDIT.c.id))
        return [row.changes for row in rows]


async def test_every_type_is_read_as_it_was_written_in_the_order_of_the_fields(custom: Any) -> None:
    await define_everything(custom)
    anna = await custom.person(**dict(reversed(EVERYTHING.items())))
    assert list(custom.shown(await custom.read(anna)).items()) == list(EVERYTHING.items())
    listed = await custom.contacts.call(persons.ListPersonsRequest())
    assert listed.persons[0] == await custom.read(anna)


async def test_organisations_have_fields_of_their_own(custom: Any) -> None:
    await define_everything(custom, record_kind=kinds.RECORD_KIND_ORGANISATION)
    firm = await custom.organisation(**EVERYTHING)
    assert custom.shown(firm) == EVERYTHING
    with pytest.raises(InvalidArgument, match="no such custom field"):
        await custom.person(umsatz=1)


async def test_a_change_touches_the_fields_that_it_names(custom: Any) -> None:
    await define_everything(custom)
    anna = await custom.person(**EVERYTHING)
    changed = await custom.write(anna, umsatz=5, themen=[], notiz=None)
    expected = {**EVERYTHING, "umsatz": 5}
    del expected["themen"], expected["notiz"]
    assert custom.shown(changed) == expected
    assert changed.etag == "2"
    assert custom.shown(await custom.read(anna)) == expected


async def test_null_for_all_of_them_clears_what_is_shown(custom: Any) -> None:
    await define_everything(custom)
    anna = await custom.person(**EVERYTHING)
    field = await custom.define("alt", "text")
    await custom.write(anna, alt="bleibt")
    await custom.change(field, archived=True)
    await custom.contacts.call(persons.UpdatePersonRequest(person=persons.Person(id=anna.id), update_mask=["custom"]))
    assert custom.shown(await custom.read(anna)) == {}
    await custom.change(field, archived=False)
    assert custom.shown(await custom.read(anna)) == {"alt": "bleibt"}


async def test_a_change_that_says_what_is_there_changes_nothing(custom: Any) -> None:
    await define_everything(custom)
    anna = await custom.person(**EVERYTHING)
    again = await custom.write(anna, **{**EVERYTHING, "themen": ["c", "a", "c"], "anteil": Decimal("12.50"), "umsatz": Decimal("1000.0")})
    assert again.etag == "1"
    assert (await custom.write(anna)).etag == "1"
    assert not await custom.contacts.published(facts.PersonUpdated)


async def test_a_change_is_told_once_and_kept_in_the_audit_by_field(custom: Any) -> None:
    await define_everything(custom)
    anna = await custom.person(umsatz=1, anteil="0.5")
    await custom.write(anna, umsatz=2, anteil=None, themen=["b"], vertrag="2026-02-01")
    [told] = await custom.contacts.published(facts.PersonUpdated)
    assert list(told.changed_fields) == ["custom.anteil", "custom.themen", "custom.umsatz", "custom.vertrag"]
    created, updated = await audited(custom, f"persons/{anna.id}")
    assert (created["custom.umsatz"], created["custom.anteil"]) == ([None, 1], [None, "0.5"])
    assert updated == {
        "custom.anteil": ["0.5", None],
        "custom.themen": [None, ["b"]],
        "custom.umsatz": [1, 2],
        "custom.vertrag": [None, "2026-02-01"],
    }


async def test_a_deleted_record_leaves_no_values(custom: Any) -> None:
    await define_everything(custom)
    anna = await custom.person(**EVERYTHING)
    await custom.contacts.call(persons.DeletePersonRequest(id=anna.id))
    with custom.contacts.running.context.sessions.read(custom.contacts.user) as session:
        assert session.execute(sa.select(CUSTOM_VALUES.c.field_id)).all() == []


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("nichts", 1, "no such custom field"),
        ("nichts", None, "no such custom field"),
        ("notiz", 1, "must be a text"),
        ("notiz", "x" * 10_001, "at most 10000 characters"),
        ("umsatz", "1000", "must be an integer"),
        ("umsatz", True, "must be an integer"),
        ("umsatz", Decimal("1.5"), "must be an integer"),
        ("umsatz", 2**53, "must be between"),
        ("umsatz", Decimal("1e20"), "must be between"),
        ("anteil", "1,5", "must be a decimal number"),
        ("anteil", "1e3", "must be a decimal number"),
        ("anteil", "NaN", "must be a decimal number"),
        ("anteil", True, "must be a decimal number"),
        ("anteil", "0.1234567", "at most 6 decimal places"),
        ("anteil", "1.00000000000000000000000000001", "too many digits"),
        ("anteil", 10**12, "less than 10^12"),
        ("anteil", "-1000000000000", "less than 10^12"),
        ("vertrag", "2026-02-30", "must be a day"),
        ("vertrag", "20260131", "must be a day"),
        ("vertrag", 20260131, "must be a day"),
        ("branche", "Bau", "must be one of bau, handel"),
        ("branche", ["bau"], "must be the key of a choice"),
        ("site", "javascript:alert(1)", "must begin with http"),
        ("site", "https://u:p@a.example", "must not hold a user name"),
        ("ok", "true", "must be true or false"),
        ("ok", 1, "must be true or false"),
        ("themen", True, "must be a list"),
    ],
)
async def test_a_wrong_value_is_refused_by_its_key_and_nothing_is_written(custom: Any, key: str, value: Any, said: str) -> None:
    await define_everything(custom)
    anna = await custom.person(umsatz=1)
    with pytest.raises(InvalidArgument) as refusal:
        await custom.write(anna, **{"ok": True, key: value})
    [violation] = refusal.value.violations
    assert violation.field == f"custom.{key}"
    assert said in violation.message
    assert custom.shown(await custom.read(anna)) == {"umsatz": 1}


async def test_the_choice_that_is_wrong_is_named_by_its_place(custom: Any) -> None:
    await define_everything(custom)
    with pytest.raises(InvalidArgument) as refusal:
        await custom.person(themen=["a", "x"])
    assert refusal.value.violations[0].field == "custom.themen[1]"


async def test_what_only_a_wire_can_say_is_refused_too(custom: Any) -> None:
    await define_everything(custom)
    for given in (
        values.CustomValues(values=[values.CustomValue(key="anteil", decimal="Infinity")]),
        values.CustomValues(values=[values.CustomValue(key="anteil", decimal="1e999999999")]),
        values.CustomValues(values=[values.CustomValue(key="x" * 1000, number=1)]),
        values.CustomValues(values=[values.CustomValue(key=f"f{number}") for number in range(101)]),
    ):
        with pytest.raises(InvalidArgument):
            await custom.contacts.call(persons.CreatePersonRequest(person=persons.Person(last_name="X", custom=given)))


async def test_numbers_and_decimals_are_exact_up_to_their_ends(custom: Any) -> None:
    await define_everything(custom)
    for umsatz in (2**53 - 1, -(2**53) + 1, 0):
        assert custom.shown(await custom.read(await custom.person(umsatz=umsatz))) == {"umsatz": umsatz}
    for anteil in ("999999999999.999999", "-999999999999.999999", "0.000001", "0"):
        assert custom.shown(await custom.read(await custom.person(anteil=anteil))) == {"anteil": anteil}
    assert custom.shown(await custom.person(anteil="-0.0")) == {"anteil": "0"}
    assert custom.shown(await custom.person(anteil=Decimal("1E+3"))) == {"anteil": "1000"}
