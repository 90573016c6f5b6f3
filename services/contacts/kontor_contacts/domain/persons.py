"""A person: the values, and the rules that hold whatever stores them."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from kontor_chassis.errors import invalid
from kontor_chassis.text import clean_line, clean_text, fold
from kontor_contacts.domain import care
from kontor_contacts.domain.assistants import Assistant, checked_assistants
from kontor_contacts.domain.care import Care, checked_care
from kontor_contacts.domain.contact_points import MEDIA, ContactPoints, checked
from kontor_contacts.domain.custom_values import changed_paths, value_at
from kontor_contacts.domain.dates import ImportantDate, checked_dates
from kontor_contacts.domain.positions import Position
from kontor_contacts.domain.tags import tag_names
from kontor_contacts.domain.visibility import EVERYONE, Visibility, checked_visibility

# What a client may set; everything else is ours.
_PLAIN = frozenset(
    {
        "salutation",
        "title",
        "first_name",
        "last_name",
        "gender",
        "background",
        "language",
        "dates",
        "assistants",
        "tags",
        "custom",
        "visibility",
    }
)
WRITABLE = (_PLAIN | MEDIA | care.FIELDS) - {"custom"}
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


@dataclass(frozen=True)
class Person:
    last_name: str
    first_name: str = ""
    salutation: str = ""
    title: str = ""
    # `female`, `male`, `diverse`; empty: not known.
    gender: str = ""
    background: str = ""
    # BCP 47: `de`, `pt-BR`.
    language: str = ""
    points: ContactPoints = field(default=ContactPoints())
    dates: tuple[ImportantDate, ...] = ()
    assistants: tuple[Assistant, ...] = ()
    care: Care = field(default=Care())
    tags: tuple[str, ...] = ()
    # By the fields' keys; checked and merged where definitions are at hand (usecases/custom_values.py).
    custom: Mapping[str, Any] = field(default_factory=dict)
    id: str = ""
    version: int = 0
    positions: tuple[Position, ...] = ()
    # Empty: there is no photo.
    photo_id: str = ""
    visibility: Visibility = EVERYONE
    create_time: datetime | None = None
    update_time: datetime | None = None
    creator_user_id: str = ""

    @property
    def display_name(self) -> str:
        return " ".join(part for part in (self.title, self.first_name, self.last_name) if part)

    @property
    def sort_key(self) -> str:
        """Last name first, as lists are sorted."""
        return fold(f"{self.last_name} {self.first_name}")

    @property
    def given_key(self) -> str:
        """First name first, as people type."""
        return fold(f"{self.first_name} {self.last_name}")


def checked_person(person: Person, *, country: str) -> Person:
    """The person with cleaned values. Raises InvalidArgument naming the field."""
    if person.language and not _LANGUAGE.fullmatch(person.language):
        raise invalid("language", "is not a language code (BCP 47)")
    return replace(
        person,
        salutation=clean_line(person.salutation, field="salutation", limit=100),
        title=clean_line(person.title, field="title", limit=100),
        first_name=clean_line(person.first_name, field="first_name"),
        last_name=clean_line(person.last_name, field="last_name", required=True),
        background=clean_text(person.background, field="background"),
        points=checked(person.points, country=country),
        dates=checked_dates(person.dates),
        assistants=checked_assistants(person.assistants),
        care=checked_care(person.care),
        tags=tag_names(person.tags),
        visibility=checked_visibility(person.visibility),
    )


def with_changes(person: Person, wanted: Person, mask: Collection[str]) -> Person:
    """`person` with the fields in `mask` taken from `wanted`; fields that are not the client's to set stay as they are."""
    plain = {name: getattr(wanted, name) for name in _PLAIN.intersection(mask)}
    points = {name: getattr(wanted.points, name) for name in MEDIA.intersection(mask)}
    cared = {name: getattr(wanted.care, name) for name in care.FIELDS.intersection(mask)}
    return replace(person, **plain, points=replace(person.points, **points), care=replace(person.care, **cared))


def changed_fields(before: Person, after: Person) -> list[str]:
    """Names of the writable fields that differ, sorted, custom ones as `custom.<key>`. The order of tags means nothing."""
    names = [name for name in WRITABLE if value_of(before, name) != value_of(after, name)]
    return sorted([*names, *changed_paths(before.custom, after.custom)])


def value_of(person: Person, name: str) -> object:
    """A writable field as a comparable value."""
    if name.startswith("custom."):
        return value_at(person.custom, name)
    if name in MEDIA:
        return getattr(person.points, name)
    if name in care.FIELDS:
        return getattr(person.care, name)
    return sorted(person.tags) if name == "tags" else getattr(person, name)
