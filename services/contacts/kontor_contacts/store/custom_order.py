"""Lists sorted by a custom field: those that have a value in its order, either way, then those that have none, by id.

Two walks, because one over both would have to be sorted as a whole: the first along the index of the values, the second along
the ids of the records.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession
from kontor_chassis.errors import invalid
from kontor_chassis.filters.tree import Node, Restriction, required
from kontor_contacts.domain.home import Home
from kontor_contacts.store import lists
from kontor_contacts.store.custom_columns import Sorting
from kontor_contacts.store.lists import Listing, Start, Wanted
from kontor_contacts.store.tables import CUSTOM_VALUES as V
from kontor_contacts.store.visibility import visible_to


def walks(session: ReadSession, listing: Listing, home: Home, wanted: Wanted, sorting: Sorting) -> Iterator[sa.Select[Any]]:
    """SELECTs of `key` and `id` to be read one after another until the page is full; the key of those without a value is NULL."""
    record, compile_ = listing.record, lists.compiler(session, listing, home)
    found = lists.rarest(session, listing, compile_, wanted.node)
    start = found if found is not None and found.is_rare else None
    bits = lists.required_bits(listing, wanted.node) if start is None else 0
    compile_ = replace(compile_, singly=bool(bits))
    conditions = [visible_to(session, record), compile_.condition(wanted.node), *wanted.also]
    after = wanted.after
    own = _of_same_field(listing, wanted.node, sorting)
    if after is None or after[0]:
        # Under a name of its own, so that a filter's conditions on values stay apart from it.
        walked = V.alias("walked")
        column = walked.c[sorting.column.name]
        there = [compile_.comparison(replace(listing.fields[sorting.path], column=column, child=None), term) for term in own]
        there += _where(session, record, walked.c.record_id, walked.c.tag_bits, start, bits)
        yield _with_value(session, record, wanted, sorting, conditions=[*conditions, *there], walked=walked, sort=start is not None)
    if not own:
        there = _where(session, record, record.c.id, record.c.tag_bits, start, bits)
        yield _without_value(session, record, wanted, sorting, conditions=[*conditions, *there])


def _where(
    session: ReadSession, record: sa.Table, record_id: sa.Column[Any], tag_bits: sa.Column[int], start: Start | None, bits: int
) -> list[sa.ColumnElement[bool]]:
    """Where a walk begins: with the few that fulfil a rare condition, or with all of the account that have these bits."""
    if start is not None:
        return lists.among(session, record, record_id, start)
    everywhere = record_id.table.c.account_id == session.account_id
    return [everywhere, lists.has_bits(tag_bits, bits)] if bits else [everywhere]


def _of_same_field(listing: Listing, node: Node, sorting: Sorting) -> list[Restriction]:
    """Comparisons that every record must fulfil, with values of the field that sorts: those bound the walk."""
    terms = (term for term in required(node) if isinstance(term, Restriction))
    return [term for term in terms if term.field == sorting.path and term.asks_for_value]


def _with_value(
    session: ReadSession, record: sa.Table, wanted: Wanted, sorting: Sorting, *, conditions: list[Any], walked: Any, sort: bool
) -> sa.Select[Any]:
    key: sa.ColumnElement[Any] = walked.c[sorting.column.name]
    column, conditions = key, [walked.c.field_id == sorting.field_id, *conditions]
    if sort:
        # The database begins with the few records, finds the value of each by its whole key, and sorts them: no index has this order.
        key, conditions = sa.type_coerce(sa.func.coalesce(key, key), key.type), [*conditions, walked.c.place == 0]
    record_id = walked.c.record_id
    statement = (
        sa.select(key.label("key"), record_id.label("id"))
        .select_from(walked.join(record, sa.and_(record.c.account_id == walked.c.account_id, record.c.id == record_id)))
        .where(*conditions)
    )
    if wanted.after is not None:
        position = sa.tuple_(key, record_id)
        seen = sa.tuple_(sa.literal(_key(wanted.after[1], column), column.type), sa.literal(wanted.after[2]))
        statement = statement.where(position < seen if wanted.order.descending else position > seen)
    ways = (key.desc(), record_id.desc()) if wanted.order.descending else (key, record_id)
    return statement.order_by(*ways)


def _without_value(session: ReadSession, record: sa.Table, wanted: Wanted, sorting: Sorting, *, conditions: list[Any]) -> sa.Select[Any]:
    valued = V.alias("valued")
    has = sa.exists().where(
        valued.c.account_id == session.account_id, valued.c.record_id == record.c.id, valued.c.field_id == sorting.field_id
    )
    key = sa.cast(sa.null(), sorting.column.type).label("key")
    statement = sa.select(key, record.c.id.label("id")).where(*conditions, sa.not_(has))
    if wanted.after is not None and not wanted.after[0]:
        last = wanted.after[2]
        statement = statement.where(record.c.id < last if wanted.order.descending else record.c.id > last)
    return statement.order_by(record.c.id.desc() if wanted.order.descending else record.c.id)


def _key(text: str, column: sa.ColumnElement[Any]) -> Any:
    if not isinstance(column.type, sa.Integer):
        return text
    try:
        number = int(text)
    except ValueError:
        raise invalid("page_token", "is not a token of this list") from None
    if abs(number) >= 2**63:
        raise invalid("page_token", "is not a token of this list")
    return number
