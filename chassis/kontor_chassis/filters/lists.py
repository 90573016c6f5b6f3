"""Which records a filtered list shows, and in which order: places to begin with, and the rest looked up record by record.

What a page costs must not grow with the account. So a list begins with the condition that the fewest records fulfil where they
are few, and sorts those; else it walks an index in the order of the list, and stops when the page is full.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession
from kontor_chassis.db.types import Instant, from_micros, micros
from kontor_chassis.filters.conditions import Compiler
from kontor_chassis.filters.fields import Condition, Field, Kind
from kontor_chassis.filters.order import Order
from kontor_chassis.filters.tree import And, Node, Restriction

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
class Wanted:
    """What a list is asked for; `also` are conditions besides the filter's, `after` is the last place seen as its token holds it."""

    node: Node
    also: Sequence[Condition]
    order: Order
    after: tuple[Any, ...] | None
    limit: int


@dataclass(frozen=True)
class Start:
    """A condition that every record must fulfil and that an index finds, and how many do, counted up to a little."""

    field: Field
    condition: Condition
    count: int
    term: Restriction

    @property
    def is_rare(self) -> bool:
        return self.count <= _FEW


def places(
    session: ReadSession,
    listing: Listing,
    compile_: Compiler,
    node: Node,
    *,
    order: Order,
    also: Sequence[Condition],
    after: tuple[Any, ...] | None,
    limit: int,
) -> sa.Select[Any]:
    """A SELECT of `key` and `id` of the page's records, in order. `after` is the key and id of the last record seen."""
    record, column = listing.record, listing.orders[order.field]
    start = rarest(session, listing, compile_, node)
    shown = replace(compile_, hides=partial(_hides, listing, order, start))
    conditions = [record.c.account_id == session.account_id, shown.condition(node), *also]
    key: sa.ColumnElement[Any] = column
    record_id: sa.ColumnElement[str] = record.c.id
    joined: Any = record
    if start is not None:
        child = start.field.child
        if child is not None and child.sort_key is not None and order.field == listing.by_name:
            # A subquery, so that conditions on the same table further in stay apart from it.
            columns = (child.sort_key.label("key"), child.record_id.label("id"))
            walked = sa.select(*columns).where(*child.where, *child.walk, start.condition).subquery()
            key, record_id = walked.c.key, walked.c.id
            joined = walked.join(record, record.c.id == walked.c.id)
        elif start.is_rare:
            if child is not None:
                conditions.append(record.c.id.in_(ids_of(session, record, start)))
            # No index has this order, so the database begins with the few and sorts them.
            key = sa.type_coerce(sa.func.coalesce(column, column), column.type)
    statement = sa.select(key.label("key"), record_id.label("id")).select_from(joined).where(*conditions)
    if after is not None:
        position = sa.tuple_(key, record_id)
        seen = sa.tuple_(sa.literal(after[0], column.type), sa.literal(after[1]))
        statement = statement.where(position < seen if order.descending else position > seen)
    ways = (key.desc(), record_id.desc()) if order.descending else (key, record_id)
    return statement.order_by(*ways).limit(limit)


def _hides(listing: Listing, order: Order, start: Start | None, field: Field, restriction: Restriction) -> bool:
    """Whether a comparison could mislead: it has an index of its own, which is neither where the list begins nor in its order. The
    index of one value continues in the order by name."""
    if field.child is not None or not field.selective:
        return False
    if start is not None and start.is_rare:
        return restriction is not start.term
    one_value = field.kind in (Kind.REFERENCE, Kind.KEY) and not restriction.value.prefix
    return field.column is not listing.orders[order.field] and not (one_value and order.field == listing.by_name)


def rarest(session: ReadSession, listing: Listing, compile_: Compiler, node: Node) -> Start | None:
    """Of the conditions that every record must fulfil and that an index finds, the one that the fewest fulfil."""
    terms = node.terms if isinstance(node, And) else (node,)
    starts = [start for term in terms if (start := _start(session, listing, compile_, term))]
    return min(starts, key=lambda start: start.count, default=None)


def _start(session: ReadSession, listing: Listing, compile_: Compiler, term: Node) -> Start | None:
    if not isinstance(term, Restriction) or term.comparator == "!=":
        return None
    field = listing.fields.get(term.field)
    if field is None or not field.selective or not term.value.text:
        return None
    condition = compile_.comparison(field, term)
    start = Start(field, condition, 0, term)
    found = ids_of(session, listing.record, start).limit(_FEW + 1).subquery()
    count = session.execute(sa.select(sa.func.count()).select_from(found)).scalar_one()
    return replace(start, count=count)


def ids_of(session: ReadSession, record: sa.Table, start: Start) -> sa.Select[Any]:
    if start.field.child is not None:
        return start.field.child.ids(start.condition)
    return sa.select(record.c.id).where(record.c.account_id == session.account_id, start.condition)


def position_type(column: sa.ColumnElement[Any]) -> type:
    """The type of a sort key as a page token holds it; behind it stands the record's id."""
    return int if isinstance(column.type, Instant | sa.Integer) else str


def token_position(key: Any, record_id: str) -> tuple[Any, str]:
    """A record's place as a page token holds it."""
    return micros(key) if isinstance(key, datetime) else key, record_id


def opened_position(after: tuple[Any, ...] | None, column: sa.ColumnElement[Any]) -> tuple[Any, ...] | None:
    """What `token_position` made, as `places` takes it."""
    if after is not None and isinstance(column.type, Instant):
        try:
            return from_micros(after[0]), after[1]
        except OverflowError:
            return datetime.max.replace(tzinfo=UTC), after[1]
    return after
