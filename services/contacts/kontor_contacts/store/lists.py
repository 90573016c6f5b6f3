"""Which records a filtered list of contacts shows, and in which order; how is said in `kontor_chassis.filters.lists`."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession
from kontor_chassis.filters import lists
from kontor_chassis.filters.conditions import Compiler
from kontor_chassis.filters.fields import Condition
from kontor_chassis.filters.lists import Listing, Start, Wanted, among, has_bits, rarest, required_bits
from kontor_chassis.filters.order import Order
from kontor_chassis.filters.tree import Node
from kontor_contacts.domain.home import Home
from kontor_contacts.store.visibility import visible_to

__all__ = ["Listing", "Start", "Wanted", "among", "compiler", "has_bits", "places", "rarest", "required_bits"]


def compiler(session: ReadSession, listing: Listing, home: Home) -> Compiler:
    zone = ZoneInfo(home.time_zone)
    return Compiler(listing.fields.get, session.now.astimezone(zone).date(), zone)


def places(
    session: ReadSession, listing: Listing, home: Home, node: Node, *, order: Order, also: Sequence[Condition], after: Any, limit: int
) -> sa.Select[Any]:
    """A SELECT of `key` and `id` of the page's records, in order. `after` is the key and id of the last record seen."""
    compile_ = compiler(session, listing, home)
    seen = visible_to(session, listing.record)
    return lists.places(session, listing, compile_, node, order=order, also=[seen, *also], after=after, limit=limit)
