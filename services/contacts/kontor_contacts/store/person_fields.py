"""What people can be filtered and sorted by."""

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
from kontor_contacts.store.tables import PERSON_DATES as D
from kontor_contacts.store.tables import PERSONS as P
from kontor_contacts.store.tables import POSITIONS as W
from kontor_contacts.store.visibility import can_hide, not_hidden_from

NOUN = "persons"
ORDERS: Mapping[str, sa.Column[Any]] = {"last_name": P.c.sort_key, "first_name": P.c.given_key, **record_fields.orders(P)}
BY_NAME = "last_name"
_GENDERS = {"female": "female", "male": "male", "diverse": "diverse"}


def listing(session: ReadSession, home: Home) -> Listing:
    return Listing(P, _fields(session, home), ORDERS, BY_NAME, P.c.tag_bits)


def _fields(session: ReadSession, home: Home) -> Mapping[str, Field]:
    account = session.account_id
    hiding = can_hide(session, O)
    there = (W.c.account_id == account, *([not_hidden_from(session, O, W.c.organisation_id)] if hiding else []))
    works = Child(W.c.person_id, (*there, W.c.to_date.is_(None)), P.c.id)
    worked = Child(W.c.person_id, (*there, W.c.to_date.is_not(None)), P.c.id)
    at = cache(lambda text: present_id(session, "organisations", text))
    birthday = Child(D.c.person_id, (D.c.account_id == account, D.c.kind == "birthday"), P.c.id)
    return {
        **record_fields.common(session, P, NOUN, home),
        **address_fields.of_persons(session, hiding=hiding),
        "last_name": Field(Kind.TEXT, P.c.last_name_key),
        "first_name": Field(Kind.TEXT, P.c.first_name_key),
        "gender": Field(Kind.KEY, P.c.gender, words=_GENDERS),
        "language": Field(Kind.KEY, P.c.language),
        # `MM-DD`: `birthday = 05-*` is everybody born in May.
        "birthday": Field(Kind.KEY, D.c.day, birthday, selective=True),
        "organisation": Field(Kind.REFERENCE, W.c.organisation_id, works, normalise=at, selective=True),
        "within": Field(
            Kind.REFERENCE,
            W.c.organisation_id,
            works,
            normalise=at,
            selective=True,
            among=lambda top: organisation_trees.subtree(session, top),
        ),
        "former_organisation": Field(Kind.REFERENCE, W.c.organisation_id, worked, normalise=at, selective=True),
    }
