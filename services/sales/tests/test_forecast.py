"""The forecast as it is read (C3, C4): the database adds up what the rules say of each deal."""

import random
from dataclasses import replace
from datetime import date, timedelta

import pytest
from google.type.date_pb2 import Date

from kontor.sales.v1 import deals_pb2 as deals
from kontor.sales.v1 import forecast_pb2 as pb
from kontor.sales.v1 import pipelines_pb2 as pipelines
from kontor.type.v1.money_pb2 import Money
from kontor_chassis.errors import InvalidArgument, PermissionDenied
from kontor_chassis.ids import new_id
from kontor_chassis.references import Answers
from kontor_chassis.testing import Harness
from kontor_sales.domain.days import month_text
from kontor_sales.domain.deals import Deal
from kontor_sales.domain.forecast import forecast, period, slice_of
from kontor_sales.domain.money import Money as DomainMoney
from kontor_sales.usecases import deal_states
from kontor_sales.usecases import deals as deal_usecases
from kontor_sales.usecases import pipelines as pipeline_usecases

TODAY = date(2026, 3, 2)
PERIODS = (("2026-03", "2027-02"), ("2025-06", "2025-06"), ("2026-02", "2026-03"), ("2020-01", "2029-12"), ("2028-01", "2030-12"))


async def create(sales: Harness, amount: int, day: Date | None = None, **fields: object) -> deals.Deal:
    wanted = deals.Deal(name="x", value=Money(minor_units=amount, currency="EUR"), target_date=day, **fields)  # type: ignore[arg-type]
    made: deals.Deal = await sales.call(deals.CreateDealRequest(deal=wanted))
    return made


async def months(sales: Harness, **fields: object) -> dict[str, tuple[int, int, int]]:
    """Won, weighted and open per month that has anything."""
    found = await sales.call(pb.GetForecastRequest(**fields))  # type: ignore[arg-type]
    return {
        item.month: (item.won.minor_units, item.weighted.minor_units, item.open.minor_units)
        for item in found.months
        if item.won_count or item.open_count
    }


async def test_ten_thousand_euros_at_75_percent_count_7500(sales: Harness) -> None:
    stages = (await sales.call(pipelines.ListPipelinesRequest())).pipelines[0].stages
    made = await create(sales, 1_000_000, Date(year=2026, month=5, day=15), stage_id=stages[3].id)
    assert await months(sales) == {"2026-05": (0, 750_000, 1_000_000)}
    await sales.call(deals.WinDealRequest(id=made.id))
    assert await months(sales) == {"2026-03": (1_000_000, 0, 0)}
    await sales.call(deals.ReopenDealRequest(id=made.id))
    await sales.call(deals.LoseDealRequest(id=made.id, lost_reason="Budget"))
    assert await months(sales) == {}


async def test_an_empty_forecast_lists_a_year_in_the_accounts_currency(sales: Harness) -> None:
    found = await sales.call(pb.GetForecastRequest())
    assert [item.month for item in found.months] == [month_text(month) for month in period("2026-03", "2027-02", today=TODAY)]
    assert {item.currency for item in found.months} == {item.won.currency for item in found.months} == {"EUR"}
    assert found.as_of_date == Date(year=2026, month=3, day=2)
    assert (list(found.overdue), list(found.undated)) == ([], [])


async def test_overdue_and_undated_deals_stand_apart(sales: Harness) -> None:
    stages = (await sales.call(pipelines.ListPipelinesRequest())).pipelines[0].stages
    await create(sales, 101, Date(year=2026, month=3, day=1), stage_id=stages[2].id)
    await create(sales, 200, stage_id=stages[1].id)
    await create(sales, 300, Date(year=2026, month=3, day=2), stage_id=stages[1].id)
    found = await sales.call(pb.GetForecastRequest())
    assert [_sum(item) for item in found.overdue] == [("EUR", 101, 51, 1)]
    assert [_sum(item) for item in found.undated] == [("EUR", 200, 50, 1)]
    assert await months(sales) == {"2026-03": (0, 75, 300)}


async def test_the_filters_of_lists_drive_the_forecast(sales: Harness) -> None:
    pipeline = (await sales.call(pipelines.ListPipelinesRequest())).pipelines[0]
    day, organisation, colleague = Date(year=2026, month=5, day=1), new_id(), new_id()
    await create(sales, 1, day, tags=["A", "B"], organisation_id=organisation)
    await create(sales, 10, day, tags=["A"], responsible_user_id=colleague)
    await create(sales, 100, day, tags=["B"])
    for filters, total in (
        ({}, 111),
        ({"tag": ["a"]}, 11),
        ({"tag": ["A", "b"]}, 1),
        ({"tag": ["A", "unbekannt"]}, 0),
        ({"organisation_id": organisation}, 1),
        ({"responsible_user_id": colleague}, 10),
        ({"responsible_user_id": colleague, "tag": ["B"]}, 0),
        ({"pipeline_id": pipeline.id}, 111),
        ({"pipeline_id": new_id()}, 0),
    ):
        assert (await months(sales, **filters)).get("2026-05", (0, 0, 0))[2] == total


