"""kontor.type.v1.CustomValues as an object by the keys of custom fields:

    {"umsatz": 1000, "anteil": "12.5", "branche": "bau", "themen": ["a", "b"], "vertrag": "2026-01-31", "ok": true, "alt": null}

Decimals are written as strings, so that no reader rounds them, and read as strings or numbers; a number is taken as the shortest
decimal that means it, and refused where it has more digits than a 64-bit float can carry (15). null clears a value. Whether there
is such a field, and of which type, the owner of the record says.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from kontor.type.v1.custom_values_pb2 import CustomValues
from kontor_gateway.codec_faults import MAX_FAULTS, Refused, shortened
from kontor_gateway.codec_values import read_text

KEY = r"[a-z][a-z0-9_]{0,39}"
MAX_VALUES = 100
MAX_CHOICES = 200
_KEY = re.compile(KEY)
_FLOAT_DIGITS = 15
_INTEGERS = range(-(2**63), 2**63)


def write_custom_values(message: CustomValues) -> dict[str, Any]:
    return {item.key: _WRITERS[kind](item) for item in message.values if (kind := item.WhichOneof("value"))}


_WRITERS: Mapping[str, Callable[[Any], Any]] = {
    "text": lambda item: item.text,
    "number": lambda item: item.number,
    "decimal": lambda item: item.decimal,
    "yes_no": lambda item: item.yes_no,
    "choices": lambda item: list(item.choices.keys),
}


def read_custom_values(value: Any) -> dict[str, Any]:
    if type(value) is not dict:
        raise Refused("must be an object")
    if len(value) > MAX_VALUES:
        raise Refused(f"must have at most {MAX_VALUES} fields")
    values: list[dict[str, Any]] = []
    faults: list[tuple[str, str]] = []
    for key, item in value.items():
        try:
            if not _KEY.fullmatch(key):
                raise Refused("is not a known field")
            values.append({"key": key, **_value(item)})
        except Refused as refused:
            faults.extend(refused.below(shortened(key)))
    if faults:
        raise Refused("is refused", faults=faults[:MAX_FAULTS])
    return {"values": values}


def _value(item: Any) -> dict[str, Any]:
    if item is None:
        return {}
    if type(item) is bool:
        return {"yes_no": item}
    if type(item) is str:
        return {"text": read_text(item)}
    if type(item) is int and item in _INTEGERS:
        return {"number": item}
    if type(item) in (int, float):
        return {"decimal": _decimal(item)}
    if type(item) is list:
        return {"choices": {"keys": _choices(item)}}
    raise Refused("must be a string, a number, true or false, a list of strings, or null")


def _decimal(item: float) -> str:
    number = Decimal(repr(item))
    if len(number.as_tuple().digits) > _FLOAT_DIGITS:
        raise Refused("has too many digits for a JSON number; write it as a string")
    # Not as `1e+300`, and no longer than a decimal could ever be.
    return f"{number:f}" if abs(number.adjusted()) < _FLOAT_DIGITS + 5 else str(number)


def _choices(items: list[Any]) -> list[str]:
    if len(items) > MAX_CHOICES:
        raise Refused(f"must have at most {MAX_CHOICES} entries")
    faults: list[tuple[str, str]] = []
    for index, item in enumerate(items):
        try:
            read_text(item)
        except Refused as refused:
            faults.extend(refused.below(f"[{index}]"))
    if faults:
        raise Refused("is refused", faults=faults[:MAX_FAULTS])
    return items
