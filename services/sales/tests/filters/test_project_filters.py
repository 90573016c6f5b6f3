"""Lists of projects in the filter language (B10, C8), each answer compared with what plain Python makes of the same words."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from google.type.date_pb2 import Date
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kontor.sales.v1 import deals_pb2 as deals
from kontor.sales.v1 import projects_pb2 as pb
from kontor_chassis.errors import InvalidArgument
from kontor_chassis.ids import new_id
from kontor_chassis.testing import Harness
from kontor_chassis.text import fold

MUELLER, OZTURK, ANNA, BERND, CARER = (new_id() for _ in range(5))
# The clock of tests stands on 2026-03-02.
DAYS = (None, Date(year=2026, month=2, day=28), Date(year=2026, month=3, day=2), Date(year=2026, month=3, day=10))
NAMES = ("Öffnung", "Olympia", "Umzug", "umzug 2", "Neubau")
Holds = Callable[[pb.Project], bool]


def day(date: Date) -> str:
    return f"{date.year:04}-{date.month:02}-{date.day:02}" if date.year else ""


# Each with what Python makes of it.
SIMPLE: dict[str, Holds] = {
    "state = open": lambda p: p.state == pb.PROJECT_STATE_OPEN,
    "state != closed": lambda p: p.state != pb.PROJECT_STATE_CLOSED,
    "name = umzug*": lambda p: fold(p.name).startswith("umzug"),
    "name = oeffnung": lambda p: fold(p.name) == "offnung",
    "start_date <= today": lambda p: "" < day(p.start_date) <= "2026-03-02",
    "NOT start_date:*": lambda p: not day(p.start_date),
    "end_date < today": lambda p: "" < day(p.end_date) < "2026-03-02",
    "end_date >= 2026-03-02": lambda p: day(p.end_date) >= "2026-03-02",
    f"organisation = {MUELLER}": lambda p: MUELLER in p.organisation_ids,
    "NOT organisation:*": lambda p: not p.organisation_ids,
    f"person = {ANNA}": lambda p: ANNA in p.person_ids,
    f"responsible = {CARER}": lambda p: p.responsible_user_id == CARER,
    "responsible = me": lambda p: p.responsible_user_id != CARER,
    "deal:*": lambda p: bool(p.deal_id),
    "tags:vip": lambda p: "VIP" in p.tags,
    "NOT tags:*": lambda p: not p.tags,
    "creator = me": lambda p: True,
    "create_time < today": lambda p: False,
    "update_time = today": lambda p: True,
}
_texts = st.recursive(
    st.sampled_from(sorted(SIMPLE)).map(lambda text: (f"({text})", SIMPLE[text])),
    lambda inner: st.one_of(
        inner.map(lambda one: (f"NOT ({one[0]})", lambda p, one=one: not one[1](p))),
        st.tuples(inner, inner).map(lambda two: (f"({two[0][0]}) AND ({two[1][0]})", lambda p, two=two: two[0][1](p) and two[1][1](p))),
        st.tuples(inner, inner).map(lambda two: (f"({two[0][0]}) OR ({two[1][0]})", lambda p, two=two: two[0][1](p) or two[1][1](p))),
    ),
    max_leaves=4,
)
SORTED: dict[str, Callable[[pb.Project], Any]] = {
    "": lambda p: fold(p.name),
    "name": lambda p: fold(p.name),
    "start_date": lambda p: day(p.start_date),
    "end_date": lambda p: day(p.end_date),
    "create_time": lambda p: p.create_time.ToMicroseconds(),
    "update_time": lambda p: p.update_time.ToMicroseconds(),
}


def expected(projects: Sequence[pb.Project], holds: Holds, order: str, *, descending: bool) -> list[str]:
    wanted = sorted((item for item in projects if holds(item)), key=lambda item: (SORTED[order](item), item.id), reverse=descending)
    return [item.id for item in wanted]


async def pages(sales: Harness, size: int = 200, **request: Any) -> list[str]:
    found: list[str] = []
    token = ""
    while True:
        response = await sales.call(pb.ListProjectsRequest(page_size=size, page_token=token, **request))
        found += [item.id for item in response.projects]
        token = response.next_page_token
        if not token:
            return found


@pytest.fixture
async def projects(sales: Harness) -> list[pb.Project]:
    deal = await sales.call(deals.CreateDealRequest(deal=deals.Deal(name="x")))
    await sales.call(deals.WinDealRequest(id=deal.id))
    dice = Random(7)
    made: list[pb.Project] = []
    for _ in range(24):
        project = pb.Project(
            name=dice.choice(NAMES),
            state=dice.choice([pb.PROJECT_STATE_STARTING, pb.PROJECT_STATE_OPEN, pb.PROJECT_STATE_CLOSED]),
            start_date=dice.choice(DAYS[:3]),
            end_date=dice.choice((None, DAYS[3])),
            organisation_ids=dice.sample([MUELLER, OZTURK], dice.randrange(3)),
            person_ids=dice.sample([ANNA, BERND], dice.randrange(3)),
            responsible_user_id=dice.choice(["", CARER]),
            tags=dice.sample(["VIP", "Messe"], dice.randrange(3)),
            deal_id=dice.choice(["", deal.id]),
        )
        made.append(await sales.call(pb.CreateProjectRequest(project=project)))
        sales.clock.advance(seconds=dice.randrange(2))
    return made


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(filtered=_texts, order=st.sampled_from(sorted(SORTED)), descending=st.booleans(), size=st.integers(5, 30))
async def test_lists_agree_with_plain_python(
    sales: Harness, projects: list[pb.Project], filtered: tuple[str, Holds], order: str, descending: bool, size: int
) -> None:
    text, holds = filtered
    descending = descending and bool(order)
    found = await pages(sales, size, filter=text, order_by=f"{order}{' desc' if descending else ''}")
    assert found == expected(projects, holds, order, descending=descending)


async def test_each_comparison_means_what_it_says_alone_and_with_the_plain_parameters(sales: Harness, projects: list[pb.Project]) -> None:
    for text, holds in SIMPLE.items():
        assert await pages(sales, filter=text) == expected(projects, holds, "", descending=False), text
    found = await pages(sales, filter="NOT tags:Messe", organisation_id=MUELLER, state=pb.PROJECT_STATE_OPEN, tag=["vip"])
    both = lambda p: MUELLER in p.organisation_ids and p.state == pb.PROJECT_STATE_OPEN and list(p.tags) == ["VIP"]  # noqa: E731
    assert found == expected(projects, both, "", descending=False)


async def test_what_cannot_be_listed_is_refused_by_name(sales: Harness) -> None:
    for fields, field, said in (
        ({"filter": "state = won"}, "filter", "closed, open, starting"),
        ({"filter": "stage = x"}, "filter", "position 1: there is no field 'stage'"),
        ({"order_by": "target_date"}, "order_by", "end_date"),
    ):
        with pytest.raises(InvalidArgument) as refusal:
            await sales.call(pb.ListProjectsRequest(**fields))
        [violation] = refusal.value.violations
        assert violation.field == field
        assert said in violation.message


async def test_another_account_sees_nothing_through_a_filter(sales: Harness, projects: list[pb.Project]) -> None:
    """S1."""
    stranger = replace(sales.user, account_id=new_id())
    for text in SIMPLE:
        assert not (await sales.call(pb.ListProjectsRequest(filter=text), user=stranger)).projects, text
