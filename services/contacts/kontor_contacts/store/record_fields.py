"""What people and organisations alike can be filtered by."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession
from kontor_chassis.email_addresses import normalise_email
from kontor_chassis.filters.fields import Child, Field, Kind
from kontor_contacts.domain.contact_points import e164_of
from kontor_contacts.domain.home import Home
from kontor_contacts.domain.tag_bits import tag_bits
from kontor_contacts.store import tags
from kontor_contacts.store.tables import CONTACT_POINTS as C
from kontor_contacts.store.tables import TAGGINGS as G

# Stands for the caller wherever a user is asked for.
_ME = "me"


def common(session: ReadSession, record: sa.Table, noun: str, home: Home) -> Mapping[str, Field]:
    account = session.account_id

    def points(medium: str) -> Child:
        return Child(C.c.record_id, (C.c.account_id == account, C.c.noun == noun, C.c.medium == medium), record.c.id)

    def user(column: str) -> Field:
        return Field(Kind.REFERENCE, record.c[column], normalise=lambda text: session.user_id if text == _ME else text, selective=True)

    tag_id = cache(lambda name: tags.id_of(session, name))
    tagged = Child(
        G.c.record_id, (G.c.account_id == account,), record.c.id, sort_key=G.c.sort_key, walk=(G.c.noun == noun,), bits=G.c.tag_bits
    )
    return {
        "tags": Field(Kind.REFERENCE, G.c.tag_id, tagged, normalise=tag_id, selective=True, bits=lambda name: tag_bits([tag_id(name)])),
        "emails": Field(Kind.KEY, C.c.lookup, points("email"), normalise=_email, selective=True),
        "phones": Field(Kind.KEY, C.c.lookup, points("phone"), normalise=_phone(home), selective=True),
        "messengers": Field(Kind.KEY, C.c.lookup, points("messenger"), normalise=str.casefold, selective=True),
        "vip": Field(Kind.FLAG, record.c.vip, absent=None),
        "key_accounter": user("key_accounter_user_id"),
        "responsible": user("responsible_user_id"),
        "creator": Field(Kind.REFERENCE, record.c.creator_user_id, normalise=lambda text: session.user_id if text == _ME else text),
        "create_time": Field(Kind.TIME, record.c.create_time, absent=None),
        "update_time": Field(Kind.TIME, record.c.update_time, absent=None),
    }


def _email(text: str) -> str:
    return normalise_email(text) or text.lower()


def _phone(home: Home) -> Callable[[str], str]:
    return lambda text: e164_of(text, home.country) or text


def orders(record: sa.Table) -> dict[str, sa.Column[Any]]:
    """What a list can be sorted by; every column leads an index of the account."""
    return {"create_time": record.c.create_time, "update_time": record.c.update_time}
