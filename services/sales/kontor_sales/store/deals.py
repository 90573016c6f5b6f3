"""Every SQL statement about deals, but for their history and the forecast."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.json_rows import children
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.text import fold
from kontor_sales.domain.deals import Deal, DealFilter, DealPerson
from kontor_sales.domain.money import NO_VALUE, Money, comparable
from kontor_sales.store import tags
from kontor_sales.store.tables import DEAL_PERSONS as L
from kontor_sales.store.tables import DEALS as D
from kontor_sales.store.tables import PROJECTS, UNDATED
from kontor_sales.store.tables import STAGES as S
from kontor_sales.store.walks import After, Links, equal, places

NOUN = "deals"

_PERSONS = children(L.c.place, L.c.person_id, L.c.role, where=sa.and_(L.c.account_id == D.c.account_id, L.c.deal_id == D.c.id))
_WHOLE = sa.select(
    D, S.c.name.label("stage_name"), S.c.probability, tags.column(D).label("tags"), _PERSONS.label("persons")
).select_from(D.join(S, sa.and_(S.c.account_id == D.c.account_id, S.c.id == D.c.stage_id)))  # fmt: skip


def get(session: ReadSession, deal_id: str) -> Deal | None:
    row = session.execute(_WHOLE.where(D.c.account_id == session.account_id, D.c.id == deal_id)).one_or_none()
    return _deal(row) if row else None


def lock(session: WriteSession, deal_id: str) -> Deal | None:
    """The deal, with its row locked until the end of the session."""
    held = sa.select(D.c.id).where(D.c.account_id == session.account_id, D.c.id == deal_id).with_for_update()
    return get(session, deal_id) if session.execute(held).first() else None


def by_ids(session: ReadSession, ids: Sequence[str]) -> list[Deal]:
    """Those that exist, in no particular order."""
    return [_deal(row) for row in session.execute(_WHOLE.where(D.c.account_id == session.account_id, D.c.id.in_(ids)))]


def page(session: ReadSession, wanted: DealFilter, *, tag_ids: Sequence[str], after: After | None, limit: int) -> list[tuple[After, Deal]]:
    """Deals by target date, each with its place in the list."""
    found = places_of(session, wanted, tag_ids=tag_ids, after=after, limit=limit)
    statement = _WHOLE.join(found, sa.and_(D.c.account_id == session.account_id, D.c.id == found.c.id))
    rows = session.execute(statement.order_by(D.c.target_day, D.c.id))
    return [((row.target_day, row.id), _deal(row)) for row in rows]


def places_of(session: ReadSession, wanted: DealFilter, *, tag_ids: Sequence[str], after: After | None, limit: int) -> sa.Subquery:
    links = Links(L, L.c.deal_id, L.c.target_day, [L.c.person_id == wanted.person_id]) if wanted.person_id else None
    only = conditions(wanted)
    return places(session, NOUN, record=D, sort_key=D.c.target_day, only=only, tag_ids=tag_ids, links=links, after=after, limit=limit)


def filtered(session: ReadSession, found: sa.Select[Any], *, descending: bool) -> list[tuple[tuple[Any, str], Deal]]:
    """The deals at these places (`key` and `id`), in their order, each with its key and id."""
    places = found.subquery("places")
    statement = _WHOLE.add_columns(places.c.key).join(places, sa.and_(D.c.account_id == session.account_id, D.c.id == places.c.id))
    ways = (places.c.key.desc(), D.c.id.desc()) if descending else (places.c.key, D.c.id)
    return [((row.key, row.id), _deal(row)) for row in session.execute_planned_anew(statement.order_by(*ways))]


def conditions(wanted: DealFilter) -> list[sa.ColumnElement[bool]]:
    """The filters that are columns of the deal; tags and people have tables of their own."""
    names = ("organisation_id", "responsible_user_id", "stage_id", "state", "pipeline_id")
    return equal(*((D.c[name], getattr(wanted, name)) for name in names))


def insert(session: WriteSession, deal: Deal) -> Deal:
    """Answers the deal with its tags as they are kept."""
    origin = {"create_time": deal.create_time, "creator_user_id": deal.creator_user_id}
    session.execute(sa.insert(D).values(account_id=session.account_id, **_values(deal), **origin))
    _insert_persons(session, deal)
    if not deal.tags:
        return deal
    return replace(deal, tags=tags.replace(session, NOUN, deal.id, deal.tags, sort_key=target_day(deal)))


def update(session: WriteSession, before: Deal, after: Deal) -> Deal:
    """Write what differs; the caller holds the row and has raised the version. Answers it with its tags as they are kept."""
    session.execute(sa.update(D).where(D.c.account_id == session.account_id, D.c.id == after.id).values(_values(after)))
    if before.persons != after.persons or before.target_date != after.target_date:
        session.execute(sa.delete(L).where(L.c.account_id == session.account_id, L.c.deal_id == after.id))
        _insert_persons(session, after)
    if before.tags == after.tags and before.target_date == after.target_date:
        return after
    return replace(after, tags=tags.replace(session, NOUN, after.id, after.tags, sort_key=target_day(after)))


def delete(session: WriteSession, deal_id: str) -> None:
    """The deal and, by the foreign keys, its people and its history."""
    tags.remove(session, deal_id)
    session.execute(sa.delete(D).where(D.c.account_id == session.account_id, D.c.id == deal_id))


def has_projects(session: ReadSession, deal_id: str) -> bool:
    born = sa.select(PROJECTS.c.id).where(PROJECTS.c.account_id == session.account_id, PROJECTS.c.deal_id == deal_id)
    return session.execute(born.limit(1)).first() is not None


def all_after(session: ReadSession, after: str, limit: int) -> list[Deal]:
    """Deals by id, for reading all of them."""
    statement = _WHOLE.where(D.c.account_id == session.account_id, D.c.id > after).order_by(D.c.id).limit(limit)
    return [_deal(row) for row in session.execute(statement)]


def target_day(deal: Deal) -> str:
    return deal.target_date.isoformat() if deal.target_date else UNDATED


def worth(deal: Deal) -> dict[str, Any]:
    """The columns that deals and their history share."""
    return {
        "pipeline_id": deal.pipeline_id,
        "stage_id": deal.stage_id,
        "state": deal.state,
        "lost_reason": deal.lost_reason,
        "closed_day": deal.closed_date.isoformat() if deal.closed_date else "",
        "value": deal.value.minor_units if deal.value else None,
        "currency": deal.value.currency if deal.value else "",
        "value_kind": deal.value_kind,
        "value_count": deal.value_count,
        "target_day": target_day(deal),
    }


def _insert_persons(session: WriteSession, deal: Deal) -> None:
    rows = [
        {
            "account_id": session.account_id,
            "deal_id": deal.id,
            "person_id": person.person_id,
            "place": place,
            "role": person.role,
            "target_day": target_day(deal),
        }
        for place, person in enumerate(deal.persons)
    ]
    if rows:
        session.execute(sa.insert(L), rows)


def _values(deal: Deal) -> dict[str, Any]:
    return {
        "id": deal.id,
        "version": deal.version,
        "name": deal.name,
        "name_key": fold(deal.name),
        "value_key": comparable(deal.value) if deal.value else NO_VALUE,
        "description": deal.description,
        "organisation_id": deal.organisation_id,
        "responsible_user_id": deal.responsible_user_id,
        "update_time": deal.update_time,
        **worth(deal),
    }


def _deal(row: sa.Row[Any]) -> Deal:
    return Deal(
        id=row.id,
        version=row.version,
        name=row.name,
        description=row.description,
        value=None if row.value is None else Money(row.value, row.currency),
        value_kind=row.value_kind,
        value_count=row.value_count,
        target_date=None if row.target_day == UNDATED else date.fromisoformat(row.target_day),
        organisation_id=row.organisation_id,
        persons=tuple(DealPerson(item[1], item[2]) for item in sorted(row.persons)),
        responsible_user_id=row.responsible_user_id,
        tags=tags.from_rows(row.tags),
        pipeline_id=row.pipeline_id,
        stage_id=row.stage_id,
        stage_name=row.stage_name,
        probability=row.probability,
        state=row.state,
        lost_reason=row.lost_reason,
        closed_date=date.fromisoformat(row.closed_day) if row.closed_day else None,
        create_time=row.create_time,
        update_time=row.update_time,
        creator_user_id=row.creator_user_id,
    )
