"""What can happen to a project."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from kontor_chassis.audit import created, deleted, updated
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.errors import FailedPrecondition, NotFound, invalid
from kontor_chassis.etags import check_etag
from kontor_chassis.filters.grammar import parse
from kontor_chassis.filters.lists import places
from kontor_chassis.filters.order import Order
from kontor_chassis.filters.tree import narrowed
from kontor_chassis.ids import is_id, new_id
from kontor_chassis.references import Answers
from kontor_sales.domain.projects import (
    Project,
    ProjectFilter,
    changed_fields,
    checked_filter,
    checked_project,
    named,
    with_changes,
    with_named,
)
from kontor_sales.events import published
from kontor_sales.store import deals, project_fields, projects, record_fields, tags
from kontor_sales.store.walks import After
from kontor_sales.usecases import references, who_answers


def create(session: WriteSession, wanted: Project, answers: Answers) -> Project:
    """Raises InvalidArgument, Unanswered, FailedPrecondition where its deal is not won."""
    checked = checked_project(wanted)
    checked = with_named(checked, who_answers.resolved(session, [], named(checked)))
    project = replace(
        checked,
        id=new_id(),
        version=1,
        responsible_user_id=checked.responsible_user_id or session.user_id,
        create_time=session.now,
        update_time=session.now,
        creator_user_id=session.user_id,
    )
    _check_deal(session, project)
    references.require(session, _named(session, project, changed_fields(Project(name=""), project)), answers)
    project = projects.insert(session, project)
    values = {name: getattr(project, name) for name in changed_fields(Project(name=""), project)}
    created(session, f"projects/{project.id}", values)
    published.project_created(session, project)
    return project


def get(session: ReadSession, project_id: str) -> Project:
    """Raises NotFound."""
    project = projects.get(session, project_id) if is_id(project_id) else None
    if project is None:
        raise NotFound("The project does not exist.")
    return project


def find(session: ReadSession, wanted: ProjectFilter, *, after: After | None, limit: int) -> list[Project]:
    """Projects by name. A tag that does not exist narrows to nothing. Raises InvalidArgument."""
    wanted = checked_filter(wanted)
    wanted = replace(wanted, organisation_id=record_fields.answering(session, "organisations")(wanted.organisation_id))
    tag_ids = tags.rarest_first(session, projects.NOUN, wanted.tags)
    return [] if tag_ids is None else projects.page(session, wanted, tag_ids=tag_ids, after=after, limit=limit)


def find_filtered(
    session: ReadSession, text: str, wanted: ProjectFilter, *, order: Order, after: tuple[Any, ...] | None, limit: int
) -> list[tuple[tuple[Any, str], Project]]:
    """Those that a filter lets through, in any order, each with its place in the list. Raises InvalidArgument naming filter."""
    wanted = checked_filter(wanted)
    listing = project_fields.listing(session)
    node = narrowed(parse(text), "tags", wanted.tags)
    node = narrowed(node, "state", [wanted.state] if wanted.state else [])
    node = narrowed(node, "organisation", [wanted.organisation_id] if wanted.organisation_id else [])
    found = places(session, listing, record_fields.compiler(session, listing), node, order=order, after=after, limit=limit)
    return projects.filtered(session, found, descending=order.descending)


def update(session: WriteSession, project_id: str, wanted: Project, answers: Answers, *, mask: Collection[str], etag: str) -> Project:
    """Set the fields in `mask`. Nothing happens where nothing differs.

    Raises NotFound, Aborted, InvalidArgument, Unanswered, FailedPrecondition where its new deal is not won.
    """
    before = _lock(session, project_id, etag)
    after = checked_project(with_changes(before, wanted, mask))
    after = with_named(after, who_answers.resolved(session, named(before), named(after)))
    changed = changed_fields(before, after)
    if not changed:
        return before
    if "deal_id" in changed:
        _check_deal(session, after)
    # Who stands in a list already may have been deleted since; that must not keep others out of it.
    stood = _named(session, before, changed)
    added = {ref: field for ref, field in _named(session, after, changed).items() if ref not in stood}
    references.require(session, added, answers)
    after = keep(session, before, after)
    who_answers.forget_left(session, f"projects/{after.id}", named(after))
    updated(session, f"projects/{after.id}", {name: (getattr(before, name), getattr(after, name)) for name in changed})
    published.project_updated(session, after, changed)
    return after


def delete(session: WriteSession, project_id: str, *, etag: str) -> None:
    """Raises NotFound, Aborted."""
    project = _lock(session, project_id, etag)
    projects.delete(session, project.id)
    who_answers.forget_left(session, f"projects/{project.id}", [])
    deleted(session, f"projects/{project.id}", {"name": project.name})
    published.project_deleted(session, project)


def held(session: WriteSession, project_id: str) -> Project | None:
    """The project, its row held until the end of the session."""
    return projects.lock(session, project_id) if is_id(project_id) else None


def keep(session: WriteSession, before: Project, after: Project) -> Project:
    """Write the changed project as its next version; the caller holds the row."""
    return projects.update(session, before, replace(after, version=before.version + 1, update_time=session.now))


def _named(session: WriteSession, project: Project, changed: Collection[str]) -> dict[str, str]:
    """The records of others that these fields name, but for the caller, who is there."""
    named: dict[str, str] = {}
    if "organisation_ids" in changed:
        named |= {f"organisations/{item}": f"organisation_ids[{index}]" for index, item in enumerate(project.organisation_ids)}
    if "person_ids" in changed:
        named |= {f"persons/{item}": f"person_ids[{index}]" for index, item in enumerate(project.person_ids)}
    if "responsible_user_id" in changed and project.responsible_user_id not in ("", session.user_id):
        named[f"users/{project.responsible_user_id}"] = "responsible_user_id"
    return named


def _lock(session: WriteSession, project_id: str, etag: str) -> Project:
    project = held(session, project_id)
    if project is None:
        raise NotFound("The project does not exist.")
    check_etag(etag, project.version)
    return project


def _check_deal(session: WriteSession, project: Project) -> None:
    """The deal is held, so that it cannot be deleted while the project is tied to it."""
    if not project.deal_id:
        return
    deal = deals.lock(session, project.deal_id)
    if deal is None:
        raise invalid("deal_id", "is not a deal")
    if deal.state != "won":
        raise FailedPrecondition("A project is born from a won deal.", reason="DEAL_NOT_WON", detail={"state": deal.state})
