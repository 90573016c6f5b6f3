"""Fields that an account adds to its records: their definitions, and what may become of them."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from kontor_chassis.errors import invalid
from kontor_chassis.text import clean_line, clean_text

MAX_FIELDS = 100
MAX_CHOICES = 200
WRITABLE = frozenset({"label", "type", "choices", "description", "position", "archived"})
TYPES = frozenset({"text", "number", "decimal", "date", "choice", "multi_choice", "link", "yes_no"})
CHOICE_TYPES = frozenset({"choice", "multi_choice"})
# The types whose values can all follow, by the type that they have.
_FOLLOWED_BY: Mapping[str, frozenset[str]] = {
    "number": frozenset({"decimal", "text"}),
    "decimal": frozenset({"text"}),
    "date": frozenset({"text"}),
    "link": frozenset({"text"}),
    "yes_no": frozenset({"text"}),
    "choice": frozenset({"multi_choice"}),
}
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
_CHOICE_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


@dataclass(frozen=True)
class Choice:
    key: str
    label: str


@dataclass(frozen=True)
class CustomField:
    # `persons` or `organisations`.
    noun: str
    key: str
    label: str
    type: str
    choices: tuple[Choice, ...] = ()
    description: str = ""
    # From 1; 0: at the end.
    position: int = 0
    archived: bool = False
    id: str = ""
    version: int = 0
    create_time: datetime | None = None
    update_time: datetime | None = None

    @property
    def path(self) -> str:
        """Its name in filters, errors and the audit."""
        return f"custom.{self.key}"


def checked_field(field: CustomField) -> CustomField:
    """The definition with cleaned values. Raises InvalidArgument naming the field of the definition."""
    if not field.noun:
        raise invalid("record_kind", "must be one of person, organisation")
    if not _KEY.fullmatch(field.key):
        raise invalid("key", "is a lower-case letter, then up to 39 lower-case letters, digits and _")
    if field.type not in TYPES:
        raise invalid("type", f"must be one of {', '.join(sorted(TYPES))}")
    if not 0 <= field.position <= 1000:
        raise invalid("position", "must be between 0 and 1000")
    return replace(
        field,
        label=clean_line(field.label, field="label", required=True, limit=100),
        description=clean_text(field.description, field="description", limit=1000),
        choices=_choices(field),
    )


def _choices(field: CustomField) -> tuple[Choice, ...]:
    if field.type not in CHOICE_TYPES:
        if field.choices:
            raise invalid("choices", f"a field of type {field.type} has none")
        return ()
    if not field.choices:
        raise invalid("choices", "must not be empty")
    if len(field.choices) > MAX_CHOICES:
        raise invalid("choices", f"must have at most {MAX_CHOICES} entries")
    cleaned: dict[str, Choice] = {}
    for index, choice in enumerate(field.choices):
        if not _CHOICE_KEY.fullmatch(choice.key):
            raise invalid(f"choices[{index}].key", "is up to 40 lower-case letters, digits, _ and -, the first a letter or digit")
        if choice.key in cleaned:
            raise invalid(f"choices[{index}].key", "stands there twice")
        cleaned[choice.key] = replace(choice, label=clean_line(choice.label, field=f"choices[{index}].label", required=True, limit=100))
    return tuple(cleaned.values())


def with_changes(field: CustomField, wanted: CustomField, mask: Collection[str]) -> CustomField:
    """`field` with what is in `mask` taken from `wanted`. A type without choices drops them, unless they are said too."""
    changed = replace(field, **{name: getattr(wanted, name) for name in WRITABLE.intersection(mask)})
    if "choices" not in mask and changed.type not in CHOICE_TYPES:
        changed = replace(changed, choices=())
    return changed


def changed_names(before: CustomField, after: CustomField) -> list[str]:
    return sorted(name for name in WRITABLE if getattr(before, name) != getattr(after, name))


def can_follow(before: str, after: str) -> bool:
    """Whether every value of one type is a value of another."""
    return after in _FOLLOWED_BY.get(before, ())


def arranged(fields: Sequence[CustomField], moved: CustomField) -> list[CustomField]:
    """All fields of a kind of record with their places from 1, `moved` at the place that it asks for."""
    others = [field for field in fields if field.id != moved.id]
    place = moved.position if 0 < moved.position <= len(others) else len(others) + 1
    ordered = [*others[: place - 1], moved, *others[place - 1 :]]
    return [replace(field, position=number) for number, field in enumerate(ordered, start=1)]
