"""People and organisations as values by field, for merging: what is merged how stands in domain/merging.py."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kontor_contacts.domain import care
from kontor_contacts.domain.contact_points import MEDIA
from kontor_contacts.domain.custom_fields import CustomField
from kontor_contacts.domain.custom_values import PREFIX
from kontor_contacts.domain.dates import BIRTHDAY
from kontor_contacts.domain.merging import BACKGROUND, LISTS, VISIBILITY, Values
from kontor_contacts.domain.organisations import Organisation
from kontor_contacts.domain.persons import Person

# The fields of each that are merged; by another name than the record's own: `photo`.
_OF_PERSONS = (
    *("salutation", "title", "first_name", "last_name", "gender", "language", BACKGROUND, "dates", "assistants", "tags", VISIBILITY),
)
_OF_ORGANISATIONS = (
    *("name", "kind", BACKGROUND, "industry", "size", "website", "relationships", "tags"),
    *("parent_id", "main_contact_person_id", VISIBILITY),
)
PHOTO = "photo"


def values_of(record: Person | Organisation) -> dict[str, Any]:
    """All that is merged, custom fields as `custom.<key>`."""
    plain = _OF_PERSONS if isinstance(record, Person) else _OF_ORGANISATIONS
    values = {name: getattr(record, name) for name in plain}
    values |= {name: getattr(record.points, name) for name in sorted(MEDIA)}
    values |= {name: getattr(record.care, name) for name in sorted(care.FIELDS)}
    if isinstance(record, Person):
        values[PHOTO] = record.photo_id
    return values | {f"{PREFIX}{key}": value for key, value in record.custom.items()}


def person_with(person: Person, values: Values) -> Person:
    return replace(person, **_common(person, values, _OF_PERSONS), photo_id=values[PHOTO])


def organisation_with(organisation: Organisation, values: Values) -> Organisation:
    return replace(organisation, **_common(organisation, values, _OF_ORGANISATIONS))


def _common(record: Person | Organisation, values: Values, plain: tuple[str, ...]) -> dict[str, Any]:
    custom = {name.removeprefix(PREFIX): value for name, value in values.items() if name.startswith(PREFIX)}
    return {
        **{name: values[name] for name in plain},
        "points": replace(record.points, **{name: values[name] for name in MEDIA}),
        "care": replace(record.care, **{name: values[name] for name in care.FIELDS}),
        # Nothing is the same as no value.
        "custom": {key: value for key, value in custom.items() if value is not None and value != ()},
    }


def choosable(record: Person | Organisation, fields: Mapping[str, CustomField]) -> frozenset[str]:
    """The names of the fields that have one value."""
    named = {name for name in values_of(record) if not name.startswith(PREFIX)} | ({BIRTHDAY} if isinstance(record, Person) else set())
    return frozenset(named - LISTS) | {field.path for field in fields.values() if field.type != "multi_choice"}


def in_order(values: Values, fields: Mapping[str, CustomField]) -> dict[str, Any]:
    """With several choices in the order of the definition, as they are kept."""
    several = {field.path: field.choices for field in fields.values() if field.type == "multi_choice"}
    return {
        name: tuple(choice.key for choice in several[name] if choice.key in value) if name in several and value else value
        for name, value in values.items()
    }
