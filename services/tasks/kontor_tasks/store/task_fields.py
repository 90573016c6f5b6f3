"""What tasks can be filtered and sorted by."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession
from kontor_chassis.filters.conditions import Compiler
from kontor_chassis.filters.fields import Field, Kind
from kontor_chassis.filters.lists import Listing
from kontor_chassis.filters.order import Order
from kontor_tasks.domain.zones import LATEST
from kontor_tasks.store import accounts
from kontor_tasks.store.tables import MERGES
from kontor_tasks.store.tables import TASKS as T

# Every column leads an index of the account.
ORDERS: Mapping[str, sa.Column[Any]] = {
    "due": T.c.due_key,
    "title": T.c.title_key,
    "create_time": T.c.create_time,
    "update_time": T.c.update_time,
}
DEFAULT = Order("due")
_KINDS = {kind: kind for kind in ("task", "call", "email", "meeting", "visit", "letter", "offer", "preparation")}
_STATES = {state: state for state in ("open", "done")}
_PRIORITIES = {priority: priority for priority in ("low", "normal", "high")}
# Stands for the caller wherever a user is asked for.
_ME = "me"


def listing(session: ReadSession) -> Listing:
    return Listing(T, _fields(session), ORDERS, DEFAULT.field)


def compiler(session: ReadSession, listing: Listing) -> Compiler:
    zone = ZoneInfo(accounts.get(session).time_zone)
    return Compiler(listing.fields.get, session.now.astimezone(zone).date(), zone)


def _fields(session: ReadSession) -> Mapping[str, Field]:
    def user(column: sa.Column[Any], *, selective: bool = False) -> Field:
        return Field(Kind.REFERENCE, column, normalise=lambda text: session.user_id if text == _ME else text, selective=selective)

    return {
        "title": Field(Kind.TEXT, T.c.title_key, selective=True),
        "kind": Field(Kind.KEY, T.c.kind, words=_KINDS),
        "state": Field(Kind.KEY, T.c.state, words=_STATES),
        "priority": Field(Kind.KEY, T.c.priority, words=_PRIORITIES),
        "assignee": user(T.c.assignee_user_id, selective=True),
        "creator": user(T.c.creator_user_id, selective=True),
        "completer": user(T.c.completer_user_id),
        # The resource name: `persons/0193…`, `deals/*`. Tasks keep the name that they were given, also when its record was merged.
        "subject": Field(Kind.KEY, T.c.subject, selective=True, among=lambda subject: MERGES.members(session, subject)),
        # A task due on a day is due when that day begins.
        "due": Field(Kind.TIME, T.c.due_key, absent=LATEST, selective=True),
        "create_time": Field(Kind.TIME, T.c.create_time, absent=None, selective=True),
        "update_time": Field(Kind.TIME, T.c.update_time, absent=None, selective=True),
        "complete_time": Field(Kind.TIME, T.c.complete_time, absent=None),
    }
