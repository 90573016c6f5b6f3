"""Which records a filtered list shows, and in which order: places to begin with, and the rest looked up record by record.

What a page costs must not grow with the account. So a list begins with the condition that the fewest records fulfil where they
are few, and sorts those; else it walks an index in the order of the list, and stops when the page is full. What the index says
itself about the records (`bits`) is compared before any of them is looked up: a walk of 50,000 entries then costs some milliseconds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession
from kontor_chassis.db.types import Instant, from_micros, micros
from kontor_chassis.db.unwalked import unwalked
from kontor_chassis.filters.conditions import Compiler
from kontor_chassis.filters.fields import Condition, Field, Kind
from kontor_chassis.filters.order import Order
from kontor_chassis.filters.tree import Node, Restriction, required

# So many records are sorted for one page; how many more there are is not counted.
_FEW = 2000
# So many entries of an index are looked at for those few that have the right bits.
_LOOKED_AT = 20_000
# For so many conditions of a filter.
_NARROWED = 6


@dataclass(frozen=True)
class Listing:
    """What a list is made of: its table, fields and orders (`by_name` is the one that children's sort keys follow). `bits` is the
    column, in the indexes of all orders, that fields' `bits` are about."""

    record: sa.Table
    fields: Mapping[str, Field]
    orders: Mapping[str, sa.Column[Any]]
    by_name: str
    bits: sa.Column[int] | None = None


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
    after: tuple[Any, ...] | None,
    limit: int,
    also: Sequence[Condition] = (),
) -> sa.Select[Any]:
    """A SELECT of `key` and `id` of the page's records, in order. `after` is the place of the last record seen, as its token holds it."""
    start = rarest(session, listing, compile_, node)
    way = _way(session, listing, order, start, required_bits(listing, node))
    compile_ = replace(compile_, hides=partial(_hides, listing, order, start), singly=way.long)
    statement = sa.select(way.key.label("key"), way.record_id.label("id")).select_from(way.along)
    statement = statement.where(*way.conditions, compile_.condition(node), *also)
    if after is not None:
        column = listing.orders[order.field]
        position = sa.tuple_(way.key, way.record_id)
        seen = sa.tuple_(sa.literal(_opened(after[0], column), column.type), sa.literal(after[1]))
        statement = statement.where(position < seen if order.descending else position > seen)
    ends = (way.key.desc(), way.record_id.desc()) if order.descending else (way.key, way.record_id)
    return statement.order_by(*ends).limit(limit)


@dataclass(frozen=True)
class _Way:
    """What a list walks. `long`: many entries for each record that is shown."""

    along: Any
    key: sa.ColumnElement[Any]
    record_id: sa.ColumnElement[str]
    conditions: Sequence[Condition]
    long: bool


def _way(session: ReadSession, listing: Listing, order: Order, start: Start | None, bits: int) -> _Way:
    record, column = listing.record, listing.orders[order.field]
    mine = record.c.account_id == session.account_id
    rare = start is not None and start.is_rare
    child = start.field.child if start is not None else None
    if start is not None and child is not None and child.sort_key is not None and order.field == listing.by_name:
        # A subquery, so that conditions on the same table further in stay apart from it.
        columns = (child.sort_key.label("key"), child.record_id.label("id"))
        right = [] if child.bits is None else [has_bits(child.bits, bits)]
        entry = sa.select(*columns).where(*child.where, *child.walk, start.condition, *right).subquery()
        return _Way(entry.join(record, record.c.id == entry.c.id), entry.c.key, entry.c.id, [mine], long=bool(bits) and not rare)
    if start is not None and rare:
        # No index has this order, so the database begins with the few and sorts them.
        key = sa.type_coerce(sa.func.coalesce(column, column), column.type)
        few = [mine] if child is None else among(session, record, record.c.id, start)
        return _Way(record, key, record.c.id, few, long=False)
    if listing.bits is not None and bits:
        # The index alone is walked; the record is looked up where the bits are right.
        index = record.alias("entry")
        along = index.join(record, sa.and_(record.c.account_id == index.c.account_id, record.c.id == index.c.id))
        right = [index.c.account_id == session.account_id, has_bits(index.c[listing.bits.name], bits)]
        return _Way(along, index.c[column.name], index.c.id, right, long=True)
    return _Way(record, column, record.c.id, [mine], long=False)


def among(session: ReadSession, record: sa.Table, record_id: sa.Column[str], start: Start) -> list[Condition]:
    """That a row, in whose table `record_id` and `account_id` lead the key, is one of the few that the list begins with."""
    account_id = record_id.table.c.account_id
    few = ids_of(session, record, start).add_columns(sa.literal(session.account_id))
    # The account not by itself: SQLite takes any to have ten rows, and would rather read them all.
    return [unwalked(account_id) == session.account_id, sa.tuple_(record_id, account_id).in_(few)]


def required_bits(listing: Listing, node: Node) -> int:
    """Bits that every record has which the filter lets through."""
    bits = 0
    for term in required(node):
        field = listing.fields.get(term.field) if isinstance(term, Restriction) else None
        if isinstance(term, Restriction) and field is not None and field.bits is not None and term.asks_for_value:
            bits |= field.bits(term.value.text)
    return bits


def has_bits(column: sa.ColumnElement[int], bits: int | sa.ColumnElement[int]) -> Condition:
    return column.bitwise_and(bits) == bits


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
    """Of the conditions that every record must fulfil and that an index finds, the one that the fewest fulfil. Where none is rare, one
    whose entries with the bits of all are few."""
    starts = sorted(
        (start for term in required(node) if (start := _start(session, listing, compile_, term))), key=lambda start: start.count
    )
    if not starts or starts[0].is_rare:
        return starts[0] if starts else None
    bits = required_bits(listing, node)
    telling = [start for start in starts if start.field.bits is not None and start.field.bits(start.term.value.text) != bits]
    for start in telling[:_NARROWED]:
        narrowed = _with_right_bits(session, start, bits)
        if narrowed is not None:
            return narrowed
    return starts[0]


def _start(session: ReadSession, listing: Listing, compile_: Compiler, term: Node) -> Start | None:
    if not isinstance(term, Restriction) or not term.asks_for_value:
        return None
    field = listing.fields.get(term.field)
    if field is None or not field.selective:
        return None
    start = Start(field, compile_.comparison(field, term), 0, term)
    found = ids_of(session, listing.record, start).limit(_FEW + 1).subquery()
    return replace(start, count=session.execute(sa.select(sa.func.count()).select_from(found)).scalar_one())


def _with_right_bits(session: ReadSession, start: Start, bits: int) -> Start | None:
    """The start narrowed to entries that have the bits of all the conditions, where those are few and soon found."""
    child = start.field.child
    if child is None or child.bits is None:
        return None
    right = has_bits(child.bits, bits)
    entries = child.ids(start.condition).add_columns(right.label("right")).limit(_LOOKED_AT + 1).subquery()
    counts = sa.select(sa.func.count().label("looked_at"), sa.func.count().filter(entries.c.right).label("found"))
    row = session.execute(counts.select_from(entries)).one()
    if row.looked_at > _LOOKED_AT or row.found > _FEW:
        return None
    return replace(start, condition=sa.and_(start.condition, right), count=row.found)


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


def _opened(key: Any, column: sa.ColumnElement[Any]) -> Any:
    """A sort key as the column holds it, from what `token_position` made of it."""
    if not isinstance(column.type, Instant):
        return key
    try:
        return from_micros(key)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)
