"""Schemas of the messages that have a JSON form of their own (codec_money, codec_custom, codec_json)."""

from collections.abc import Callable, Mapping
from typing import Any

from kontor_gateway.codec_custom import KEY, MAX_CHOICES, MAX_VALUES

Schema = dict[str, Any]
_AMOUNT = {"type": "string", "pattern": r"^-?\d+(\.\d+)?$", "examples": ["1250.00"]}
_CURRENCY = {"type": "string", "pattern": "^[A-Z]{3}$", "examples": ["EUR"], "description": "ISO 4217."}


def _money(*, exact: bool) -> Schema:
    amount = _AMOUNT if exact else {"anyOf": [_AMOUNT, {"type": "number"}]}
    schema: Schema = {
        "type": "object",
        "description": "An amount of money, with as many decimals as its currency has.",
        "properties": {"amount": dict(amount), "currency": dict(_CURRENCY)},
        "required": ["amount", "currency"],
        "examples": [{"amount": "1250.00", "currency": "EUR"}],
    }
    return schema if exact else {**schema, "additionalProperties": False}


def _custom_values(*, exact: bool) -> Schema:
    number = {"type": "integer"} if exact else {"type": "number"}
    choices = {"type": "array", "items": {"type": "string"}, "maxItems": MAX_CHOICES}
    kinds: list[Schema] = [{"type": "string"}, number, {"type": "boolean"}, choices]
    schema: Schema = {
        "type": "object",
        "description": "Values of custom fields by their keys. Text, links, choices and days are strings, decimals too; numbers are "
        "numbers, several choices a list of their keys."
        + ("" if exact else " Decimals may be numbers; null clears a value, and fields that are not named keep theirs."),
        "propertyNames": {"pattern": f"^{KEY}$"},
        "additionalProperties": {"anyOf": kinds if exact else [*kinds, {"type": "null"}]},
        "maxProperties": MAX_VALUES,
        "examples": [{"umsatz": 1000, "anteil": "12.5", "themen": ["a", "b"], "vertrag": "2026-01-31", "ok": True}],
    }
    return schema


def _json(*, exact: bool) -> Schema:
    # Without a type anything is right.
    return {"description": "Any JSON value."}


# By the message's full name; `exact`: what is answered, else what is accepted.
OWN_FORMS: Mapping[str, Callable[..., Schema]] = {
    "kontor.type.v1.JsonValue": _json,
    "kontor.type.v1.Money": _money,
    "kontor.type.v1.CustomValues": _custom_values,
}
