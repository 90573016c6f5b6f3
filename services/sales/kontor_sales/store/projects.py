"""Every SQL statement about projects."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.json_rows import children
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_sales.domain.projects import Project, ProjectFilter
from kontor_sales.store import tags
from kontor_sales.store.tables import PROJECT_MEMBERS as M
from kontor_sales.store.tables import PROJECTS as P
from kontor_sales.store.walks import After, Links, places

NOUN = "projects"

_MEMBERS = children(M.c.place, M.c.noun, M.c.member_id, where=sa.and_(M.c.account_id == P.c.account_id, M.c.project_id == P.c.id))
_WHOLE = sa.select(P, tags.column(P).label("tags"), _MEMBERS.label("members"))


def get(session: ReadSession, project_id: str) -> Project | None:
    row = session.execute(_WHOLE.where(P.c.account_id == session.account_id, P.c.id == project_id)).one_or_none()
    return _project(row) if row else None


def lock(session: WriteSession, project_id: str) -> Project | None:
    """The project, with its row locked until the end of the session."""
    held = sa.select(P.c.id).where(P.c.account_id == session.account_id, P.c.id == project_id).with_for_update()
    return get(session, project_id) if session.execute(held).first() else None


def by_ids(session: ReadSession, ids: Sequence[str]) -> list[Project]:
    """Those that exist, in no particular order."""
    return [_project(row) for row in session.execute(_WHOLE.where(P.c.account_id == session.account_id, P.c.id.in_(ids)))]


def page(session: ReadSession, wanted: ProjectFilter, *, tag_ids: Sequence[str], after: After | None, limit: int) -> list[Project]:
    """Projects by name."""
    found = places_of(session, wanted, tag_ids=tag_ids, after=after, limit=limit)
    statement = _WHOLE.join(found, sa.and_(P.c.account_id == session.account_id, P.c.id == found.c.id))
    return [_project(row) for row in session.execute(statement.order_by(P.c.sort_key, P.c.id))]


def places_of(session: ReadSession, wanted: ProjectFilter, *, tag_ids: Sequence[str], after: After | None, limit: int) -> sa.Subquery:
    organisation = [M.c.noun == "organisations", M.c.member_id == wanted.organisation_id]
    links = Links(M, M.c.project_id, M.c.sort_key, organisation) if wanted.organisation_id else None
    only = [P.c.state == wanted.state] if wanted.state else []
    return places(session, NOUN, record=P, sort_key=P.c.sort_key, only=only, tag_ids=tag_ids, links=links, after=after, limit=limit)


def filtered(session: ReadSession, wanted: sa.Select[Any], *, descending: bool) -> list[tuple[tuple[Any, str], Project]]:
    """The projects at these places (`key` and `id`), in their order, each with its key and id."""
    found = wanted.subquery("places")
    statement = _WHOLE.add_columns(found.c.key).join(found, sa.and_(P.c.account_id == session.account_id, P.c.id == found.c.id))
    ways = (found.c.key.desc(), P.c.id.desc()) if descending else (found.c.key, P.c.id)
    return [((row.key, row.id), _project(row)) for row in session.execute_planned_anew(statement.order_by(*ways))]


def insert(session: WriteSession, project: Project) -> Project:
    """Answers the project with its tags as they are kept."""
    origin = {"create_time": project.create_time, "creator_user_id": project.creator_user_id}
    session.execute(sa.insert(P).values(account_id=session.account_id, **_values(project), **origin))
    _insert_members(session, project)
    if not project.tags:
        return project
    return replace(project, tags=tags.replace(session, NOUN, project.id, project.tags, sort_key=project.sort_key))


def update(session: WriteSession, before: Project, after: Project) -> Project:
    """Write what differs; the caller holds the row and has raised the version. Answers it with its tags as they are kept."""
    session.execute(sa.update(P).where(P.c.account_id == session.account_id, P.c.id == after.id).values(_values(after)))
    renamed = before.sort_key != after.sort_key
    if renamed or (before.organisation_ids, before.person_ids) != (after.organisation_ids, after.person_ids):
        session.execute(sa.delete(M).where(M.c.account_id == session.account_id, M.c.project_id == after.id))
        _insert_members(session, after)
    if before.tags == after.tags and not renamed:
        return after
    return replace(after, tags=tags.replace(session, NOUN, after.id, after.tags, sort_key=after.sort_key))


def delete(session: WriteSession, project_id: str) -> None:
    """The project and, by the foreign key, who takes part in it."""
    tags.remove(session, project_id)
    session.execute(sa.delete(P).where(P.c.account_id == session.account_id, P.c.id == project_id))


def all_after(session: ReadSession, after: str, limit: int) -> list[Project]:
    """Projects by id, for reading all of them."""
    statement = _WHOLE.where(P.c.account_id == session.account_id, P.c.id > after).order_by(P.c.id).limit(limit)
    return [_project(row) for row in session.execute(statement)]


def _insert_members(session: WriteSession, project: Project) -> None:
    rows = [
        {
            "account_id": session.account_id,
            "project_id": project.id,
            "noun": noun,
            "member_id": member_id,
            "place": place,
            "sort_key": project.sort_key,
        }
        for noun, ids in (("organisations", project.organisation_ids), ("persons", project.person_ids))
        for place, member_id in enumerate(ids)
    ]
    if rows:
        session.execute(sa.insert(M), rows)


def _values(project: Project) -> dict[str, Any]:
    return {
        "id": project.id,
        "version": project.version,
        "name": project.name,
        "sort_key": project.sort_key,
        "description": project.description,
        "state": project.state,
        "start_date": project.start_date.isoformat() if project.start_date else "",
        "end_date": project.end_date.isoformat() if project.end_date else "",
        "responsible_user_id": project.responsible_user_id,
        "deal_id": project.deal_id or None,
        "update_time": project.update_time,
    }


def _project(row: sa.Row[Any]) -> Project:
    members = sorted(row.members)
    return Project(
        id=row.id,
        version=row.version,
        name=row.name,
        description=row.description,
        state=row.state,
        start_date=date.fromisoformat(row.start_date) if row.start_date else None,
        end_date=date.fromisoformat(row.end_date) if row.end_date else None,
        organisation_ids=tuple(item[2] for item in members if item[1] == "organisations"),
        person_ids=tuple(item[2] for item in members if item[1] == "persons"),
        responsible_user_id=row.responsible_user_id,
        tags=tags.from_rows(row.tags),
        deal_id=row.deal_id or "",
        create_time=row.create_time,
        update_time=row.update_time,
        creator_user_id=row.creator_user_id,
    )
