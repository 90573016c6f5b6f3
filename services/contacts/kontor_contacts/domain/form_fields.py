"""The fields of a form as its page shows them, and what is read from what was entered there."""

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation

from kontor_chassis.email_addresses import normalise_email
from kontor_chassis.errors import InvalidArgument
from kontor_chassis.text import clean_line, clean_text
from kontor_contacts.domain import custom_values
from kontor_contacts.domain.custom_fields import CustomField
from kontor_contacts.domain.custom_values import NO_VALUES, Value
from kontor_contacts.domain.form_wording import text

LONG_TEXT = 10_000
_GERMAN_DAY = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})")
# What is kept of a sender whose entries are not checked: values of a field, and characters in all.
_MOST_VALUES = 20
_MOST_CHARACTERS = 2 * LONG_TEXT


@dataclass(frozen=True)
class BuiltIn:
    input: str
    # HTML, section "Autofill".
    autocomplete: str
    max_length: int


BUILT_IN: Mapping[str, BuiltIn] = {
    "salutation": BuiltIn("text", "", 100),
    "title": BuiltIn("text", "honorific-prefix", 100),
    "first_name": BuiltIn("text", "given-name", 100),
    "last_name": BuiltIn("text", "family-name", 100),
    "email": BuiltIn("email", "email", 254),
    "phone": BuiltIn("tel", "tel", 50),
    "organisation": BuiltIn("text", "organization", 200),
    "street": BuiltIn("text", "street-address", 200),
    "postcode": BuiltIn("text", "postal-code", 20),
    "city": BuiltIn("text", "address-level2", 100),
    "message": BuiltIn("long_text", "", LONG_TEXT),
}
# Of a custom field: type → input, and how much goes in.
_INPUTS: Mapping[str, tuple[str, int]] = {
    "text": ("long_text", LONG_TEXT),
    "number": ("number", 20),
    "decimal": ("decimal", 40),
    "date": ("date", 10),
    "choice": ("choice", 40),
    "multi_choice": ("choices", 40),
    "link": ("url", 2000),
    "yes_no": ("yes_no", 10),
}
_FAULTS = {"number": "wrong_number", "decimal": "wrong_number", "date": "wrong_date", "choice": "wrong_choice", "choices": "wrong_choice"}


@dataclass(frozen=True)
class ShownField:
    key: str
    label: str
    required: bool
    input: str
    autocomplete: str
    max_length: int
    custom: CustomField | None = None


@dataclass(frozen=True)
class Entry:
    key: str
    label: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Fault:
    # Of a field, or `consent`.
    key: str
    message: str


@dataclass(frozen=True)
class Entries:
    """What was entered: as it stood there, and as custom fields hold it."""

    all: tuple[Entry, ...] = ()
    custom: Mapping[str, Value] = field(default_factory=dict)

    def of(self, key: str) -> str:
        return next((entry.values[0] for entry in self.all if entry.key == key and entry.values), "")


def label_key(key: str) -> str:
    """What our own label of a built-in field is called."""
    return "academic_title" if key == "title" else key


def shown_built_in(key: str, *, label: str, required: bool) -> ShownField:
    kind = BUILT_IN[key]
    return ShownField(key, label, required, kind.input, kind.autocomplete, kind.max_length)


def shown_custom(definition: CustomField, *, label: str, required: bool) -> ShownField:
    kind, most = _INPUTS[definition.type]
    return ShownField(definition.path, label or definition.label, required, kind, "", most, definition)


def kept(fields: Sequence[ShownField], sent: Mapping[str, Sequence[str]]) -> tuple[Entry, ...]:
    """What was entered, cut to what the fields hold, whether it is right or not."""
    found = []
    left = _MOST_CHARACTERS
    for item in fields:
        values = [_cleaned(item, value)[: item.max_length] for value in sent.get(item.key, ())[:_MOST_VALUES]]
        if any(values) and (left := left - sum(map(len, values))) >= 0:
            found.append(Entry(item.key, item.label, tuple(value for value in values if value)))
    return tuple(found)


def read(fields: Sequence[ShownField], sent: Mapping[str, Sequence[str]], *, language: str) -> tuple[Entries, list[Fault]]:
    """What was entered, and what is wrong with it, in the language of the page."""
    entries: list[Entry] = []
    custom: dict[str, Value] = {}
    faults: list[Fault] = []
    for item in fields:
        values = tuple(cleaned for value in sent.get(item.key, ()) if (cleaned := _cleaned(item, value)))
        fault = _fault(item, values)
        value: Value | None = None
        if not fault and item.custom is not None and values:
            value, fault = _custom_value(item, item.custom, values)
        if fault:
            faults.append(Fault(item.key, text(fault, language, label=item.label, most=item.max_length)))
            continue
        if values:
            entries.append(Entry(item.key, item.label, values))
        if value is not None and item.custom is not None:
            custom[item.custom.key] = value
    return Entries(tuple(entries), custom), faults


def lines(entries: Sequence[Entry], fields: Sequence[ShownField]) -> str:
    """The entries for reading, choices by their labels."""
    shown = {item.key: item for item in fields}
    found = []
    for entry in entries:
        item = shown.get(entry.key)
        names = {choice.key: choice.label for choice in item.custom.choices} if item and item.custom else {}
        said = ", ".join(names.get(value, value) for value in entry.values)
        found.append(f"{entry.label}:\n{said}" if "\n" in said else f"{entry.label}: {said}")
    return "\n".join(found)


def _cleaned(item: ShownField, value: str) -> str:
    # Longer than anything that fits; what is too long is found by its length, also where cleaning makes more of it (NFC).
    clean = clean_text if item.input == "long_text" else clean_line
    return clean(value[: 4 * LONG_TEXT], field=item.key, limit=sys.maxsize)


def _fault(item: ShownField, values: Sequence[str]) -> str:
    """The name of what is wrong, whatever kind of field it is; empty: nothing."""
    if not values:
        return "missing" if item.required else ""
    if len(values) > 1 and item.input != "choices":
        return "too_many"
    if any(len(value) > item.max_length for value in values):
        return "too_long"
    if item.key == "email" and normalise_email(values[0]) is None:
        return "wrong_email"
    return ""


def _custom_value(item: ShownField, definition: CustomField, values: tuple[str, ...]) -> tuple[Value | None, str]:
    try:
        value = _typed(item.input, values)
        # The person's own rules; they are asked again when somebody is made.
        custom_values.changes(NO_VALUES, {definition.key: value}, {definition.key: definition})
    except (InvalidArgument, InvalidOperation, ValueError):
        return None, "wrong_link" if item.input == "url" else _FAULTS.get(item.input, "wrong")
    if item.required and value is False:
        return None, "missing"
    return value, ""


def _typed(kind: str, values: tuple[str, ...]) -> Value:
    """As the rules of custom fields want it. Raises ValueError, InvalidOperation."""
    match kind:
        case "number":
            return int(values[0])
        case "decimal":
            # The comma of German numbers; thousands are not grouped.
            number = Decimal(values[0].replace(",", "."))
            if not number.is_finite() or abs(number.adjusted()) > 100:
                raise ValueError
            return number
        case "date":
            return _day(values[0]).isoformat()
        case "yes_no":
            return {"yes": True, "on": True, "no": False}[values[0]] if values[0] in ("yes", "on", "no") else _nothing()
        case "choices":
            return tuple(dict.fromkeys(values))
    return values[0]


def _day(value: str) -> date:
    german = _GERMAN_DAY.fullmatch(value)
    return date(int(german[3]), int(german[2]), int(german[1])) if german else date.fromisoformat(value)


def _nothing() -> bool:
    raise ValueError
