"""Values of custom fields: what may be written, and how it is kept and shown.

A value is a text (also of a choice, by its key), an int, a Decimal, a date, a bool, or a tuple of keys of choices.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any

from kontor_chassis.errors import InvalidArgument, invalid
from kontor_chassis.text import clean_text
from kontor_contacts.domain.contact_points import checked_url
from kontor_contacts.domain.custom_fields import CustomField

Value = str | int | Decimal | date | bool | tuple[str, ...]
# What a caller says; None clears a value.
Given = Mapping[str, Value | None]
# Stands for `custom: null`: every value that is shown is cleared.
CLEARED: Given = MappingProxyType({})
NO_VALUES: Mapping[str, Value] = MappingProxyType({})

# What custom fields are called by in filters, errors and the audit: `custom.umsatz`.
PREFIX = "custom."
MAX_TEXT = 10_000
# Decimal places that are kept.
SCALE = 6
# What every reader of JSON can hold (RFC 8259 section 6).
LARGEST_NUMBER = 2**53 - 1
LARGEST_DECIMAL = Decimal(10) ** 12
# Beyond 28, the precision of Python's decimal context, arithmetic rounds.
_EXACT_DIGITS = 28
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DECIMAL = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?")


@dataclass(frozen=True)
class Change:
    """A field gets a value, or loses it (None)."""

    field: CustomField
    value: Value | None


def changes(before: Mapping[str, Value], given: Given, fields: Mapping[str, CustomField]) -> list[Change]:
    """What is to be written where `given` is said to a record that has `before`; `fields` are all definitions by key.

    Raises InvalidArgument naming `custom.<key>` for fields that do not exist, are archived, or cannot hold the value.
    """
    wanted: Given = dict.fromkeys(before) if given is CLEARED else given
    found = [Change(_writable(key, fields), value) for key, value in wanted.items()]
    checked = [Change(change.field, checked_value(change.field, change.value)) for change in found]
    return [change for change in checked if before.get(change.field.key) != change.value]


def after(before: Mapping[str, Value], made: Sequence[Change]) -> Mapping[str, Value]:
    """The values after the changes."""
    values: dict[str, Value | None] = {**before, **{change.field.key: change.value for change in made}}
    return {key: value for key, value in values.items() if value is not None}


def changed_paths(before: Mapping[str, Value], made: Mapping[str, Value]) -> list[str]:
    """The names of the fields whose values differ, as `custom.<key>`."""
    if before == made:
        return []
    return sorted(f"{PREFIX}{key}" for key in {*before, *made} if before.get(key) != made.get(key))


def value_at(values: Mapping[str, Value], path: str) -> Any:
    """The value of `custom.<key>`, as the audit holds it."""
    return plain(values.get(path.removeprefix(PREFIX)))


def plain(value: Value | None) -> Any:
    """As JSON holds it, for the audit."""
    if isinstance(value, Decimal):
        return decimal_text(value)
    return list(value) if isinstance(value, tuple) else value


def decimal_text(value: Decimal) -> str:
    """Without trailing zeros: `12.5`, `1000`, `0`."""
    text = f"{value:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) if value else "0"


def _writable(key: str, fields: Mapping[str, CustomField]) -> CustomField:
    field = fields.get(key)
    where = f"custom.{key[:40]}"
    if field is None:
        raise invalid(where, "there is no such custom field")
    if field.archived:
        raise invalid(where, "the field is archived")
    return field


def checked_value(field: CustomField, value: Value | None) -> Value | None:
    """Nothing is the same as no value: an empty text, an empty list. Raises InvalidArgument naming `custom.<key>`."""
    if value is None or value in ("", ()):
        return None
    return _READERS[field.type](field, value)


def _text(field: CustomField, value: Value) -> str | None:
    return clean_text(_said(field, value, str, "a text"), field=field.path, limit=MAX_TEXT) or None


def _number(field: CustomField, value: Value) -> int:
    if isinstance(value, Decimal) and value == value.to_integral_value():
        # JSON has one kind of number: 1000.0 is 1000.
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise invalid(field.path, "must be an integer")
    if abs(value) > LARGEST_NUMBER:
        raise invalid(field.path, f"must be between -{LARGEST_NUMBER} and {LARGEST_NUMBER}")
    return value


def _decimal(field: CustomField, value: Value) -> Decimal:
    wrong = invalid(field.path, 'must be a decimal number such as "12.5"')
    if isinstance(value, str):
        if not _DECIMAL.fullmatch(value):
            raise wrong
        value = Decimal(value)
    elif isinstance(value, int) and not isinstance(value, bool):
        value = Decimal(value)
    if not isinstance(value, Decimal):
        raise wrong
    if len(value.as_tuple().digits) > _EXACT_DIGITS:
        raise invalid(field.path, "has too many digits")
    if abs(value) >= LARGEST_DECIMAL:
        raise invalid(field.path, "must be less than 10^12, and more than -10^12")
    if value.normalize().as_tuple().exponent < -SCALE:  # type: ignore[operator]
        raise invalid(field.path, f"must have at most {SCALE} decimal places")
    # Zero has no sign.
    return value.normalize() + 0


def _date(field: CustomField, value: Value) -> date:
    text = _said(field, value, str, "a day such as 2026-01-31")
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise invalid(field.path, "must be a day such as 2026-01-31")


def _choice(field: CustomField, value: Value) -> str:
    return _known(field, _said(field, value, str, "the key of a choice"), field.path)


def _choices(field: CustomField, value: Value) -> tuple[str, ...]:
    keys = (value,) if isinstance(value, str) else value
    if not isinstance(keys, tuple):
        raise invalid(field.path, "must be a list of keys of choices")
    chosen = {_known(field, key, f"{field.path}[{index}]") for index, key in enumerate(keys)}
    # In the order of the choices, so that two lists of the same ones are equal.
    return tuple(choice.key for choice in field.choices if choice.key in chosen)


def _known(field: CustomField, key: str, where: str) -> str:
    keys = [choice.key for choice in field.choices]
    if key not in keys:
        raise invalid(where, f"must be one of {', '.join(keys[:20])}{', …' if len(keys) > 20 else ''}")
    return key


def _link(field: CustomField, value: Value) -> str | None:
    text = _said(field, value, str, "a web address")
    return checked_url(text, field=field.path) if text.strip() else None


def _yes_no(field: CustomField, value: Value) -> bool:
    said: bool = _said(field, value, bool, "true or false")
    return said


def _said(field: CustomField, value: Value, kind: Any, what: str) -> Any:
    if not isinstance(value, kind):
        raise invalid(field.path, f"must be {what}")
    return value


_READERS = {
    "text": _text,
    "number": _number,
    "decimal": _decimal,
    "date": _date,
    "choice": _choice,
    "multi_choice": _choices,
    "link": _link,
    "yes_no": _yes_no,
}


def read_decimal(text: str, *, field: str) -> Decimal:
    """A decimal as it travels. Raises InvalidArgument naming `field`."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise _not_decimal(field) from None
    if not number.is_finite() or abs(number.adjusted()) > 100:
        raise _not_decimal(field)
    return number


def _not_decimal(field: str) -> InvalidArgument:
    return invalid(field, 'must be a decimal number such as "12.5"')
