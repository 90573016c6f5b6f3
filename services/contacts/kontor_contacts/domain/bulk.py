"""Changing many records at once: of which ones, and what. Both travel as JSON in the row of their operation."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, TypeVar

from kontor_chassis.errors import FieldViolation, InvalidArgument, invalid
from kontor_chassis.ids import is_id
from kontor_contacts.domain import care
from kontor_contacts.domain.custom_values import plain
from kontor_contacts.domain.organisations import Organisation
from kontor_contacts.domain.persons import Person
from kontor_contacts.domain.tags import MAX_TAGS, tag_key, tag_names

MAX_IDS = 1000
R = TypeVar("R", Person, Organisation)


@dataclass(frozen=True)
class Choice:
    """Which records: `ids`, or what a list is narrowed by, or `everything`."""

    ids: tuple[str, ...] = ()
    everything: bool = False
    tag: tuple[str, ...] = ()
    # Of people.
    organisation_id: str = ""
    name: str = ""
    # Of organisations.
    parent_id: str = ""
    filter: str = ""
    # The id of a segment, and as soon as it is known what its filter was.
    segment: str = ""
    segment_filter: str = ""

    @property
    def says_more(self) -> bool:
        """Whether anything stands in what narrows a list; it may still mean everybody, as a blank name does."""
        return any((self.tag, self.organisation_id, self.name, self.parent_id, self.filter.strip(), self.segment))


def checked_choice(choice: Choice) -> Choice:
    """Each id once. Whether what narrows a list leaves anybody out is for those to say who know what it means.

    Raises InvalidArgument naming the field."""
    if choice.ids and (choice.says_more or choice.everything):
        raise invalid("ids", "cannot be said together with what a list is narrowed by, or all")
    if choice.everything and choice.says_more:
        raise invalid("all", "cannot be said together with what narrows it")
    if len(choice.ids) > MAX_IDS:
        raise invalid("ids", f"must have at most {MAX_IDS} entries")
    for index, record_id in enumerate(choice.ids):
        if not is_id(record_id):
            raise invalid(f"ids[{index}]", "is not an id")
    return replace(choice, ids=tuple(dict.fromkeys(choice.ids)))


@dataclass(frozen=True)
class Action:
    """What is done to each of them. `values` are fields by their names, `custom` those of the account's own by their keys (None clears)."""

    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    custom: Mapping[str, Any] = field(default_factory=dict)
    delete: bool = False

    @property
    def changes(self) -> bool:
        return any((self.add_tags, self.remove_tags, self.values, self.custom))


def checked_action(action: Action) -> Action:
    """With cleaned tags. Raises InvalidArgument naming the field. Whether values, and tags to remove, are right is for those to say who
    know them."""
    if action.delete and action.changes:
        raise invalid("delete", "cannot be said together with a change")
    if not action.delete and not action.changes:
        raise invalid("set", "or add_tags, remove_tags or delete must say what to do")
    add, remove = tag_names(action.add_tags, field="add_tags"), tag_names(action.remove_tags, field="remove_tags")
    added = {tag_key(name) for name in add}
    for index, name in enumerate(action.remove_tags):
        if tag_key(name) in added:
            raise invalid(f"remove_tags[{index}]", "is added as well")
    return replace(action, add_tags=add, remove_tags=remove)


def with_values(record: R, values: Mapping[str, Any]) -> R:
    """The record with these of its plain fields."""
    cared = {name: value for name, value in values.items() if name in care.FIELDS}
    own = {name: value for name, value in values.items() if name not in care.FIELDS}
    return replace(record, **own, care=replace(record.care, **cared))


def with_tags(before: Sequence[str], *, add: Sequence[str], remove: Collection[str]) -> tuple[str, ...]:
    """`add` are names, `remove` keys. Raises InvalidArgument where they are too many."""
    kept = [name for name in before if tag_key(name) not in remove]
    carried = {tag_key(name) for name in kept}
    after = (*kept, *(name for name in add if tag_key(name) not in carried))
    if len(after) > max(MAX_TAGS, len(before)):
        raise invalid("tags", f"must have at most {MAX_TAGS} entries")
    return after


def below(error: InvalidArgument, name: str) -> InvalidArgument:
    """The same error about a field within another one."""
    violations = [FieldViolation(f"{name}.{item.field}", item.message) for item in error.violations]
    return InvalidArgument(f"{name}.{error.message}", violations=violations)


def task_to(choice: Choice, action: Action) -> dict[str, Any]:
    """As JSON holds it."""
    custom = {key: plain(value) for key, value in action.custom.items()}
    return {"choice": asdict(choice), "action": {**asdict(replace(action, custom={})), "custom": custom}}


def task_from(task: Mapping[str, Any]) -> tuple[Choice, Action]:
    choice, action = task["choice"], task["action"]
    custom = {key: tuple(value) if isinstance(value, list) else value for key, value in action["custom"].items()}
    tags = {name: tuple(action[name]) for name in ("add_tags", "remove_tags")}
    return Choice(**{**choice, "ids": tuple(choice["ids"]), "tag": tuple(choice["tag"])}), Action(**{**action, **tags, "custom": custom})
