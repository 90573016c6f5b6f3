"""Filtering people and organisations by the addresses that count for them, inherited ones included."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.visitors import replacement_traverse

from kontor_chassis.db.sessions import ReadSession
from kontor_chassis.filters.fields import Child, Condition, Field, Kind, exists
from kontor_contacts.store.tables import CONTACT_POINTS as C
from kontor_contacts.store.tables import ORGANISATIONS as O
from kontor_contacts.store.tables import PERSONS as P
from kontor_contacts.store.tables import POSITIONS as W
from kontor_contacts.store.visibility import not_hidden_from

# Addresses once more, where one record's are asked for.
A = C.alias("asked")


def of_organisations(session: ReadSession, *, hiding: bool) -> Mapping[str, Field]:
    """`hiding`: some organisation may be hidden from the caller (`can_hide`)."""
    lent_to = O.alias()
    postal = _postal(session)
    at = [lent_to.c.account_id == session.account_id, lent_to.c.address_origin_id == C.c.record_id]
    if hiding:
        # Of the few that borrow it, rather than of everybody in the city.
        at.append(not_hidden_from(session, O, lent_to.c.address_origin_id))
    return _fields(Child(lent_to.c.id, (*at, *postal), O.c.id, singly=True), C)


@dataclass(frozen=True)
class _OfPersons(Child):
    """Begins with a city where it is a list's start. Asked of one person it begins there: with their own addresses, then with the one of
    where they work, whose key is known. SQLite would else read all addresses of the city for each person."""

    postal: Callable[..., Condition] | None = None
    lends: tuple[Condition, ...] = ()

    def having(self, condition: Condition, *, singly: bool = False) -> Condition:
        assert self.postal is not None

        def column(element: Any, **_: Any) -> Any:
            return A.c[element.key] if getattr(element, "table", None) is self.record_id.table else None

        said = replacement_traverse(condition, {}, column)
        works = sa.and_(O.c.account_id == W.c.account_id, O.c.id == W.c.organisation_id)
        lent = sa.select(sa.literal(1)).select_from(W.join(O, works))
        lent = lent.where(W.c.person_id == self.outer, *self.lends, self.postal(O.c.address_origin_id, said))
        return sa.or_(self.postal(self.outer, said), exists(lent, singly=True))


def of_persons(session: ReadSession, *, hiding: bool) -> Mapping[str, Field]:
    """Each person's own addresses, and for those without what counts where they work. Two halves, so that the database can begin
    either with a city and find its people, or with a person."""
    columns = (C.c.lookup, C.c.postcode, C.c.country)
    own = sa.select(C.c.record_id, *columns).where(*_postal(session), C.c.noun == "persons")

    def postal(record_id: sa.ColumnElement[str], *conditions: Condition) -> Condition:
        mine = (A.c.account_id == session.account_id, A.c.record_id == record_id, A.c.medium == "postal")
        # All columns: an index that holds those which are asked for would be preferred to the key.
        return exists(sa.select(A).where(*mine, *conditions), singly=True)

    # A hidden organisation lends nothing, and nothing is lent through one. Asked beside the join, so that it reads its index only.
    seen = [not_hidden_from(session, O, each) for each in (W.c.organisation_id, O.c.address_origin_id)] if hiding else []
    primary = (W.c.account_id == session.account_id, W.c.is_primary, W.c.to_date.is_(None))
    lends = (*seen, *primary, sa.not_(postal(W.c.person_id)))
    inherited = (
        sa.select(W.c.person_id.label("record_id"), *columns)
        .join(O, sa.and_(O.c.account_id == W.c.account_id, O.c.id == W.c.organisation_id))
        .join(C, C.c.record_id == O.c.address_origin_id)
        .where(*_postal(session), *lends)
    )
    effective = sa.union_all(own, inherited).subquery()
    return _fields(_OfPersons(effective.c.record_id, (), P.c.id, postal=postal, lends=lends), effective)


def _postal(session: ReadSession) -> tuple[sa.ColumnElement[bool], ...]:
    return (C.c.account_id == session.account_id, C.c.medium == "postal")


def _fields(postal: Child, columns: sa.FromClause) -> Mapping[str, Field]:
    return {
        "city": Field(Kind.TEXT, columns.c.lookup, postal, selective=True),
        "postcode": Field(Kind.KEY, columns.c.postcode, postal, selective=True),
        "country": Field(Kind.KEY, columns.c.country, postal, normalise=str.upper),
    }
