"""Values of custom fields between proto and domain."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from kontor.type.v1 import custom_values_pb2 as pb
from kontor_chassis.errors import invalid
from kontor_contacts.domain.custom_values import CLEARED, PREFIX, Given, Value, decimal_text, read_decimal

_MAX_VALUES = 100


def custom_from(message: Any) -> Given:
    """Of a Person or an Organisation; without `custom` all values are cleared where the mask names it. Raises InvalidArgument."""
    if not message.HasField("custom"):
        return CLEARED
    values = message.custom.values
    if len(values) > _MAX_VALUES:
        raise invalid("custom", f"must have at most {_MAX_VALUES} fields")
    return {item.key: _value_from(item) for item in values}


def _value_from(item: pb.CustomValue) -> Value | None:
    match item.WhichOneof("value"):
        case "text":
            return item.text
        case "number":
            return item.number
        case "decimal":
            return read_decimal(item.decimal, field=f"{PREFIX}{item.key[:40]}")
        case "yes_no":
            return item.yes_no
        case "choices":
            return tuple(item.choices.keys)
    return None


def custom_to(values: Mapping[str, Value]) -> pb.CustomValues:
    if not values:
        return pb.CustomValues()
    return pb.CustomValues(values=[_value_to(key, value) for key, value in values.items()])


def _value_to(key: str, value: Value) -> pb.CustomValue:
    match value:
        case bool():
            return pb.CustomValue(key=key, yes_no=value)
        case str():
            return pb.CustomValue(key=key, text=value)
        case int():
            return pb.CustomValue(key=key, number=value)
        case Decimal():
            return pb.CustomValue(key=key, decimal=decimal_text(value))
        case date():
            return pb.CustomValue(key=key, text=value.isoformat())
        case tuple():
            return pb.CustomValue(key=key, choices=pb.ChoiceKeys(keys=value))
