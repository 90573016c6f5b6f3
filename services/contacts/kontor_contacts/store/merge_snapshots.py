"""What undoing a merge takes, as JSON in the merge's row.

People and organisations are kept whole, whatever fields they have; values of custom fields beside them, by their definitions' ids and
with their types, because a definition may be another by the time of the undoing. The same goes for the names of tags.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter

from kontor_contacts.domain.custom_fields import CustomField
from kontor_contacts.domain.custom_values import Value, plain
from kontor_contacts.domain.organisations import Organisation
from kontor_contacts.domain.persons import Person
from kontor_contacts.domain.positions import Position
from kontor_contacts.store.duplicates import Pair

R = TypeVar("R", Person, Organisation)

_PERSON = TypeAdapter(Person)
_ORGANISATION = TypeAdapter(Organisation)
_PAIRS = TypeAdapter(list[Pair])
_POSITIONS = TypeAdapter(list[Position])


@dataclass(frozen=True)
class Snapshot(Generic[R]):
    before: R
    duplicate: R
    after: R
    # What the tags of the three were called, by id.
    tags: Mapping[str, str]
    # Id and type of custom fields, by key.
    fields: Mapping[str, tuple[str, str]]
    pairs_before: Sequence[Pair]
    pairs_duplicate: Sequence[Pair]
    # What was moved: ids.
    positions: Sequence[str] = ()
    main_contact_of: Sequence[str] = ()
    children: Sequence[str] = ()
    submissions: Sequence[str] = ()
    # Positions at the duplicate that said nothing new, and the ids of those at the survivor that say it.
    absorbed: Sequence[tuple[Position, str]] = field(default=())


def definitions(fields: Mapping[str, CustomField]) -> dict[str, tuple[str, str]]:
    return {key: (item.id, item.type) for key, item in fields.items()}


def dump(snapshot: Snapshot[R]) -> dict[str, Any]:
    return {
        **{name: _record_to(getattr(snapshot, name)) for name in ("before", "duplicate", "after")},
        "tags": dict(snapshot.tags),
        "fields": dict(snapshot.fields),
        **{name: _PAIRS.dump_python(list(getattr(snapshot, name)), mode="json") for name in ("pairs_before", "pairs_duplicate")},
        **{name: list(getattr(snapshot, name)) for name in ("positions", "main_contact_of", "children", "submissions")},
        "absorbed": _POSITIONS.dump_python([position for position, _ in snapshot.absorbed], mode="json"),
        "absorbed_by": [keeper_id for _, keeper_id in snapshot.absorbed],
    }


def load(content: Mapping[str, Any], kind: type[R]) -> Snapshot[R]:
    types = {key: kind for key, (_, kind) in content["fields"].items()}
    absorbed = _POSITIONS.validate_python(content["absorbed"])
    return Snapshot(
        **{name: _record_from(content[name], kind, types) for name in ("before", "duplicate", "after")},
        tags=content["tags"],
        fields={key: (field_id, type_) for key, (field_id, type_) in content["fields"].items()},
        pairs_before=_PAIRS.validate_python(content["pairs_before"]),
        pairs_duplicate=_PAIRS.validate_python(content["pairs_duplicate"]),
        positions=content["positions"],
        main_contact_of=content["main_contact_of"],
        children=content["children"],
        submissions=content["submissions"],
        absorbed=list(zip(absorbed, content["absorbed_by"], strict=True)),
    )


def _record_to(record: Person | Organisation) -> dict[str, Any]:
    adapter: TypeAdapter[Any] = _PERSON if isinstance(record, Person) else _ORGANISATION
    content: dict[str, Any] = adapter.dump_python(replace(record, custom={}), mode="json")
    return {**content, "custom": {key: plain(value) for key, value in record.custom.items()}}


def _record_from(content: Mapping[str, Any], kind: type[R], types: Mapping[str, str]) -> R:
    adapter: TypeAdapter[Any] = _PERSON if kind is Person else _ORGANISATION
    record: R = adapter.validate_python({**content, "custom": {}})
    return replace(record, custom={key: _value_from(types[key], value) for key, value in content["custom"].items()})


def _value_from(kind: str, value: Any) -> Value:
    match kind:
        case "decimal":
            return Decimal(value)
        case "date":
            return date.fromisoformat(value)
        case "multi_choice":
            return tuple(value)
        case _:
            found: Value = value
            return found
