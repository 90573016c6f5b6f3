"""Lists of deals in the filter language (B10, C4), each answer compared with what plain Python makes of the same words."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from google.type.date_pb2 import Date
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kontor.sales.v1 import deals_pb2 as pb
from kontor.sales.v1 import pipelines_pb2 as pipelines
from kontor.type.v1.money_pb2 import Money
from kontor_chassis.currencies import DECIMALS
from kontor_chassis.errors import InvalidArgument
from kontor_chassis.ids import new_id
from kontor_chassis.testing import Harness
from kontor_chassis.text import fold

MUELLER, OZTURK, ANNA, BERND, CARER = (new_id() for _ in range(5))
# The clock of tests stands on 2026-03-02.
DAYS = ("", "2026-02-28", "2026-03-02", "2026-03-10", "2027-01-01")
WORTHS = ((0, ""), (0, "EUR"), (99_999, "EUR"), (100_000, "USD"), (1_000, "JPY"), (12_345, "KWD"))
NAMES = ("Ölwechsel", "Olympia", "oel und Gas", "Wartung", "wartungsvertrag", "Ärger")
Holds = Callable[[pb.Deal], bool]


def day(date: Date) -> str:
    return f"{date.year:04}-{date.month:02}-{date.day:02}" if date.year else ""


def amount(deal: pb.Deal) -> float | None:
    return deal.value.minor_units / 10 ** DECIMALS[deal.value.currency] if deal.HasField("value") else None


# Each with what Python makes of it.
SIMPLE: dict[str, Holds] = {
    "state = open": lambda d: d.state == pb.DEAL_STATE_OPEN,
    "state = won": lambda d: d.state == pb.DEAL_STATE_WON,
    "state != lost": lambda d: d.state != pb.DEAL_STATE_LOST,
    "name = öl*": lambda d: fold(d.name).startswith("ol"),
    "name = WARTUNG": lambda d: fold(d.name) == "wartung",
    "value >= 1000": lambda d: (amount(d) or 0) >= 1000,
    "value < 12.3451": lambda d: d.HasField("value") and (amount(d) or 0) < 12.3451,
    "value:*": lambda d: d.HasField("value"),
    "value = 999.99": lambda d: amount(d) == 999.99,
    "currency = eur": lambda d: d.value.currency == "EUR",
    "NOT currency:*": lambda d: not d.HasField("value"),
    "value_kind = monthly": lambda d: d.value_kind == pb.VALUE_KIND_MONTHLY,
    "probability > 20": lambda d: d.probability > 20,
    "probability <= 20": lambda d: d.probability <= 20,
    "target_date < today": lambda d: "" < day(d.target_date) < "2026-03-02",
    "target_date = today": lambda d: day(d.target_date) == "2026-03-02",
    "target_date > today+1w": lambda d: day(d.target_date) > "2026-03-09",
    "NOT target_date:*": lambda d: not day(d.target_date),
    "closed_date:*": lambda d: bool(day(d.closed_date)),
    "closed_date <= 2026-03-02": lambda d: "" < day(d.closed_date) <= "2026-03-02",
    "responsible = me": lambda d: d.responsible_user_id not in ("", CARER),
    f"responsible = {CARER}": lambda d: d.responsible_user_id == CARER,
    f"organisation = {MUELLER}": lambda d: d.organisation_id == MUELLER,
    "organisation:*": lambda d: bool(d.organisation_id),
    f"person = {ANNA}": lambda d: ANNA in [person.person_id for person in d.persons],
    "NOT person:*": lambda d: not d.persons,
    "tags:vip": lambda d: "VIP" in d.tags,
    "tags:VIP AND tags:Messe": lambda d: {"VIP", "Messe"} <= set(d.tags),
    "tags:unbekannt": lambda d: False,
    "creator = me": lambda d: True,
    "create_time = today": lambda d: True,
    "update_time < today": lambda d: False,
}
_texts = st.recursive(
    st.sampled_from(sorted(SIMPLE)).map(lambda text: (f"({text})", SIMPLE[text])),
    lambda inner: st.one_of(
        inner.map(lambda one: (f"NOT ({one[0]})", lambda d, one=one: not one[1](d))),
        st.tuples(inner, inner).map(lambda two: (f"({two[0][0]}) AND ({two[1][0]})", lambda d, two=two: two[0][1](d) and two[1][1](d))),
        st.tuples(inner, inner).map(lambda two: (f"({two[0][0]}) OR ({two[1][0]})", lambda d, two=two: two[0][1](d) or two[1][1](d))),
    ),
    max_leaves=4,
)
# What a list is sorted by, nothing being before everything but for target dates.
SORTED: dict[str, Callable[[pb.Deal], Any]] = {
    "": lambda d: day(d.target_date) or "z",
    "target_date": lambda d: day(d.target_date) or "z",
    "name": lambda d: fold(d.name),
    "value": lambda d: -1 if amount(d) is None else amount(d),
    "closed_date": lambda d: day(d.closed_date),
    "create_time": lambda d: d.create_time.ToMicroseconds(),
    "update_time": lambda d: d.update_time.ToMicroseconds(),
}


def expected(deals: Sequence[pb.Deal], holds: Holds, order: str, *, descending: bool) -> list[str]:
    wanted = sorted((deal for deal in deals if holds(deal)), key=lambda deal: (SORTED[order](deal), deal.id), reverse=descending)
    return [deal.id for deal in wanted]


async def pages(sales: Harness, size: int = 200, **request: Any) -> list[str]:
    found: list[str] = []
    token = ""
    while True:
        response = await sales.call(pb.ListDealsRequest(page_size=size, page_token=token, **request))
        found += [deal.id for deal in response.deals]
        token = response.next_page_token
        if not token:
            return found


def date(text: str) -> Date | None:
    return Date(year=int(text[:4]), month=int(text[5:7]), day=int(text[8:])) if text else None


@pytest.fixture
async def deals(sales: Harness) -> list[pb.Deal]:
    stages = (await sales.call(pipelines.ListPipelinesRequest())).pipelines
    dice = Random(7)
    made: list[pb.Deal] = []
    for _ in range(30):
        number, currency = dice.choice(WORTHS)
        deal = pb.Deal(
            name=dice.choice(NAMES),
            value=Money(minor_units=number, currency=currency) if currency else None,
            value_kind=dice.choice([pb.VALUE_KIND_TOTAL, pb.VALUE_KIND_MONTHLY]),
            target_date=date(dice.choice(DAYS)),
            organisation_id=dice.choice(["", MUELLER, OZTURK]),
            responsible_user_id=dice.choice(["", CARER]),
            persons=[pb.DealPerson(person_id=person) for person in dice.sample([ANNA, BERND], dice.randrange(3))],
            tags=dice.sample(["VIP", "Messe", "Presse"], dice.randrange(3)),
            stage_id=dice.choice(stages[0].stages).id if stages else "",
        )
        one = await sales.call(pb.CreateDealRequest(deal=deal))
        sales.clock.advance(seconds=dice.randrange(2))
        match dice.randrange(4):
            case 0:
                one = await sales.call(pb.WinDealRequest(id=one.id, closed_date=date(dice.choice(DAYS[1:3]))))
            case 1:
                one = await sales.call(pb.LoseDealRequest(id=one.id, lost_reason="zu teuer"))
        made.append(one)
    return made


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(filtered=_texts, order=st.sampled_from(sorted(SORTED)), descending=st.booleans(), size=st.integers(6, 40))
async def test_lists_agree_with_plain_python(
    sales: Harness, deals: list[pb.Deal], filtered: tuple[str, Holds], order: str, descending: bool, size: int
) -> None:
    text, holds = filtered
    descending = descending and bool(order)
    found = await pages(sales, size, filter=text, order_by=f"{order}{' desc' if descending else ''}")
    assert found == expected(deals, holds, order, descending=descending)


async def test_each_comparison_means_what_it_says(sales: Harness, deals: list[pb.Deal]) -> None:
    for text, holds in SIMPLE.items():
        assert await pages(sales, filter=text) == expected(deals, holds, "", descending=False), text


async def test_a_filter_narrows_together_with_the_plain_parameters(sales: Harness, deals: list[pb.Deal]) -> None:
    stage_id = deals[0].stage_id
    plain: list[tuple[dict[str, Any], Holds]] = [
        ({"state": pb.DEAL_STATE_WON}, lambda d: d.state == pb.DEAL_STATE_WON),
        ({"stage_id": stage_id}, lambda d: d.stage_id == stage_id),
        ({"organisation_id": MUELLER}, lambda d: d.organisation_id == MUELLER),
        ({"person_id": ANNA}, lambda d: ANNA in [person.person_id for person in d.persons]),
        ({"responsible_user_id": CARER}, lambda d: d.responsible_user_id == CARER),
        ({"tag": ["VIP", "messe"]}, lambda d: {"VIP", "Messe"} <= set(d.tags)),
    ]
    for parameters, holds in plain:
        found = await pages(sales, 4, filter="value:* OR NOT state = lost", order_by="name desc", **parameters)
        both = lambda d, holds=holds: holds(d) and (d.HasField("value") or d.state != pb.DEAL_STATE_LOST)  # noqa: E731
        assert found == expected(deals, both, "name", descending=True), parameters


WRONG: list[tuple[dict[str, str], str, str]] = [
    ({"filter": "state = open AND"}, "filter", "position 17"),
    ({"filter": "state = open AND shoe = 42"}, "filter", "position 18: there is no field 'shoe'"),
    ({"filter": "custom.x = 1"}, "filter", "there is no field 'custom.x'"),
    ({"filter": "state = gone"}, "filter", "lost, open, won"),
    ({"filter": "value = viel"}, "filter", "number"),
    ({"filter": "value > 1.00001"}, "filter", "4 decimal places"),
    ({"filter": "target_date < bald"}, "filter", "compared with a day"),
    ({"filter": "organisation = x*"}, "filter", "no beginning"),
    ({"order_by": "shoe"}, "order_by", "target_date"),
    ({"order_by": "custom.x"}, "order_by", "target_date"),
    ({"order_by": "name up"}, "order_by", "asc or desc"),
    ({"page_token": "x", "order_by": "value"}, "page_token", "not a token"),
    ({"filter": "state = open", "organisation_id": "x"}, "organisation_id", ""),
]


async def test_what_cannot_be_listed_is_refused_by_name(sales: Harness) -> None:
    for fields, field, said in WRONG:
        with pytest.raises(InvalidArgument) as refusal:
            await sales.call(pb.ListDealsRequest(**fields))
        [violation] = refusal.value.violations
        assert violation.field == field, fields
        assert said in violation.message


async def test_what_would_be_sql_elsewhere_is_a_word_here(sales: Harness, deals: list[pb.Deal]) -> None:
    """S11."""
    for text in ("'; DROP TABLE deals; --", '" OR 1=1', "%", "_", "\\", "ß" * 300, "*"):
        said = text.replace("\\", "\\\\").replace('"', '\\"').replace("*", "\\*")
        assert await pages(sales, filter=f'name = "{said}" OR currency = "{said}" OR tags:"{said}"') == [], text


async def test_a_token_belongs_to_its_filter_and_order(sales: Harness, deals: list[pb.Deal]) -> None:
    first = await sales.call(pb.ListDealsRequest(filter="name:*", order_by="value", page_size=1))
    for other in ({"filter": "state:*", "order_by": "value"}, {"filter": "name:*", "order_by": "name"}, {}):
        with pytest.raises(InvalidArgument, match="other filters"):
            await sales.call(pb.ListDealsRequest(**other, page_token=first.next_page_token))


async def test_another_account_sees_nothing_through_a_filter(sales: Harness, deals: list[pb.Deal]) -> None:
    """S1."""
    stranger = replace(sales.user, account_id=new_id())
    for text in (*SIMPLE, "NOT tags:nobody"):
        assert not (await sales.call(pb.ListDealsRequest(filter=text), user=stranger)).deals, text
