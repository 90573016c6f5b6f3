"""Contact points in rows."""

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.json_rows import children
from kontor_chassis.db.sessions import WriteSession
from kontor_chassis.email_addresses import normalise_email
from kontor_chassis.text import fold
from kontor_contacts.domain.contact_points import ContactPoints, Email, Messenger, Phone, PostalAddress, Web
from kontor_contacts.store.tables import CONTACT_POINTS as T

_NONE = ContactPoints()
_INSERT = sa.insert(T)
_DELETE = sa.delete(T).where(
    T.c.account_id == sa.bindparam("this_account", type_=sa.Text), T.c.record_id == sa.bindparam("this_id", type_=sa.Text)
)


def column(record: sa.Table) -> sa.ScalarSelect[list[list[Any]]]:
    """A record's contact points as a column of its own statement; read it with `from_rows`."""
    return children(
        T.c.place, T.c.medium, T.c.kind, T.c.is_primary, T.c.value, T.c.lookup, T.c.postcode, T.c.city, T.c.region, T.c.country,
        where=sa.and_(T.c.account_id == record.c.account_id, T.c.record_id == record.c.id),
    )  # fmt: skip


def from_rows(rows: Sequence[Sequence[Any]]) -> ContactPoints:
    if not rows:
        return _NONE
    emails, phones, addresses, webs, messengers = [], [], [], [], []
    for _, medium, kind, primary, value, lookup, postcode, city, region, country in sorted(rows, key=lambda row: row[0]):
        match medium:
            case "email":
                emails.append(Email(value, kind, bool(primary)))
            case "phone":
                phones.append(Phone(value, kind, bool(primary), lookup))
            case "postal":
                addresses.append(PostalAddress(value, postcode, city, region, country, kind, bool(primary)))
            case "web":
                webs.append(Web(value, kind, bool(primary)))
            case "messenger":
                messengers.append(Messenger(lookup.partition(":")[0], value, kind, bool(primary)))
    return ContactPoints(tuple(emails), tuple(phones), tuple(addresses), tuple(webs), tuple(messengers))


def insert(session: WriteSession, noun: str, record_id: str, points: ContactPoints) -> None:
    rows = [{"account_id": session.account_id, "record_id": record_id, "noun": noun, **row} for row in _rows(points)]
    if rows:
        session.execute(_INSERT, rows)


def delete(session: WriteSession, record_id: str) -> None:
    session.execute(_DELETE, {"this_account": session.account_id, "this_id": record_id})


def _rows(points: ContactPoints) -> Iterable[dict[str, Any]]:
    empty = {"lookup": "", "postcode": "", "city": "", "region": "", "country": ""}
    for place, email in enumerate(points.emails):
        lookup = normalise_email(email.address) or ""
        yield empty | _common("email", place, email) | {"value": email.address, "lookup": lookup}
    for place, phone in enumerate(points.phones):
        yield empty | _common("phone", place, phone) | {"value": phone.number, "lookup": phone.e164}
    for place, item in enumerate(points.addresses):
        parts = {"value": item.street, "postcode": item.postcode, "city": item.city, "region": item.region, "country": item.country}
        yield empty | _common("postal", place, item) | parts | {"lookup": fold(item.city)}
    for place, web in enumerate(points.webs):
        yield empty | _common("web", place, web) | {"value": web.url}
    for place, messenger in enumerate(points.messengers):
        lookup = f"{messenger.service}:{messenger.handle.casefold()}"
        yield empty | _common("messenger", place, messenger) | {"value": messenger.handle, "lookup": lookup}


def _common(medium: str, place: int, item: Email | Phone | PostalAddress | Web | Messenger) -> dict[str, Any]:
    return {"medium": medium, "place": place, "kind": item.kind, "is_primary": item.primary}
