"""What of people and organisations is compared with others, read in bulk."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.json_rows import children
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_contacts.domain.duplicates import Likely
from kontor_contacts.domain.likely import core_name, websites
from kontor_contacts.store.tables import CONTACT_POINTS as C
from kontor_contacts.store.tables import ORGANISATIONS as O
from kontor_contacts.store.tables import PERSON_DATES as D
from kontor_contacts.store.tables import PERSONS as P
from kontor_contacts.store.tables import POSITIONS as W
from kontor_contacts.store.visibility import EVERYTHING, viewer, visible, visible_to

# Child rows are read whole and chosen from here: asked for a medium or kind as well, SQLite walks the index of all that are of it.


def _points(record: sa.Table) -> sa.ScalarSelect[list[list[Any]]]:
    mine = (C.c.account_id == record.c.account_id, C.c.record_id == record.c.id)
    return children(C.c.medium, C.c.lookup, C.c.value, where=sa.and_(*mine))


_PERSONS = sa.select(
    P.c.id,
    P.c.last_name_key,
    P.c.first_name_key,
    P.c.gender,
    _points(P).label("points"),
    children(
        W.c.organisation_id,
        # As domain/likely.py: limited ones count for nobody.
        where=sa.and_(W.c.account_id == P.c.account_id, W.c.person_id == P.c.id, O.c.visible_to.is_(None)),
        join=W.join(O, sa.and_(O.c.account_id == W.c.account_id, O.c.id == W.c.organisation_id)),
    ).label("organisations"),
    children(D.c.kind, D.c.day, D.c.year, where=sa.and_(D.c.account_id == P.c.account_id, D.c.person_id == P.c.id)).label("dates"),
)
_ORGANISATIONS = sa.select(O.c.id, O.c.sort_key, O.c.website, _points(O).label("points"))
_SOURCES = {"persons": (P, _PERSONS), "organisations": (O, _ORGANISATIONS)}
_ACCOUNT = sa.bindparam("this_account", type_=sa.Text)
_AMONG: sa.BindParameter[Any] = sa.bindparam("ids", expanding=True)
_AFTER_ID = sa.bindparam("after", type_=sa.Text)
_MOST = sa.bindparam("most", type_=sa.Integer)
_BY_IDS = {
    noun: select.where(record.c.account_id == _ACCOUNT, record.c.id.in_(_AMONG), visible(record))
    for noun, (record, select) in _SOURCES.items()
}
_AFTER = {
    noun: select.where(record.c.account_id == _ACCOUNT, record.c.id > _AFTER_ID, visible(record)).order_by(record.c.id).limit(_MOST)
    for noun, (record, select) in _SOURCES.items()
}


def by_ids(session: ReadSession, noun: str, ids: Sequence[str], *, everything: bool = False) -> dict[str, Likely]:
    """Those that the caller sees; `everything`: all, for work that is not shown to them."""
    these: dict[str, Any] = {"this_account": session.account_id, "ids": list(ids)}
    return _read(session, noun, _BY_IDS[noun], these | (EVERYTHING if everything else viewer(session)))


def all_after(session: ReadSession, noun: str, after: str, limit: int) -> dict[str, Likely]:
    """By id."""
    these: dict[str, Any] = {"this_account": session.account_id, "after": after, "most": limit}
    return _read(session, noun, _AFTER[noun], these | viewer(session))


def names(session: ReadSession, noun: str, ids: Sequence[str]) -> dict[str, str]:
    """As they are shown, of those that the caller sees."""
    if noun == "organisations":
        of_organisations = sa.select(O.c.id, O.c.name).where(O.c.account_id == session.account_id, O.c.id.in_(ids), visible_to(session, O))
        return {row.id: row.name for row in session.execute(of_organisations)}
    those = (P.c.account_id == session.account_id, P.c.id.in_(ids), visible_to(session, P))
    found = session.execute(sa.select(P.c.id, P.c.title, P.c.first_name, P.c.last_name).where(*those))
    return {row.id: " ".join(filter(None, (row.title, row.first_name, row.last_name))) for row in found}


def hold(session: WriteSession, noun: str, ids: Sequence[str]) -> set[str]:
    """The ids that exist, kept from being deleted until the end of the write session."""
    record = P if noun == "persons" else O
    those = sa.select(record.c.id).where(record.c.account_id == session.account_id, record.c.id.in_(ids), visible_to(session, record))
    session.hold(those.order_by(record.c.id).with_for_update(read=True, key_share=True))
    return set(session.execute(those).scalars())


def _read(session: ReadSession, noun: str, statement: sa.Select[Any], values: dict[str, Any]) -> dict[str, Likely]:
    make = _person if noun == "persons" else _organisation
    return {row.id: make(row) for row in session.execute(statement, values)}


def _person(row: sa.Row[Any]) -> Likely:
    return Likely(
        last=row.last_name_key,
        first=row.first_name_key,
        gender=row.gender,
        emails=_lookups(row.points, "email"),
        phones=_lookups(row.points, "phone"),
        organisations=frozenset(item[0] for item in row.organisations),
        birthday=next((f"{year:04}-{day}" for kind, day, year in row.dates if kind == "birthday" and year > 0), ""),
    )


def _organisation(row: sa.Row[Any]) -> Likely:
    return Likely(
        last=core_name(row.sort_key),
        emails=_lookups(row.points, "email"),
        phones=_lookups(row.points, "phone"),
        websites=websites([value for medium, _, value in row.points if medium == "web"] + [row.website]),
        is_person=False,
    )


def _lookups(rows: Sequence[Sequence[str]], medium: str) -> frozenset[str]:
    return frozenset(lookup for kind, lookup, _ in rows if kind == medium and lookup)
