"""What a list is sorted by (`order_by`, AIP-132): one field, and behind it `desc` for the other way round."""

from collections.abc import Collection
from dataclasses import dataclass

from kontor_chassis.errors import invalid


@dataclass(frozen=True)
class Order:
    field: str
    descending: bool = False


def parse_order(text: str, *, fields: Collection[str], default: Order, custom: bool = True) -> Order:
    """Raises InvalidArgument naming order_by where it is not one of `fields`, or, with `custom`, a `custom.` one (which the caller looks
    up)."""
    words = text.split()
    if not words:
        return default
    field, direction = words[0], words[1:]
    if direction not in ([], ["asc"], ["desc"]):
        raise invalid("order_by", "is one field, optionally with asc or desc behind it")
    if field not in fields and not (custom and field.startswith("custom.")):
        raise invalid("order_by", f"is one of {', '.join(sorted(fields))}")
    return Order(field, direction == ["desc"])
