"""What deals and projects alike can be filtered and sorted by."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession
from kontor_chassis.filters.conditions import Compiler
from kontor_chassis.filters.fields import Child, Field, Kind
from kontor_chassis.filters.lists import Listing
from kontor_chassis.ids import is_id
from kontor_sales.store import accounts, tags
from kontor_sales.store.tables import MERGES
from kontor_sales.store.tables import TAGGINGS as G

# Stands for the caller wherever a user is asked for.
_ME = "me"


def common(session: ReadSession, record: sa.Table, noun: str) -> Mapping[str, Field]:
    def user(column: str, *, selective: bool) -> Field:
        return Field(Kind.REFERENCE, record.c[column], normalise=lambda text: session.user_id if text == _ME else text, selective=selective)

    mine = (G.c.account_id == session.account_id,)
    tagged = Child(G.c.record_id, mine, record.c.id, sort_key=G.c.sort_key, walk=(G.c.noun == noun,))
    return {
        "tags": Field(Kind.REFERENCE, G.c.tag_id, tagged, normalise=cache(lambda name: tags.id_of(session, name)), selective=True),
        "responsible": user("responsible_user_id", selective=True),
        "creator": user("creator_user_id", selective=False),
        "create_time": Field(Kind.TIME, record.c.create_time, absent=None, selective=True),
        "update_time": Field(Kind.TIME, record.c.update_time, absent=None, selective=True),
    }


def answering(session: ReadSession, noun: str) -> Callable[[str], str]:
    """From the id of a person or organisation to that of who answers for it since they were merged; what is no id stays as it is."""
    return cache(lambda text: MERGES.root(session, f"{noun}/{text}").partition("/")[2] if is_id(text) else text)


def orders(record: sa.Table) -> dict[str, sa.Column[Any]]:
    return {"create_time": record.c.create_time, "update_time": record.c.update_time}


def compiler(session: ReadSession, listing: Listing) -> Compiler:
    zone = ZoneInfo(accounts.get(session).time_zone)
    return Compiler(listing.fields.get, session.now.astimezone(zone).date(), zone)
