"""Lists by custom fields (B10), together with everything else, each answer compared with what plain Python makes of the same words."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any

import orjson
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kontor.contacts.v1 import persons_pb2 as persons
from kontor_chassis.errors import InvalidArgument
from kontor_chassis.text import fold

FIELDS = (
    ("notiz", "text", ""), ("umsatz", "number", ""), ("anteil", "decimal", ""), ("vertrag", "date", ""),
    ("branche", "choice", "bau handel"), ("themen", "multi_choice", "a b c"), ("ok", "yes_no", ""),
)  # fmt: skip
# The clock of tests stands on this day.
TODAY = date(2026, 3, 2)
Values = dict[str, Any]

POOL: dict[str, list[Any]] = {
    "notiz": ["Öl", "Olm", "oel und Gas", "Zink", "´"],
    "umsatz": [-5, 0, 1000, 2**53 - 1],
    "anteil": ["-0.5", "0", "12.5", "12.500001"],
    "vertrag": ["2025-12-31", "2026-03-02", "2026-03-03"],
    "branche": ["bau", "handel"],
    "themen": [["a"], ["b", "c"], ["a", "b", "c"]],
    "ok": [True, False],
}


# Each with what Python makes of it.
SIMPLE: dict[str, Callable[[Values], bool]] = {
    "custom.notiz = öl": lambda v: fold(v.get("notiz", "")) == "ol",
    "custom.notiz = oel*": lambda v: fold(v.get("notiz", "")).startswith("ol"),
    "custom.notiz:*": lambda v: "notiz" in v,
    "custom.umsatz >= 1000": lambda v: v.get("umsatz", -1) >= 1000,
    "custom.umsatz < 0": lambda v: v.get("umsatz", 0) < 0,
    "custom.umsatz != 0": lambda v: v.get("umsatz") != 0,
    'custom.umsatz = ""': lambda v: "umsatz" not in v,
    "custom.anteil > 12.5": lambda v: Decimal(v.get("anteil", "0")) > Decimal("12.5"),
    "custom.anteil <= 0": lambda v: "anteil" in v and Decimal(v["anteil"]) <= 0,
    "custom.vertrag > today": lambda v: v.get("vertrag", "") > TODAY.isoformat(),
    "custom.vertrag <= 2026-03-02": lambda v: "" < v.get("vertrag", "") <= "2026-03-02",
    "custom.branche = bau": lambda v: v.get("branche") == "bau",
    "custom.branche != bau": lambda v: v.get("branche") != "bau",
    "custom.themen:a": lambda v: "a" in v.get("themen", ()),
    "custom.themen:*": lambda v: "themen" in v,
    "custom.ok = true": lambda v: v.get("ok") is True,
    "NOT custom.ok:*": lambda v: "ok" not in v,
}
_texts = st.recursive(
    st.sampled_from(sorted(SIMPLE)).map(lambda text: (f"({text})", SIMPLE[text])),
    lambda inner: st.one_of(
        inner.map(lambda one: (f"NOT ({one[0]})", lambda v, one=one: not one[1](v))),
        st.tuples(inner, inner).map(lambda two: (f"({two[0][0]}) AND ({two[1][0]})", lambda v, two=two: two[0][1](v) and two[1][1](v))),
        st.tuples(inner, inner).map(lambda two: (f"({two[0][0]}) OR ({two[1][0]})", lambda v, two=two: two[0][1](v) or two[1][1](v))),
    ),
    max_leaves=4,
)
# What a field sorts by.
SORTED: dict[str, Callable[[Any], Any]] = {
    "notiz": fold, "umsatz": int, "anteil": Decimal, "vertrag": str, "branche": str, "ok": int,
}  # fmt: skip
_orders = st.tuples(st.sampled_from(sorted(SORTED)), st.booleans())


def expected(people: dict[str, Values], holds: Callable[[Values], bool], key: str, *, descending: bool) -> list[str]:
    """Ids in the order of the field, those without a value last; equal ones by id, all of it the other way round if descending."""
    wanted = sorted((item for item in people if holds(people[item])), reverse=descending)
    valued = [item for item in wanted if key in people[item]]
    valued.sort(key=lambda item: SORTED[key](people[item][key]), reverse=descending)
    return [*valued, *(item for item in wanted if key not in people[item])]


async def pages(custom: Any, size: int, **request: Any) -> list[str]:
    found: list[str] = []
    token = ""
    while True:
        response = await custom.contacts.call(persons.ListPersonsRequest(page_size=size, page_token=token, **request))
        found += [person.id for person in response.persons]
        token = response.next_page_token
        if not token:
            return found


@pytest.fixture
async def people(custom: Any) -> dict[str, Values]:
    """What everybody has, by their ids."""
    for key, kind, choices in FIELDS:
        await custom.define(key, kind, choices=choices)
    dice = Random(7)
    made: dict[str, Values] = {}
    for number in range(30):
        values = {key: dice.choice(pool) for key, pool in POOL.items() if dice.random() < 0.6}
        made[(await custom.person(last_name=f"N{number:02}", **values)).id] = values
    return made


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(filtered=_texts, order=_orders, size=st.integers(3, 40))
async def test_lists_agree_with_plain_python(
    custom: Any, people: dict[str, Values], filtered: tuple[str, Callable[[Values], bool]], order: tuple[str, bool], size: int
) -> None:
    text, holds = filtered
    key, descending = order
    found = await pages(custom, size, filter=text, order_by=f"custom.{key}{' desc' if descending else ''}")
    assert found == expected(people, holds, key, descending=descending)
    assert await pages(custom, size, filter=text) == [item for item, values in people.items() if holds(values)]


@pytest.mark.parametrize("text", sorted(SIMPLE))
async def test_each_comparison_means_what_it_says(custom: Any, people: dict[str, Values], text: str) -> None:
    for key in SORTED:
        assert await pages(custom, 7, filter=text, order_by=f"custom.{key}") == expected(people, SIMPLE[text], key, descending=False)


async def test_custom_fields_narrow_together_with_tags_and_built_in_fields(custom: Any) -> None:
    await custom.define("umsatz", "number")
    for name, tags, umsatz in (("A", ["x"], 10), ("B", ["x"], 20), ("C", ["y"], 30)):
        made = await custom.person(last_name=name, umsatz=umsatz)
        changed = persons.Person(id=made.id, tags=tags, vip=name != "A")
        await custom.contacts.call(persons.UpdatePersonRequest(person=changed, update_mask=["tags", "vip"]))
    for request, names in (
        ({"filter": "custom.umsatz > 5 AND tags:x AND vip = true"}, "B"),
        ({"filter": "custom.umsatz > 5", "tag": ["x"], "order_by": "custom.umsatz desc"}, "BA"),
        ({"filter": "custom.umsatz > 15 OR tags:x", "order_by": "custom.umsatz"}, "ABC"),
        ({"tag": ["y"], "order_by": "custom.umsatz"}, "C"),
        ({"name": "b", "order_by": "custom.umsatz"}, "B"),
    ):
        response = await custom.contacts.call(persons.ListPersonsRequest(**request))
        assert "".join(person.last_name for person in response.persons) == names


async def test_long_texts_are_compared_by_their_beginning(custom: Any) -> None:
    await custom.define("notiz", "text")
    anna = await custom.person(notiz="ß" * 5000)
    for text in ("ß" * 1000, "ss" * 100 + "*", "s" * 299 + "*"):
        assert await pages(custom, 5, filter=f'custom.notiz = "{text}"') == [anna.id]


@pytest.mark.parametrize(
    ("request_", "field", "said"),
    [
        ({"filter": "vip = true AND custom.nichts = 1"}, "filter", "position 16: there is no custom.nichts here"),
        ({"filter": "custom.alt = x"}, "filter", "position 1: custom.alt is archived"),
        ({"filter": "custom.branche = x"}, "filter", "one of bau, handel"),
        ({"filter": "custom.branche > bau"}, "filter", "cannot be compared by >"),
        ({"filter": "custom.ok = 1"}, "filter", "one of false, true"),
        ({"filter": "custom.umsatz = 1.5"}, "filter", "without decimal places"),
        ({"filter": "custom.anteil = 0.0000001"}, "filter", "at most 6 decimal places"),
        ({"filter": "custom.vertrag = bald"}, "filter", "compared with a day"),
        ({"filter": "custom.umsatz = 1*"}, "filter", "no beginning"),
        ({"order_by": "custom.nichts"}, "order_by", "there is no custom.nichts"),
        ({"order_by": "custom.alt"}, "order_by", "archived"),
        ({"order_by": "custom.themen"}, "order_by", "several choices"),
        ({"order_by": "custom."}, "order_by", "there is no"),
    ],
)
async def test_what_cannot_be_listed_is_refused_by_name(custom: Any, request_: dict[str, str], field: str, said: str) -> None:
    for key, kind, choices in FIELDS:
        await custom.define(key, kind, choices=choices)
    await custom.change(await custom.define("alt", "text"), archived=True)
    with pytest.raises(InvalidArgument) as refusal:
        await custom.contacts.call(persons.ListPersonsRequest(**request_))
    [violation] = refusal.value.violations
    assert violation.field == field
    assert said in violation.message


async def test_a_token_of_another_kind_is_refused(custom: Any) -> None:
    await custom.define("umsatz", "number")
    for umsatz in (1, 2):
        await custom.person(umsatz=umsatz)
    request = persons.ListPersonsRequest(order_by="custom.umsatz", page_size=1)
    [own, *place] = orjson.loads(urlsafe_b64decode((await custom.contacts.call(request)).next_page_token + "=="))
    for wrong in ([True, "x", place[2]], [True, "9" * 30, place[2]], [1, "1", place[2]], [True, 1, place[2]]):
        request.page_token = urlsafe_b64encode(orjson.dumps([own, *wrong])).decode().rstrip("=")
        with pytest.raises(InvalidArgument, match="not a token of this list"):
            await custom.contacts.call(request)


@pytest.mark.parametrize("order_by", ["custom.umsatz", "custom.umsatz desc", "custom.notiz"])
@pytest.mark.parametrize("text", ["", "vip = false"])
async def test_a_sorted_list_walks_the_index_of_the_values(custom: Any, order_by: str, text: str) -> None:
    """A list of everybody is not sorted as a whole, or a page would cost more the more people there are."""
    await custom.define("umsatz", "number")
    await custom.define("notiz", "text")
    for number in range(3):
        await custom.person(umsatz=number, notiz="x")
    engine = custom.contacts.running.context.database.engine
    statements: list[tuple[str, Any]] = []

    def keep(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        if "walked" in statement:
            statements.append((statement, parameters))

    sa.event.listen(engine, "before_cursor_execute", keep)
    await custom.contacts.call(persons.ListPersonsRequest(order_by=order_by, filter=text, page_size=2))
    sa.event.remove(engine, "before_cursor_execute", keep)
    [(statement, parameters)] = statements
    if engine.dialect.name == "sqlite":
        # PostgreSQL rightly sorts three people.
        with engine.connect() as connection:
            plan = [row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
        index = "custom_values_by_number" if "umsatz" in order_by else "custom_values_by_text"
        assert any("walked" in step and index in step for step in plan), plan
        assert not any("TEMP B-TREE" in step for step in plan[: plan.index("SCAN places")]), plan
