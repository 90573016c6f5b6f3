"""The forecast's deals, rounded and added up by the database.

Each deal is weighed and rounded in integers, which is exact: (amount × percent + 50) / 100 is half up, and the largest
amount (money.MAX_MINOR_UNITS) times 100 stays within 64 bits. What is read are sums per bucket, currency, month and length,
never deals: at most 239 first months × 120 lengths × 2 buckets per currency, in practice some hundred rows. What the database
visits are the open deals up to the last month and the deals won in the period (monthly ones up to ten years before), each
found by an index.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession
from kontor_sales.domain.days import first_day_text, read_month
from kontor_sales.domain.deals import MAX_MONTHS, DealFilter
from kontor_sales.domain.forecast import Slice
from kontor_sales.store import deals, tags
from kontor_sales.store.tables import DEALS as D
from kontor_sales.store.tables import STAGES as S
from kontor_sales.store.tables import UNDATED

_TOTAL = sa.func.coalesce(D.c.value, 0) * D.c.value_count
_WEIGHTED = (_TOTAL * S.c.probability + 50) // 100
_LENGTH = sa.case((D.c.value_kind == "monthly", D.c.value_count), else_=1)


def slices(session: ReadSession, wanted: DealFilter, *, tag_ids: Sequence[str], months: range, today: date, currency: str) -> list[Slice]:
    """What falls into `months`, and what is overdue or undated; `currency` is that of deals without a value."""
    mine = [D.c.account_id == session.account_id, *tags.carried(session, D.c.id, tag_ids)]
    still_open, won = deals.conditions(replace(wanted, state="open")), deals.conditions(replace(wanted, state="won"))
    first, end = first_day_text(months.start), first_day_text(months.stop)
    first_monthly = first_day_text(months.start - MAX_MONTHS + 1)
    # Overdue deals count also where the period is over.
    latest = max(end, today.isoformat())
    money = sa.case((D.c.currency == "", currency), else_=D.c.currency)
    each = sa.union_all(
        _open(money, today.isoformat()).where(*mine, *still_open, sa.or_(D.c.target_day < latest, D.c.target_day == UNDATED)),
        _won(money).where(*mine, *won, *_closed(["monthly"], first_monthly, end)),
        _won(money).where(*mine, *won, *_closed(["total", "daily", "hourly"], first, end)),
    ).subquery("each")
    same = (each.c.bucket, each.c.currency, each.c.month, each.c.length)
    statement = sa.select(
        *same,
        sa.func.count().label("deals"),
        sa.func.sum(each.c.total).label("value"),
        sa.func.sum(each.c.weighted).label("weighted"),
        sa.func.sum(each.c.weighted // each.c.length).label("weighted_part"),
    ).group_by(*same)
    return [_slice(row) for row in session.execute(statement)]


def _open(money: sa.ColumnElement[str], today: str) -> sa.Select[Any]:
    dated = sa.and_(D.c.target_day >= today, D.c.target_day != UNDATED)
    bucket = sa.case((D.c.target_day == UNDATED, "undated"), (D.c.target_day < today, "overdue"), else_="open")
    month = sa.case((dated, sa.func.substr(D.c.target_day, 1, 7)), else_="")
    length = sa.case((dated, _LENGTH), else_=1)
    return _deals(bucket.label("bucket"), money.label("currency"), month.label("month"), length.label("length"))


def _won(money: sa.ColumnElement[str]) -> sa.Select[Any]:
    month = sa.func.substr(D.c.closed_day, 1, 7)
    return _deals(sa.literal("won").label("bucket"), money.label("currency"), month.label("month"), _LENGTH.label("length"))


def _deals(*columns: sa.ColumnElement[Any]) -> sa.Select[Any]:
    tables = D.join(S, sa.and_(S.c.account_id == D.c.account_id, S.c.id == D.c.stage_id))
    return sa.select(*columns, _TOTAL.label("total"), _WEIGHTED.label("weighted")).select_from(tables)


def _closed(kinds: Sequence[str], first: str, end: str) -> list[sa.ColumnElement[bool]]:
    return [D.c.value_kind.in_(kinds), D.c.closed_day >= first, D.c.closed_day < end]


def _slice(row: sa.Row[Any]) -> Slice:
    return Slice(
        bucket=row.bucket,
        currency=row.currency,
        first_month=read_month(row.month, field="month") if row.month else 0,
        months=row.length,
        deals=row.deals,
        # PostgreSQL's sums of integers are numeric.
        value=int(row.value),
        weighted=int(row.weighted),
        weighted_part=int(row.weighted_part),
    )
