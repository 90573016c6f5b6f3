"""A project: the values, and the rules that hold whatever stores them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from kontor_chassis.errors import invalid
from kontor_chassis.text import clean_line, clean_text, fold
from kontor_sales.domain.days import checked_day
from kontor_sales.domain.given import Named
from kontor_sales.domain.references import reference, references
from kontor_sales.domain.tags import tag_key, tag_names

WRITABLE = frozenset(
    {
        "name", "description", "state", "start_date", "end_date", "organisation_ids", "person_ids",
        "responsible_user_id", "tags", "deal_id",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Project:
    name: str
    description: str = ""
    # `starting`, `open` or `closed`.
    state: str = "open"
    start_date: date | None = None
    end_date: date | None = None
    organisation_ids: tuple[str, ...] = ()
    person_ids: tuple[str, ...] = ()
    responsible_user_id: str = ""
    tags: tuple[str, ...] = ()
    # The won deal that it was born from; empty: free-standing.
    deal_id: str = ""
    id: str = ""
    version: int = 0
    create_time: datetime | None = None
    update_time: datetime | None = None
    creator_user_id: str = ""

    @property
    def sort_key(self) -> str:
        return fold(self.name)


@dataclass(frozen=True)
class ProjectFilter:
    """Empty fields narrow nothing."""

    state: str = ""
    organisation_id: str = ""
    # Names; several narrow (AND).
    tags: tuple[str, ...] = ()


def checked_project(project: Project) -> Project:
    """The project with cleaned values. Raises InvalidArgument naming the field."""
    checked = replace(
        project,
        name=clean_line(project.name, field="name", required=True),
        description=clean_text(project.description, field="description"),
        start_date=checked_day(project.start_date, field="start_date"),
        end_date=checked_day(project.end_date, field="end_date"),
        organisation_ids=references(project.organisation_ids, field="organisation_ids"),
        person_ids=references(project.person_ids, field="person_ids"),
        responsible_user_id=reference(project.responsible_user_id, field="responsible_user_id"),
        tags=tag_names(project.tags),
        deal_id=reference(project.deal_id, field="deal_id"),
    )
    if checked.start_date and checked.end_date and checked.end_date < checked.start_date:
        raise invalid("end_date", "must not be before start_date")
    return checked


def checked_filter(wanted: ProjectFilter) -> ProjectFilter:
    """Raises InvalidArgument naming the field."""
    reference(wanted.organisation_id, field="organisation_id")
    return replace(wanted, tags=tag_names(wanted.tags, field="tag"))


def with_changes(project: Project, wanted: Project, mask: Collection[str]) -> Project:
    """`project` with the fields in `mask` taken from `wanted`; fields that are not the client's to set stay as they are."""
    return replace(project, **{name: getattr(wanted, name) for name in WRITABLE.intersection(mask)})


def changed_fields(before: Project, after: Project) -> list[str]:
    """Names of the writable fields that differ, sorted. The order and the case of tags mean nothing."""
    return sorted(name for name in WRITABLE if _comparable(before, name) != _comparable(after, name))


def named(project: Project) -> list[Named]:
    """Its organisations and its people."""
    organisations = [Named(f"organisations/{item}") for item in project.organisation_ids]
    return organisations + [Named(f"persons/{item}") for item in project.person_ids]


def with_named(project: Project, wanted: Sequence[Named]) -> Project:
    ids = [item.ref.split("/") for item in wanted]
    return replace(
        project,
        organisation_ids=tuple(record_id for noun, record_id in ids if noun == "organisations"),
        person_ids=tuple(record_id for noun, record_id in ids if noun == "persons"),
    )


def _comparable(project: Project, name: str) -> object:
    return {tag_key(tag) for tag in project.tags} if name == "tags" else getattr(project, name)
