"""Values of custom fields that a merge has kept, by the definitions of today."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kontor_chassis.errors import InvalidArgument
from kontor_chassis.text import TEXT
from kontor_contacts.domain.custom_fields import CHOICE_TYPES, CustomField, can_follow
from kontor_contacts.domain.custom_values import NO_VALUES, PREFIX, Value, checked_value, plain
from kontor_contacts.domain.home import Home
from kontor_contacts.domain.merging import BACKGROUND
from kontor_contacts.store.merge_snapshots import Snapshot
from kontor_contacts.usecases.custom_types import converted


@dataclass(frozen=True)
class Leftovers:
    """What fields cannot hold since they have another type, by key, and what a reader is told of it."""

    values: Mapping[str, Value] = field(default_factory=dict)
    lines: tuple[str, ...] = ()

    @property
    def told(self) -> dict[str, tuple[Any, Any]]:
        """For the audit, where all of it stands, whatever the background has room for."""
        return {f"{PREFIX}{key}": (plain(value), None) for key, value in self.values.items()}

    def below(self, background: str) -> str:
        """The background with the lines that it has room for."""
        for line in self.lines:
            longer = f"{background}\n{line}".strip()
            background = longer if len(longer) <= TEXT else background
        return background

    def told_below(self, background: str) -> dict[str, tuple[Any, Any]]:
        """The same with what becomes of the background."""
        longer = self.below(background)
        return {**self.told, **({BACKGROUND: (background, longer)} if longer != background else {})}


def present(kept: Snapshot[Any], old: Mapping[str, Value], fields: Mapping[str, CustomField], home: Home) -> dict[str, Value]:
    """Without what its field cannot hold any more, and without what was a value of a field, or a choice, that is gone."""
    same = {key: fields[key] for key in old if _is_there(kept, key, fields)}
    found = {key: _present(old[key], kept.fields[key][1], field, home) for key, field in same.items()}
    return {key: value for key, value in found.items() if value is not None}


def leftovers_of_survivor(kept: Snapshot[Any], fields: Mapping[str, CustomField], home: Home) -> Leftovers:
    """Of what the merge has replaced: what it left was taken away by somebody before the type could become another."""
    before, after = kept.before.custom, kept.after.custom
    replaced = {key: value for key, value in before.items() if not isinstance(value, tuple) and value != after.get(key)}
    return _leftovers(kept, replaced, fields, home)


def leftovers_of_duplicate(kept: Snapshot[Any], fields: Mapping[str, CustomField], home: Home) -> Leftovers:
    return _leftovers(kept, kept.duplicate.custom, fields, home)


def _leftovers(kept: Snapshot[Any], old: Mapping[str, Value], fields: Mapping[str, CustomField], home: Home) -> Leftovers:
    there = {key: value for key, value in old.items() if _is_there(kept, key, fields) and fields[key].type != kept.fields[key][1]}
    values = {key: value for key, value in there.items() if not _can_be(value, kept.fields[key][1], fields[key], home)}
    return Leftovers(values or NO_VALUES, tuple(_line(fields[key], value, home) for key, value in values.items()))


def _is_there(kept: Snapshot[Any], key: str, fields: Mapping[str, CustomField]) -> bool:
    """A field that was made anew under the key of one that was deleted is another."""
    return key in fields and fields[key].id == kept.fields[key][0]


def _can_be(value: Value, kind: str, field: CustomField, home: Home) -> bool:
    """A choice that is gone leaves nothing, as a field that is gone does."""
    if {kind, field.type} <= CHOICE_TYPES:
        return kind == field.type or can_follow(kind, field.type)
    return _present(value, kind, field, home) is not None


def _present(value: Value, kind: str, field: CustomField, home: Home) -> Value | None:
    """None where the field cannot hold it, or the choice is gone."""
    if field.type != kind and not can_follow(kind, field.type):
        return None
    if field.type in CHOICE_TYPES:
        known = tuple(choice.key for choice in field.choices if choice.key in (value if isinstance(value, tuple) else (value,)))
        if field.type == "multi_choice":
            return known or None
        return known[0] if known else None
    if field.type == kind:
        return value
    try:
        return checked_value(field, converted(value, field.type, home))
    except InvalidArgument:
        return None


def _line(field: CustomField, value: Value, home: Home) -> str:
    if isinstance(value, tuple):
        labels = {choice.key: choice.label for choice in field.choices}
        return f"{field.label}: {', '.join(labels.get(key, key) for key in value)}"
    return f"{field.label}: {converted(value, 'text', home)}"
