"""Which tags the records of a list carry, and how many carry each."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession
from kontor_chassis.filters.fields import Condition
from kontor_chassis.filters.order import Order
from kontor_chassis.filters.tree import Node
from kontor_contacts.domain.home import Home
from kontor_contacts.store import custom_columns, lists
from kontor_contacts.store.lists import Listing
from kontor_contacts.store.tables import TAGGINGS as G
from kontor_contacts.store.tables import TAGS as T

# What is counted must not grow with the account.
MAX_RECORDS = 10_000
MAX_TAGS = 500


@dataclass(frozen=True)
class TagCounts:
    # (id, name, count), the most frequent first.
    tags: Sequence[tuple[str, str, int]]
    record_count: int
    # There are more records or tags than were looked at.
    capped: bool


def count(
    session: ReadSession, listing: Listing, noun: str, node: Node, also: Sequence[Condition], *, home: Home, most: int = MAX_RECORDS
) -> TagCounts:
    """Of the first records by name that the filter lets through. Raises InvalidArgument naming filter."""
    listing = custom_columns.with_custom(session, listing, noun, node)
    order = Order(listing.by_name)
    places = lists.places(session, listing, home, node, order=order, also=also, after=None, limit=most + 1)
    ids = [row.id for row in session.execute_planned_anew(places)]
    looked_at = places.limit(most).subquery("looked_at")
    carried = sa.func.count().label("carried")
    statement = (
        sa.select(T.c.id, T.c.name, carried)
        .select_from(looked_at.join(G, sa.and_(G.c.account_id == session.account_id, G.c.record_id == looked_at.c.id)))
        .join(T, sa.and_(T.c.account_id == G.c.account_id, T.c.id == G.c.tag_id))
        .group_by(T.c.id, T.c.name, T.c.key)
        .order_by(carried.desc(), T.c.key)
        .limit(MAX_TAGS + 1)
    )
    found = [(row.id, row.name, row.carried) for row in session.execute_planned_anew(statement)]
    return TagCounts(found[:MAX_TAGS], min(len(ids), most), len(ids) > most or len(found) > MAX_TAGS)
