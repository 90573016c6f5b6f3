"""The forecast (C3): what was won and what open deals promise, per month and currency.

Won deals count in full in the month in which they were won, open deals at value × probability in the month of their target
date. Open deals whose target date has passed, and those without one, stand apart; lost deals count nothing. A deal is rounded
once, half up, to the minor unit; sums are sums of rounded deals. A monthly value is spread over its months, each rounded down
and the last one taking the rest, so that the months add up to the deal.

`slice_of` is the rule for one deal. `store/forecast.py` says the same in SQL for all deals of an account; a test holds the two
together.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from kontor_chassis.errors import invalid
from kontor_sales.domain.days import month_of, read_month
from kontor_sales.domain.deals import Deal

MAX_PERIOD = 120
_DEFAULT_PERIOD = 12


@dataclass(frozen=True)
class Slice:
    """Deals that fall into the same months; amounts are sums over them, in minor units."""

    # `won`, `open` (in time), `overdue` or `undated`.
    bucket: str
    currency: str
    # 0 where the bucket has no months.
    first_month: int
    # Over how many months each of them is spread.
    months: int
    deals: int
    value: int
    # Value × probability, each deal rounded.
    weighted: int
    # What of `weighted` falls into every month but the last.
    weighted_part: int


@dataclass(frozen=True)
class Sum:
    """Open deals that belong to no month."""

    currency: str
    open: int = 0
    weighted: int = 0
    open_count: int = 0


@dataclass
class Month:
    month: int
    currency: str
    won: int = 0
    open: int = 0
    weighted: int = 0
    # Deals of which a part falls into this month.
    won_count: int = 0
    open_count: int = 0


@dataclass(frozen=True)
class Forecast:
    # By month, then currency.
    months: tuple[Month, ...]
    overdue: tuple[Sum, ...] = field(default=())
    undated: tuple[Sum, ...] = field(default=())


def period(first: str, last: str, *, today: date) -> range:
    """The months from `first` to `last`, written as `2026-01`; default a year from the present month on.

    Raises InvalidArgument naming `from` or `to`.
    """
    start = read_month(first, field="from") if first else month_of(today)
    end = read_month(last, field="to") if last else start + _DEFAULT_PERIOD - 1
    if end < start:
        raise invalid("to", "must not be before from")
    if end - start >= MAX_PERIOD:
        raise invalid("to", f"must be at most {MAX_PERIOD} months from from")
    return range(start, end + 1)


def weigh(value: int, probability: int) -> int:
    """`probability` percent of `value`, rounded half up to the minor unit."""
    return int((Decimal(value) * probability / 100).quantize(Decimal(1), ROUND_HALF_UP))


def slice_of(deal: Deal, *, today: date, currency: str) -> Slice | None:
    """What one deal is in the forecast; `currency` is that of deals without a value. None: nothing."""
    if deal.state == "lost":
        return None
    value = deal.value.minor_units * deal.value_count if deal.value else 0
    bucket, day = ("won", deal.closed_date) if deal.state == "won" else _open_bucket(deal, today)
    months = deal.value_count if deal.value_kind == "monthly" and day else 1
    weighted = weigh(value, deal.probability)
    return Slice(
        bucket=bucket,
        currency=deal.value.currency if deal.value else currency,
        first_month=month_of(day) if day else 0,
        months=months,
        deals=1,
        value=value,
        weighted=weighted,
        weighted_part=weighted // months,
    )


def forecast(slices: Iterable[Slice], *, months: range, currency: str) -> Forecast:
    """Add up. Every month of the period is listed for each currency that has a deal in it, or for `currency` if none has."""
    listed: dict[tuple[int, str], Month] = {}
    apart: dict[str, dict[str, Sum]] = defaultdict(dict)
    for item in slices:
        if item.bucket in ("won", "open"):
            _spread(item, months, listed)
        else:
            before = apart[item.bucket].get(item.currency, Sum(item.currency))
            apart[item.bucket][item.currency] = Sum(
                currency=item.currency,
                open=before.open + item.value,
                weighted=before.weighted + item.weighted,
                open_count=before.open_count + item.deals,
            )
    currencies = sorted({name for _, name in listed}) or [currency]
    return Forecast(
        months=tuple(listed.get((month, name)) or Month(month, name) for month in months for name in currencies),
        overdue=_by_currency(apart["overdue"]),
        undated=_by_currency(apart["undated"]),
    )


def _open_bucket(deal: Deal, today: date) -> tuple[str, date | None]:
    if deal.target_date is None:
        return "undated", None
    return ("overdue", None) if deal.target_date < today else ("open", deal.target_date)


def _spread(item: Slice, months: range, listed: dict[tuple[int, str], Month]) -> None:
    value_part = item.value // item.months
    for place in range(item.months):
        number = item.first_month + place
        if number not in months:
            continue
        month = listed.setdefault((number, item.currency), Month(number, item.currency))
        last = place == item.months - 1
        value = item.value - value_part * place if last else value_part
        if item.bucket == "won":
            month.won += value
            month.won_count += item.deals
        else:
            month.open += value
            month.weighted += item.weighted - item.weighted_part * place if last else item.weighted_part
            month.open_count += item.deals


def _by_currency(sums: dict[str, Sum]) -> tuple[Sum, ...]:
    return tuple(sums[name] for name in sorted(sums))
