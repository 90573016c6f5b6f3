"""What deals can be filtered and sorted by."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession
from kontor_chassis.filters.fields import Child, Field, Kind
from kontor_chassis.filters.lists import Listing
from kontor_chassis.filters.order import Order
from kontor_sales.domain.money import COMPARED_DECIMALS, NO_VALUE
from kontor_sales.store import record_fields
from kontor_sales.store.deals import NOUN
from kontor_sales.store.record_fields import answering
from kontor_sales.store.tables import DEAL_PERSONS as L
from kontor_sales.store.tables import DEALS as D
from kontor_sales.store.tables import STAGES as S
from kontor_sales.store.tables import UNDATED

# Every column leads an index of the account.
ORDERS: Mapping[str, sa.Column[Any]] = {
    "target_date": D.c.target_day,
    "name": D.c.name_key,
    "value": D.c.value_key,
    "closed_date": D.c.closed_day,
    **record_fields.orders(D),
}
DEFAULT = Order("target_date")
_STATES = {state: state for state in ("open", "won", "lost")}
_KINDS = {kind: kind for kind in ("total", "monthly", "daily", "hourly")}


def listing(session: ReadSession) -> Listing:
    return Listing(D, _fields(session), ORDERS, DEFAULT.field)


def _fields(session: ReadSession) -> Mapping[str, Field]:
    account = session.account_id
    person = Child(L.c.deal_id, (L.c.account_id == account,), D.c.id, sort_key=L.c.target_day)
    stage = Child(S.c.id, (S.c.account_id == account,), D.c.stage_id)
    return {
        **record_fields.common(session, D, NOUN),
        "name": Field(Kind.TEXT, D.c.name_key, selective=True),
        "state": Field(Kind.KEY, D.c.state, words=_STATES),
        "pipeline": Field(Kind.REFERENCE, D.c.pipeline_id),
        "stage": Field(Kind.REFERENCE, D.c.stage_id, selective=True),
        "probability": Field(Kind.NUMBER, S.c.probability, stage, absent=None),
        "value": Field(Kind.NUMBER, D.c.value_key, absent=NO_VALUE, scale=COMPARED_DECIMALS, selective=True),
        "currency": Field(Kind.REFERENCE, D.c.currency, normalise=str.upper),
        "value_kind": Field(Kind.KEY, D.c.value_kind, words=_KINDS),
        "target_date": Field(Kind.DATE, D.c.target_day, absent=UNDATED, selective=True),
        "closed_date": Field(Kind.DATE, D.c.closed_day, selective=True),
        "organisation": Field(Kind.REFERENCE, D.c.organisation_id, normalise=answering(session, "organisations"), selective=True),
        "person": Field(Kind.REFERENCE, L.c.person_id, person, normalise=answering(session, "persons"), selective=True),
    }