async def test_a_wrong_request_is_refused_with_the_field_named(sales: Harness) -> None:
    wrong: list[tuple[dict[str, object], str]] = [
        ({"from_month": "2026-13"}, "from"),
        ({"from_month": "2026-05", "to_month": "2026-04"}, "to"),
        ({"from_month": "2026-01", "to_month": "2036-01"}, "to"),
        ({"pipeline_id": "\x00"}, "pipeline_id"),
        ({"organisation_id": "x"}, "organisation_id"),
        ({"responsible_user_id": "me"}, "responsible_user_id"),
        ({"tag": [""]}, "tag[0]"),
    ]
    for fields, field in wrong:
        with pytest.raises(InvalidArgument) as caught:
            await sales.call(pb.GetForecastRequest(**fields))  # type: ignore[arg-type]
        assert caught.value.violations[0].field == field


async def test_another_account_sees_and_counts_nothing(sales: Harness) -> None:
    await create(sales, 100, Date(year=2026, month=5, day=1))
    found = await sales.call(pb.GetForecastRequest(), user=replace(sales.user, account_id=new_id()))
    assert {item.open_count for item in found.months} == {0}
    with pytest.raises(PermissionDenied):
        await sales.call(pb.GetForecastRequest(), user=replace(sales.user, scopes=frozenset({"sales.write"})))


async def test_the_database_adds_up_what_the_rules_say_of_each_deal(sales: Harness) -> None:
    made = await sales.running.context.database.write(_make_many, sales)
    for first, last in (
        ("2026-03", "2027-02"),
        ("2025-06", "2025-06"),
        ("2026-02", "2026-03"),
        ("2020-01", "2029-12"),
        ("2028-01", "2030-12"),
    ):
        wanted = forecast(
            [found for deal in made if (found := slice_of(deal, today=TODAY, currency="EUR"))],
            months=period(first, last, today=TODAY),
            currency="EUR",
        )
        found = await sales.call(pb.GetForecastRequest(from_month=first, to_month=last))
        assert [_month(item) for item in found.months] == [
            (month_text(item.month), item.currency, item.won, item.open, item.weighted, item.won_count, item.open_count)
            for item in wanted.months
        ]
        for answered, expected in ((found.overdue, wanted.overdue), (found.undated, wanted.undated)):
            assert [_sum(item) for item in answered] == [(item.currency, item.open, item.weighted, item.open_count) for item in expected]


def _month(item: pb.ForecastMonth) -> tuple[str, str, int, int, int, int, int]:
    amounts = (item.won.minor_units, item.open.minor_units, item.weighted.minor_units)
    return (item.month, item.currency, *amounts, item.won_count, item.open_count)


def _sum(item: pb.ForecastSum) -> tuple[str, int, int, int]:
    return (item.currency, item.open.minor_units, item.weighted.minor_units, item.open_count)


def _make_many(sales: Harness) -> list[Deal]:
    """300 deals of every kind; the same ones in every run."""
    chance = random.Random(7)
    made = []
    with sales.running.context.sessions.write(sales.user) as session:
        stages = pipeline_usecases.default(session).stages
        for _ in range(300):
            value = DomainMoney(chance.choice((0, 1, 3, 33_333, 10**12)), chance.choice(("EUR", "JPY", "KWD")))
            wanted = Deal(
                name="x",
                value=chance.choice((value, value, value, None)),
                value_kind=chance.choice(("total", "monthly", "daily", "hourly")),
                value_count=chance.choice((1, 2, 7, 12, 60)),
                target_date=chance.choice((None, TODAY + timedelta(days=chance.randrange(-400, 1500)), TODAY)),
                stage_id=chance.choice(stages).id,
            )
            deal = deal_usecases.create(session, wanted, Answers())
            closed_date = TODAY - timedelta(days=chance.randrange(2000))
            match chance.choice(("open", "open", "won", "lost")):
                case "won":
                    deal = deal_states.win(session, deal.id, closed_date=closed_date, etag="")
                case "lost":
                    deal = deal_states.lose(session, deal.id, reason="x", closed_date=closed_date, etag="")
            made.append(deal)
    return made
