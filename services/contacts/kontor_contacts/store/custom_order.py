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
from kontor_chassis.filters.tree import And, Node, Restriction
from kontor_contacts.domain.home import Home
from kontor_contacts.store import lists
from kontor_contacts.store.custom_columns import Sorting
from kontor_contacts.store.lists import Listing, Wanted
from kontor_contacts.store.tables import CUSTOM_VALUES as V
from kontor_contacts.store.visibility import visible_to


def walks(session: ReadSession, listing: Listing, home: Home, wanted: Wanted, sorting: Sorting) -> Iterator[sa.Select[Any]]:
    """SELECTs of `key` and `id` to be read one after another until the page is full; the key of those without a value is NULL."""
    compile_ = lists.compiler(session, listing, home)
    record = listing.record
    conditions = [record.c.account_id == session.account_id, visible_to(session, record), compile_.condition(wanted.node), *wanted.also]
    start = lists.rarest(session, listing, compile_, wanted.node)
    rare = start is not None and start.is_rare
    if start is not None and rare:
        conditions.append(record.c.id.in_(lists.ids_of(session, record, start)))
    after = wanted.after
    own = _of_same_field(listing, wanted.node, sorting)
    if after is None or after[0]:
        # Under a name of its own, so that a filter's conditions on values stay apart from it.
        walked = V.alias("walked")
        column = walked.c[sorting.column.name]
        there = [compile_.comparison(replace(listing.fields[sorting.path], column=column, child=None), term) for term in own]
        yield _with_value(session, record, wanted, sorting, conditions=[*conditions, *there], walked=walked, sort=rare)
    if not own:
        yield _without_value(session, record, wanted, sorting, conditions=conditions)


def _of_same_field(listing: Listing, node: Node, sorting: Sorting) -> list[Restriction]:
    """Comparisons that every record must fulfil, with values of the field that sorts: those bound the walk."""
    terms = node.terms if isinstance(node, And) else (node,)
    compared = [term for term in terms if isinstance(term, Restriction) and term.field == sorting.path and term.comparator != "!="]
    return [term for term in compared if term.value.text]


def _with_value(
    session: ReadSession, record: sa.Table, wanted: Wanted, sorting: Sorting, *, conditions: list[Any], walked: Any, sort: bool
) -> sa.Select[Any]:
    column = walked.c[sorting.column.name]
    # No index has this order, so the database begins with the few records and sorts them.
    key: sa.ColumnElement[Any] = sa.type_coerce(sa.func.coalesce(column, column), column.type) if sort else column
    record_id = walked.c.record_id
    statement = (
        sa.select(key.label("key"), record_id.label("id"))
        .select_from(walked.join(record, sa.and_(record.c.account_id == walked.c.account_id, record.c.id == record_id)))
        .where(walked.c.account_id == session.account_id, walked.c.field_id == sorting.field_id, *conditions)
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
