"""Filtering people and organisations by the addresses that count for them, inherited ones included."""

from collections.abc import Mapping

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession
from kontor_chassis.filters.fields import Child, Field, Kind
from kontor_contacts.store.tables import CONTACT_POINTS as C
from kontor_contacts.store.tables import ORGANISATIONS as O
from kontor_contacts.store.tables import PERSONS as P
from kontor_contacts.store.tables import POSITIONS as W
from kontor_contacts.store.visibility import not_hidden_from


def of_organisations(session: ReadSession, *, hiding: bool) -> Mapping[str, Field]:
    """`hiding`: some organisation may be hidden from the caller (`can_hide`)."""
    lent_to = O.alias()
    postal = _postal(session)
    at = [lent_to.c.account_id == session.account_id, lent_to.c.address_origin_id == C.c.record_id]
    if hiding:
        # Of the few that borrow it, rather than of everybody in the city.
        at.append(not_hidden_from(session, O, lent_to.c.address_origin_id))
    return _fields(Child(lent_to.c.id, (*at, *postal), O.c.id, singly=True), C)


def of_persons(session: ReadSession, *, hiding: bool) -> Mapping[str, Field]:
    """Each person's own addresses, and for those without what counts where they work. Two halves, so that the database can begin
    either with a city and find its people, or with a person."""
    columns = (C.c.lookup, C.c.postcode, C.c.country)
    own = sa.select(C.c.record_id, *columns).where(*_postal(session), C.c.noun == "persons")
    other = C.alias()
    # A hidden organisation lends nothing, and nothing is lent through one. Asked beside the join, so that it reads its index only.
    lends = [not_hidden_from(session, O, each) for each in (W.c.organisation_id, O.c.address_origin_id)] if hiding else []
    has_own = sa.exists().where(other.c.account_id == session.account_id, other.c.record_id == W.c.person_id, other.c.medium == "postal")
    inherited = (
        sa.select(W.c.person_id.label("record_id"), *columns)
        .join(O, sa.and_(O.c.account_id == W.c.account_id, O.c.id == W.c.organisation_id))
        .join(C, C.c.record_id == O.c.address_origin_id)
        .where(*_postal(session), *lends, W.c.account_id == session.account_id, W.c.is_primary, W.c.to_date.is_(None), sa.not_(has_own))
    )
    effective = sa.union_all(own, inherited).subquery()
    return _fields(Child(effective.c.record_id, (), P.c.id, singly=True), effective)


def _postal(session: ReadSession) -> tuple[sa.ColumnElement[bool], ...]:
    return (C.c.account_id == session.account_id, C.c.medium == "postal")


def _fields(postal: Child, columns: sa.FromClause) -> Mapping[str, Field]:
    return {
        "city": Field(Kind.TEXT, columns.c.lookup, postal, selective=True),
        "postcode": Field(Kind.KEY, columns.c.postcode, postal, selective=True),
        "country": Field(Kind.KEY, columns.c.country, postal, normalise=str.upper),
    }
