"""An organisation: the values, and the rules that hold whatever stores them."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime

from kontor_chassis.text import clean_line, clean_text, fold
from kontor_contacts.domain.contact_points import ContactPoints, checked
from kontor_contacts.domain.tags import tag_names

WRITABLE = frozenset({"name", "kind", "background", "industry", "emails", "phones", "addresses", "webs", "tags"})
_POINTS = frozenset({"emails", "phones", "addresses", "webs"})


@dataclass(frozen=True)
class Organisation:
    name: str
    kind: str = "company"
    background: str = ""
    industry: str = ""
    points: ContactPoints = field(default=ContactPoints())
    tags: tuple[str, ...] = ()
    id: str = ""
    version: int = 0
    create_time: datetime | None = None
    update_time: datetime | None = None
    creator_user_id: str = ""

    @property
    def sort_key(self) -> str:
        return fold(self.name)


def checked_organisation(organisation: Organisation, *, country: str) -> Organisation:
    """The organisation with cleaned values. Raises InvalidArgument naming the field."""
    return replace(
        organisation,
        name=clean_line(organisation.name, field="name", required=True),
        kind=organisation.kind or "company",
        background=clean_text(organisation.background, field="background"),
        industry=clean_line(organisation.industry, field="industry"),
        points=checked(organisation.points, country=country),
        tags=tag_names(organisation.tags),
    )


def with_changes(organisation: Organisation, wanted: Organisation, mask: Collection[str]) -> Organisation:
    """`organisation` with the fields in `mask` taken from `wanted`; fields that are not the client's to set stay."""
    names = WRITABLE.intersection(mask)
    plain = {name: getattr(wanted, name) for name in names - _POINTS}
    points = {name: getattr(wanted.points, name) for name in names & _POINTS}
    return replace(organisation, **plain, points=replace(organisation.points, **points))


def changed_fields(before: Organisation, after: Organisation) -> list[str]:
    """Names of the writable fields that differ, sorted. The order of tags means nothing."""
    return sorted(name for name in WRITABLE if value_of(before, name) != value_of(after, name))


def value_of(organisation: Organisation, name: str) -> object:
    """A writable field as a comparable value."""
    if name in _POINTS:
        return getattr(organisation.points, name)
    return sorted(organisation.tags) if name == "tags" else getattr(organisation, name)
