"""What projects can be filtered and sorted by."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession
from kontor_chassis.filters.fields import Child, Field, Kind
from kontor_chassis.filters.lists import Listing
from kontor_chassis.filters.order import Order
from kontor_sales.store import record_fields
from kontor_sales.store.projects import NOUN
from kontor_sales.store.record_fields import answering
from kontor_sales.store.tables import PROJECT_MEMBERS as M
from kontor_sales.store.tables import PROJECTS as P

# Every column leads an index of the account.
ORDERS: Mapping[str, sa.Column[Any]] = {
    "name": P.c.sort_key,
    "start_date": P.c.start_date,
    "end_date": P.c.end_date,
    **record_fields.orders(P),
}
DEFAULT = Order("name")
_STATES = {state: state for state in ("starting", "open", "closed")}


def listing(session: ReadSession) -> Listing:
    return Listing(P, _fields(session), ORDERS, DEFAULT.field)


def _fields(session: ReadSession) -> Mapping[str, Field]:
    def member(noun: str) -> Field:
        where = (M.c.account_id == session.account_id, M.c.noun == noun)
        child = Child(M.c.project_id, where, P.c.id, sort_key=M.c.sort_key)
        return Field(Kind.REFERENCE, M.c.member_id, child, normalise=answering(session, noun), selective=True)

    return {
        **record_fields.common(session, P, NOUN),
        "name": Field(Kind.TEXT, P.c.sort_key, selective=True),
        "state": Field(Kind.KEY, P.c.state, words=_STATES),
        "start_date": Field(Kind.DATE, P.c.start_date, selective=True),
        "end_date": Field(Kind.DATE, P.c.end_date, selective=True),
        "organisation": member("organisations"),
        "person": member("persons"),
        "deal": Field(Kind.REFERENCE, P.c.deal_id, absent=None, selective=True),
    }
