"""What was sent to a web form: bodies of forms and of scripts. Which entries are right, the form's owner says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from kontor.contacts.v1 import public_forms_pb2 as pb
from kontor_chassis.errors import FieldViolation, InvalidArgument, invalid
from kontor_gateway import codec_text
from kontor_gateway.problems import ContentTooLarge

FORM_TYPE = "application/x-www-form-urlencoded"
JSON_TYPE = "application/json"
# Entries of a body, whatever they are called: 50 fields, one of which may have 200 choices.
MAX_ENTRIES = 300
_TRAP, _CONSENT, _TOKEN = "website", "consent", "page_token"
_OWN = {"values": dict, _CONSENT: bool, _TOKEN: str, _TRAP: str}


@dataclass(frozen=True)
class Sent:
    values: Mapping[str, list[str]] = field(default_factory=dict)
    consent: bool = False
    page_token: str = ""
    trap: str = ""


def from_form(body: bytes, form: pb.PublicForm) -> Sent:
    """What is not in the form is passed over: pages of other people send what they like. Raises ContentTooLarge."""
    try:
        pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MAX_ENTRIES)
    except ValueError as error:
        raise ContentTooLarge(f"The body must have at most {MAX_ENTRIES} entries.") from error
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        given.setdefault(name, []).append(value)
    return Sent(
        values={item.key: given[item.key] for item in form.fields if item.key in given},
        consent=bool(_first(given, _CONSENT)),
        page_token=_first(given, _TOKEN),
        trap=_first(given, _TRAP),
    )


def _first(given: Mapping[str, list[str]], name: str) -> str:
    return given.get(name, [""])[0]


def from_json(body: bytes, form: pb.PublicForm) -> Sent:
    """`{"values": {"email": "…", "custom.topics": ["a", "b"]}, "consent": true, "page_token": "…"}`. Raises InvalidArgument naming what
    is unknown or of a wrong type: whoever writes a script wants to know."""
    content = codec_text.parse(body)
    if type(content) is not dict:
        raise invalid("body", "must be an object")
    known = {item.key for item in form.fields}
    faults = [_wrong(name, value) for name, value in content.items()]
    values = content.get("values", {})
    if type(values) is dict:
        faults += [_wrong_value(key, value, known) for key, value in values.items()]
    violations = [fault for fault in faults if fault is not None][:20]
    if violations:
        first = violations[0]
        raise InvalidArgument(f"{first.field}: {first.message}", violations=violations)
    return Sent(
        values={key: value if type(value) is list else [_text(value)] for key, value in values.items() if value is not None},
        consent=content.get(_CONSENT, False),
        page_token=content.get(_TOKEN, ""),
        trap=content.get(_TRAP, ""),
    )


def _wrong(name: str, value: Any) -> FieldViolation | None:
    wanted = _OWN.get(name)
    if wanted is None:
        return FieldViolation(name[:60], "is not a known field")
    return None if type(value) is wanted else FieldViolation(name, f"must be {_NAMES[wanted]}")


def _wrong_value(key: str, value: Any, known: set[str]) -> FieldViolation | None:
    if key not in known:
        return FieldViolation(f"values.{key[:60]}", "is not a field of the form")
    if value is None or type(value) in (str, bool, int):
        return None
    if type(value) is list and len(value) <= MAX_ENTRIES and all(type(item) is str for item in value):
        return None
    return FieldViolation(f"values.{key}", "must be a string, true or false, an integer, or a list of strings")


def _text(value: str | bool | int) -> str:
    if type(value) is bool:
        return "yes" if value else ""
    return str(value)


_NAMES = {dict: "an object", bool: "true or false", str: "a string"}
