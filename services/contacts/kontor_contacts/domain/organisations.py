"""An organisation: the values, and the rules that hold whatever stores them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from kontor_chassis.errors import invalid
from kontor_chassis.text import clean_line, clean_text, fold
from kontor_contacts.domain import care
from kontor_contacts.domain.care import Care, checked_care
from kontor_contacts.domain.contact_points import MEDIA, ContactPoints, checked, checked_url
from kontor_contacts.domain.custom_values import changed_paths, value_at
from kontor_contacts.domain.tags import tag_names
from kontor_contacts.domain.visibility import EVERYONE, Visibility, checked_visibility

_PLAIN = frozenset(
    {
        *("name", "kind", "background", "industry", "size", "website", "relationships", "tags", "custom", "visibility"),
        *("parent_id", "main_contact_person_id"),
    }
)
WRITABLE = (_PLAIN | MEDIA | care.FIELDS) - {"custom"}
# More than anybody employs.
MAX_SIZE = 10_000_000


@dataclass(frozen=True)
class MainContact:
    """Who stands for an organisation, as shown."""

    name: str
    # Empty where they have none.
    email: str = ""


@dataclass(frozen=True)
class Organisation:
    name: str
    kind: str = "company"
    background: str = ""
    industry: str = ""
    # People who work there; 0: not known.
    size: int = 0
    website: str = ""
    # What it is to us: `prospect`, `customer`, `supplier`, `partner`, `press`.
    relationships: tuple[str, ...] = ()
    points: ContactPoints = field(default=ContactPoints())
    care: Care = field(default=Care())
    tags: tuple[str, ...] = ()
    # By the fields' keys; checked and merged where definitions are at hand (usecases/custom_values.py).
    custom: Mapping[str, Any] = field(default_factory=dict)
    # Empty at the top of a tree.
    parent_id: str = ""
    main_contact_person_id: str = ""
    main_contact: MainContact | None = None
    # Whose addresses count here; empty: nobody's.
    address_origin_id: str = ""
    id: str = ""
    version: int = 0
    visibility: Visibility = EVERYONE
    create_time: datetime | None = None
    update_time: datetime | None = None
    creator_user_id: str = ""

    @property
    def sort_key(self) -> str:
        return fold(self.name)


def checked_organisation(organisation: Organisation, *, country: str) -> Organisation:
    """The organisation with cleaned values. Raises InvalidArgument naming the field."""
    if not 0 <= organisation.size <= MAX_SIZE:
        raise invalid("size", f"must be between 0 and {MAX_SIZE}")
    return replace(
        organisation,
        name=clean_line(organisation.name, field="name", required=True),
        kind=organisation.kind or "company",
        background=clean_text(organisation.background, field="background"),
        industry=clean_line(organisation.industry, field="industry"),
        website=checked_url(organisation.website, field="website") if organisation.website.strip() else "",
        relationships=tuple(sorted(set(organisation.relationships))),
        points=checked(organisation.points, country=country),
        care=checked_care(organisation.care),
        tags=tag_names(organisation.tags),
        visibility=checked_visibility(organisation.visibility),
    )


def with_changes(organisation: Organisation, wanted: Organisation, mask: Collection[str]) -> Organisation:
    """`organisation` with the fields in `mask` taken from `wanted`; fields that are not the client's to set stay."""
    plain = {name: getattr(wanted, name) for name in _PLAIN.intersection(mask)}
    points = {name: getattr(wanted.points, name) for name in MEDIA.intersection(mask)}
    cared = {name: getattr(wanted.care, name) for name in care.FIELDS.intersection(mask)}
    return replace(organisation, **plain, points=replace(organisation.points, **points), care=replace(organisation.care, **cared))


def changed_fields(before: Organisation, after: Organisation) -> list[str]:
    """Names of the writable fields that differ, sorted, custom ones as `custom.<key>`. The order of tags means nothing."""
    names = [name for name in WRITABLE if value_of(before, name) != value_of(after, name)]
    return sorted([*names, *changed_paths(before.custom, after.custom)])


def value_of(organisation: Organisation, name: str) -> object:
    """A writable field as a comparable value."""
    if name.startswith("custom."):
        return value_at(organisation.custom, name)
    if name in MEDIA:
        return getattr(organisation.points, name)
    if name in care.FIELDS:
        return getattr(organisation.care, name)
    return sorted(organisation.tags) if name == "tags" else getattr(organisation, name)
