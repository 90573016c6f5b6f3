"""A page of a filtered list, in any order, and its places as tokens hold them."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession
from kontor_chassis.filters.lists import position_type
from kontor_chassis.filters.lists import token_position as plain_position
from kontor_chassis.filters.order import Order
from kontor_contacts.domain.custom_values import PREFIX
from kontor_contacts.domain.home import Home
from kontor_contacts.store import custom_columns, custom_order, lists
from kontor_contacts.store.lists import Listing, Wanted

Record = TypeVar("Record")
# Reads the records at the places that a SELECT names, in their order, each with its key and id.
Fetch = Callable[[sa.Select[Any]], list[tuple[Any, Record]]]


def read_page(
    session: ReadSession, listing: Listing, noun: str, wanted: Wanted, *, home: Home, fetch: Fetch[Record]
) -> list[tuple[Any, Record]]:
    """Up to `limit` records, each with its key and id. Raises InvalidArgument naming filter, order_by or page_token."""
    found: list[tuple[Any, Record]] = []
    for places in _walks(session, listing, noun, wanted, home):
        found += fetch(places.limit(wanted.limit - len(found)))
        if len(found) == wanted.limit:
            break
    return found


def _walks(session: ReadSession, listing: Listing, noun: str, wanted: Wanted, home: Home) -> Iterator[sa.Select[Any]]:
    listing = custom_columns.with_custom(session, listing, noun, wanted.node)
    sorting = custom_columns.sorting(session, noun, wanted.order)
    if sorting is not None:
        yield from custom_order.walks(session, listing, home, wanted, sorting)
        return
    also, after = wanted.also, wanted.after
    yield lists.places(session, listing, home, wanted.node, order=wanted.order, also=also, after=after, limit=wanted.limit)


def position_types(orders: Mapping[str, sa.ColumnElement[Any]], order: Order) -> tuple[type, ...]:
    """The types of a page's position as its token holds them. By a custom field: whether it has a value, the value, the id."""
    if order.field.startswith(PREFIX):
        return (bool, str, str)
    return (position_type(orders[order.field]), str)


def token_position(place: tuple[Any, str], order: Order) -> tuple[Any, ...]:
    """A record's key and id as a token holds them."""
    key, record_id = place
    if order.field.startswith(PREFIX):
        return (key is not None, "" if key is None else str(key), record_id)
    return plain_position(key, record_id)
