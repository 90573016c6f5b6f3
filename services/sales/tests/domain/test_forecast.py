"""The arithmetic of the forecast (C3)."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kontor_chassis.errors import InvalidArgument
from kontor_sales.domain.days import month_of, month_text
from kontor_sales.domain.deals import Deal
from kontor_sales.domain.forecast import Forecast, Sum, forecast, period, slice_of, weigh
from kontor_sales.domain.money import MAX_MINOR_UNITS, Money

TODAY = date(2026, 3, 2)


def deal(minor_units: int | None = 1_000_000, currency: str = "EUR", **fields: object) -> Deal:
    value = None if minor_units is None else Money(minor_units, currency)
    return Deal(**{"name": "x", "value": value, "target_date": date(2026, 5, 15), **fields})  # type: ignore[arg-type]


def told(*deals: Deal, first: str = "2026-03", last: str = "2026-08") -> Forecast:
    slices = [slice_of(item, today=TODAY, currency="EUR") for item in deals]
    return forecast([item for item in slices if item], months=period(first, last, today=TODAY), currency="EUR")


def by_month(found: Forecast, name: str, currency: str = "EUR") -> dict[str, int]:
    amounts = {month_text(item.month): getattr(item, name) for item in found.months if item.currency == currency}
    return {month: amount for month, amount in amounts.items() if amount}


@pytest.mark.parametrize(
    ("value", "probability", "weighted"),
    [
        (1_000_000, 75, 750_000),
        (1, 50, 1),
        (1, 49, 0),
        (3, 50, 2),
        (5, 50, 3),
        (7, 25, 2),
        (2, 25, 1),
        (99, 0, 0),
        (99, 100, 99),
        (0, 75, 0),
        (MAX_MINOR_UNITS, 33, 33 * MAX_MINOR_UNITS // 100),
        (MAX_MINOR_UNITS - 1, 75, 75 * MAX_MINOR_UNITS // 100 - 1),
    ],
)
def test_a_deal_is_rounded_half_up_after_weighting(value: int, probability: int, weighted: int) -> None:
    assert weigh(value, probability) == weighted


@given(st.integers(0, MAX_MINOR_UNITS), st.integers(0, 100))
def test_rounding_is_exact_for_every_amount(value: int, probability: int) -> None:
    exact = Fraction(value * probability, 100)
    assert -Fraction(1, 2) < weigh(value, probability) - exact <= Fraction(1, 2)


def test_ten_thousand_euros_at_75_percent_count_7500() -> None:
    found = told(deal(probability=75))
    assert by_month(found, "weighted") == {"2026-05": 750_000}
    assert by_month(found, "open") == {"2026-05": 1_000_000}
    assert by_month(found, "won") == {}


def test_each_deal_is_rounded_before_the_sum() -> None:
    assert by_month(told(*[deal(1, probability=50)] * 3), "weighted") == {"2026-05": 3}


@pytest.mark.parametrize(
    ("fields", "bucket"),
    [
        ({"state": "won", "closed_date": TODAY, "target_date": None}, "won"),
        ({"state": "won", "closed_date": date(2026, 1, 1)}, "won"),
        ({"state": "lost", "closed_date": TODAY}, None),
        ({}, "open"),
        ({"target_date": TODAY}, "open"),
        ({"target_date": date(2026, 3, 1)}, "overdue"),
        ({"target_date": None}, "undated"),
    ],
)
def test_a_deal_falls_into_one_bucket(fields: dict[str, object], bucket: str | None) -> None:
    found = slice_of(deal(1, "EUR", **fields), today=TODAY, currency="EUR")
    assert (found and found.bucket) == bucket


def test_won_deals_count_in_full_on_the_day_they_were_won() -> None:
    found = told(deal(state="won", closed_date=date(2026, 3, 1), probability=25))
    assert by_month(found, "won") == {"2026-03": 1_000_000}
    assert by_month(found, "weighted") == by_month(found, "open") == {}


def test_overdue_and_undated_deals_stand_apart() -> None:
    late, undated = deal(probability=25, target_date=date(2025, 1, 1)), deal(100, probability=75, target_date=None)
    found = told(late, undated, undated, deal(7, "CHF", target_date=None, probability=50))
    assert found.overdue == (Sum("EUR", open=1_000_000, weighted=250_000, open_count=1),)
    assert found.undated == (
        Sum("CHF", open=7, weighted=4, open_count=1),
        Sum("EUR", open=200, weighted=150, open_count=2),
    )
    assert by_month(found, "open") == {}


@pytest.mark.parametrize(
    ("kind", "count", "wanted"),
    [
        ("total", 1, {"2026-05": 1000}),
        ("daily", 5, {"2026-05": 5000}),
        ("hourly", 8, {"2026-05": 8000}),
        ("monthly", 1, {"2026-05": 1000}),
        ("monthly", 3, {"2026-05": 1000, "2026-06": 1000, "2026-07": 1000}),
        ("monthly", 24, {"2026-05": 1000, "2026-06": 1000, "2026-07": 1000, "2026-08": 1000}),
    ],
)
def test_kinds_of_value_fall_into_their_months(kind: str, count: int, wanted: dict[str, int]) -> None:
    assert by_month(told(deal(1000, value_kind=kind, value_count=count)), "open") == wanted
    closed = deal(1000, value_kind=kind, value_count=count, state="won", closed_date=date(2026, 5, 31))
    assert by_month(told(closed), "won") == wanted


def test_a_spread_value_is_rounded_so_that_its_months_add_up() -> None:
    found = told(deal(33, value_kind="monthly", value_count=3, probability=50))
    assert by_month(found, "weighted") == {"2026-05": 16, "2026-06": 16, "2026-07": 18}


def test_a_spread_deal_that_began_before_the_period_counts_for_the_rest_of_its_months() -> None:
    closed = deal(1000, value_kind="monthly", value_count=12, state="won", closed_date=date(2025, 4, 10))
    assert by_month(told(closed), "won") == {"2026-03": 1000}


def test_an_overdue_monthly_deal_counts_with_all_its_months() -> None:
    found = told(deal(1000, value_kind="monthly", value_count=12, probability=25, target_date=date(2026, 1, 1)))
    assert found.overdue == (Sum("EUR", open=12_000, weighted=3000, open_count=1),)


def test_currencies_are_never_added_whatever_their_decimals() -> None:
    found = told(deal(1001, "JPY", probability=50), deal(1001, "KWD", probability=25), deal(1, probability=25))
    assert by_month(found, "weighted", "JPY") == {"2026-05": 501}
    assert by_month(found, "weighted", "KWD") == {"2026-05": 250}
    assert [(item.currency, item.weighted) for item in found.months if item.open_count] == [("EUR", 0), ("JPY", 501), ("KWD", 250)]


@pytest.mark.parametrize("minor_units", [0, None])
def test_a_deal_without_value_is_counted_and_adds_nothing(minor_units: int | None) -> None:
    (may,) = [item for item in told(deal(minor_units)).months if item.open_count]
    assert (month_text(may.month), may.currency, may.open, may.weighted, may.open_count) == ("2026-05", "EUR", 0, 0, 1)


def test_every_month_is_listed_for_each_currency_that_occurs() -> None:
    listed = [(month_text(item.month), item.currency) for item in told(deal(currency="USD"), deal(), last="2026-05").months]
    assert listed == [(month, currency) for month in ("2026-03", "2026-04", "2026-05") for currency in ("EUR", "USD")]


def test_every_month_is_listed_in_the_accounts_currency_where_there_is_no_deal() -> None:
    found = told(deal(target_date=date(2030, 1, 1)), last="2026-04")
    assert [(month_text(item.month), item.currency, item.open_count) for item in found.months] == [
        ("2026-03", "EUR", 0),
        ("2026-04", "EUR", 0),
    ]


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [
        ("2026", "", "from"),
        ("2026-13", "", "from"),
        ("2026-00", "", "from"),
        ("26-01", "", "from"),
        ("2026-01-01", "", "from"),
        ("٢٠٢٦-01", "", "from"),
        ("1899-12", "", "from"),
        ("", "2026-1", "to"),
        ("2026-02", "2026-01", "to"),
        ("", "2026-02", "to"),
        ("2026-01", "2036-01", "to"),
        ("2026-01", "3000-01", "to"),
    ],
)
def test_a_wrong_period_is_refused_with_the_field_named(first: str, last: str, field: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        period(first, last, today=TODAY)
    assert caught.value.violations[0].field == field


def test_a_period_is_a_year_from_now_unless_it_is_named() -> None:
    assert period("", "", today=TODAY) == range(month_of(date(2026, 3, 1)), month_of(date(2027, 3, 1)))
    assert len(period("2026-01", "2035-12", today=TODAY)) == 120
    assert len(period("2026-01", "2026-01", today=TODAY)) == 1


deals_of_any_kind = st.builds(
    deal,
    st.none() | st.integers(0, 10**11),
    st.sampled_from(["EUR", "JPY", "KWD"]),
    probability=st.integers(0, 100),
    value_kind=st.sampled_from(["total", "monthly", "daily", "hourly"]),
    value_count=st.integers(1, 120),
    target_date=st.none() | st.dates(date(2025, 1, 1), date(2026, 2, 1)),
    closed_date=st.dates(date(2025, 1, 1), date(2026, 2, 1)),
    state=st.sampled_from(["open", "won", "lost"]),
)


@given(st.lists(deals_of_any_kind, max_size=20), st.dates(date(2024, 12, 1), date(2026, 3, 1)))
def test_what_the_months_and_buckets_add_up_to_is_what_the_deals_add_up_to(deals: list[Deal], today: date) -> None:
    slices = [part for item in deals if (part := slice_of(item, today=today, currency="EUR"))]
    found = forecast(slices, months=period("2025-01", "2034-12", today=today), currency="EUR")
    later = forecast(slices, months=period("2035-01", "2039-12", today=today), currency="EUR")
    months = [*found.months, *later.months]
    for currency in ("EUR", "JPY", "KWD"):
        mine = [item for item in deals if (item.value.currency if item.value else "EUR") == currency]
        worth = {id(item): item.value.minor_units * item.value_count if item.value else 0 for item in mine}
        won = [item for item in mine if item.state == "won"]
        still_open = [item for item in mine if item.state == "open"]
        apart = [item for item in (*found.overdue, *found.undated) if item.currency == currency]
        listed = [item for item in months if item.currency == currency]
        assert sum(item.won for item in listed) == sum(worth[id(item)] for item in won)
        promised = sum(item.open for item in listed) + sum(item.open for item in apart)
        assert promised == sum(worth[id(item)] for item in still_open)
        weighed = sum(item.weighted for item in listed) + sum(item.weighted for item in apart)
        assert weighed == sum(weigh(worth[id(item)], item.probability) for item in still_open)
