"""What organisations can be filtered and sorted by."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession
from kontor_chassis.filters.fields import Child, Field, Kind
from kontor_contacts.domain.home import Home
from kontor_contacts.store import address_fields, organisation_trees, record_fields
from kontor_contacts.store.lists import Listing
from kontor_contacts.store.survivors import present_id
from kontor_contacts.store.tables import ORGANISATIONS as O
from kontor_contacts.store.tables import RELATIONSHIPS as R
from kontor_contacts.store.visibility import can_hide

NOUN = "organisations"
ORDERS: Mapping[str, sa.Column[Any]] = {"name": O.c.sort_key, "size": O.c.size, **record_fields.orders(O)}
BY_NAME = "name"
_KINDS = ("company", "household", "authority", "association", "department", "holding", "other")
_RELATIONSHIPS = ("prospect", "customer", "supplier", "partner", "press")


def listing(session: ReadSession, home: Home) -> Listing:
    return Listing(O, _fields(session, home), ORDERS, BY_NAME, O.c.tag_bits)


def _fields(session: ReadSession, home: Home) -> Mapping[str, Field]:
    account = session.account_id
    at = cache(lambda text: present_id(session, NOUN, text))
    related = Child(R.c.organisation_id, (R.c.account_id == account,), O.c.id)
    return {
        **record_fields.common(session, O, NOUN, home),
        **address_fields.of_organisations(session, hiding=can_hide(session, O)),
        "name": Field(Kind.TEXT, O.c.sort_key, selective=True),
        "kind": Field(Kind.KEY, O.c.kind, words={word: word for word in _KINDS}),
        "industry": Field(Kind.KEY, O.c.industry),
        "size": Field(Kind.NUMBER, O.c.size, absent=0),
        "relationship": Field(Kind.KEY, R.c.relationship, related, words={word: word for word in _RELATIONSHIPS}, selective=True),
        "parent": Field(Kind.REFERENCE, O.c.parent_id, normalise=at, selective=True),
        "within": Field(Kind.REFERENCE, O.c.id, normalise=at, selective=True, among=lambda top: organisation_trees.subtree(session, top)),
    }
