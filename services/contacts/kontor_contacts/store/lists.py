"""Which records a filtered list shows, and in which order: places to begin with, and the rest looked up record by record.

What a page costs must not grow with the account. So a list begins with the condition that the fewest records fulfil where they
are few, and sorts those; else it walks an index in the order of the list, and stops when the page is full.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession
from kontor_chassis.db.types import Instant, from_micros, micros
from kontor_chassis.filters.conditions import Compiler
from kontor_chassis.filters.fields import Condition, Field
from kontor_chassis.filters.order import Order
from kontor_chassis.filters.tree import And, Node, Restriction
from kontor_contacts.domain.home import Home

# So many records are sorted for one page; how many more there are is not counted.
_FEW = 2000


@dataclass(frozen=True)
class Listing:
    """What a list is made of: its table, fields and orders (`by_name` is the one that children's sort keys follow)."""

    record: sa.Table
    fields: Mapping[str, Field]
    orders: Mapping[str, sa.ColumnElement[Any]]
    by_name: str


@dataclass(frozen=True)
class _Start:
    field: Field
    condition: Condition
    count: int


def compiler(session: ReadSession, listing: Listing, home: Home) -> Compiler:
    zone = ZoneInfo(home.time_zone)
    return Compiler(listing.fields.get, session.now.astimezone(zone).date(), zone)


def places(
    session: ReadSession, listing: Listing, home: Home, node: Node, *, order: Order, also: Sequence[Condition], after: Any, limit: int
) -> sa.Select[Any]:
    """A SELECT of `key` and `id` of the page's records, in order. `after` is the key and id of the last record seen."""
    compile_ = compiler(session, listing, home)
    record, column = listing.record, listing.orders[order.field]
    conditions = [record.c.account_id == session.account_id, compile_.condition(node), *also]
    start = _rarest(session, listing, compile_, node)
    key: sa.ColumnElement[Any] = column
    record_id: sa.ColumnElement[str] = record.c.id
    joined: Any = record
    if start is not None:
        child = start.field.child
        if child is not None and child.sort_key is not None and order.field == listing.by_name:
            # A subquery, so that conditions on the same table further in stay apart from it.
            walked = sa.select(child.sort_key.label("key"), child.record_id.label("id")).where(*child.where, start.condition).subquery()
            key, record_id = walked.c.key, walked.c.id
            joined = walked.join(record, record.c.id == walked.c.id)
        elif start.count <= _FEW:
            conditions.append(record.c.id.in_(_ids(session, record, start)))
            # No index has this order, so the database begins with the ids and sorts them.
            key = sa.type_coerce(sa.func.coalesce(column, column), column.type)
    statement = sa.select(key.label("key"), record_id.label("id")).select_from(joined).where(*conditions)
    if after is not None:
        position = sa.tuple_(key, record_id)
        seen = sa.tuple_(sa.literal(after[0], column.type), sa.literal(after[1]))
        statement = statement.where(position < seen if order.descending else position > seen)
    ways = (key.desc(), record_id.desc()) if order.descending else (key, record_id)
    return statement.order_by(*ways).limit(limit)


def position_types(orders: Mapping[str, sa.ColumnElement[Any]], order: Order) -> tuple[type, ...]:
    """The types of a page's position as its token holds them."""
    return (int if isinstance(orders[order.field].type, Instant | sa.Integer) else str, str)


def token_position(place: tuple[Any, str]) -> tuple[Any, ...]:
    """A record's key and id as a token holds them."""
    key, record_id = place
    return (micros(key) if isinstance(key, datetime) else key, record_id)


def position_from(listing: Listing, order: Order, after: tuple[Any, ...] | None) -> Any:
    if after is not None and isinstance(listing.orders[order.field].type, Instant):
        try:
            return from_micros(after[0]), after[1]
        except OverflowError:
            return datetime.max.replace(tzinfo=UTC), after[1]
    return after


def _rarest(session: ReadSession, listing: Listing, compile_: Compiler, node: Node) -> _Start | None:
    """Of the conditions that every record must fulfil and that an index finds, the one that the fewest fulfil."""
    terms = node.terms if isinstance(node, And) else (node,)
    starts = [start for term in terms if (start := _start(session, listing, compile_, term))]
    return min(starts, key=lambda start: start.count, default=None)


def _start(session: ReadSession, listing: Listing, compile_: Compiler, term: Node) -> _Start | None:
    if not isinstance(term, Restriction) or term.comparator not in (":", "="):
        return None
    field = listing.fields[term.field]
    if not field.selective or not term.value.text:
        return None
    condition = compile_.comparison(field, term)
    start = _Start(field, condition, 0)
    found = _ids(session, listing.record, start).limit(_FEW + 1).subquery()
    count = session.execute(sa.select(sa.func.count()).select_from(found)).scalar_one()
    return _Start(field, condition, count)


def _ids(session: ReadSession, record: sa.Table, start: _Start) -> sa.Select[Any]:
    if start.field.child is not None:
        return start.field.child.ids(start.condition)
    return sa.select(record.c.id).where(record.c.account_id == session.account_id, start.condition)
