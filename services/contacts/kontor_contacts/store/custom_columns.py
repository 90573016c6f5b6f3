"""Custom fields in filters: looked up per account, and only where a filter or an order names one."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession
from kontor_chassis.errors import invalid
from kontor_chassis.filters.fields import Field, Kind
from kontor_chassis.filters.grammar import at_position
from kontor_chassis.filters.order import Order
from kontor_chassis.filters.tree import Node, restrictions
from kontor_contacts.domain.custom_fields import CustomField
from kontor_contacts.domain.custom_values import PREFIX, SCALE
from kontor_contacts.store import custom_fields
from kontor_contacts.store.custom_child import value_rows
from kontor_contacts.store.custom_values import KEY_LENGTH, NUMERIC
from kontor_contacts.store.lists import Listing
from kontor_contacts.store.tables import CUSTOM_VALUES as V

_TRUTH = {"true": 1, "false": 0}


@dataclass(frozen=True)
class Sorting:
    """A custom field to sort by, and the column of `custom_values` that holds its order."""

    # As filters call it.
    path: str
    field_id: str
    column: sa.Column[Any]


def with_custom(session: ReadSession, listing: Listing, noun: str, node: Node) -> Listing:
    """The listing with the custom fields that the filter names.

    Raises InvalidArgument naming filter and the position of a field that is archived or does not exist.
    """
    named = [restriction for restriction in restrictions(node) if restriction.field.startswith(PREFIX)]
    if not named:
        return listing
    definitions = custom_fields.by_key(session, noun)
    fields: dict[str, Field] = {}
    for restriction in named:
        field = definitions.get(restriction.field.removeprefix(PREFIX))
        if field is None:
            raise at_position(restriction.position, f"there is no {restriction.field} here; it was deleted, or never made")
        if field.archived:
            raise at_position(restriction.position, f"{restriction.field} is archived")
        fields[restriction.field] = _field(session, listing.record, field)
    return replace(listing, fields={**listing.fields, **fields})


def sorting(session: ReadSession, noun: str, order: Order) -> Sorting | None:
    """None where the list is not sorted by a custom field. Raises InvalidArgument naming order_by."""
    if not order.field.startswith(PREFIX):
        return None
    field = custom_fields.by_key(session, noun).get(order.field.removeprefix(PREFIX))
    if field is None:
        raise invalid("order_by", f"there is no {order.field[:50]} here; it was deleted, or never made")
    if field.archived:
        raise invalid("order_by", f"{order.field} is archived")
    if field.type == "multi_choice":
        raise invalid("order_by", f"{order.field} holds several choices, so there is no order")
    return Sorting(field.path, field.id, V.c.number if field.type in NUMERIC else V.c.text_key)


def _field(session: ReadSession, record: sa.Table, field: CustomField) -> Field:
    child = value_rows(session.account_id, field.id, record)
    common: Mapping[str, Any] = {"child": child, "absent": None, "selective": True}
    match field.type:
        case "text" | "link":
            # Folded by the compiler; kept up to this length.
            return Field(Kind.TEXT, V.c.text_key, normalise=lambda text: text[:KEY_LENGTH], **common)
        case "number":
            return Field(Kind.NUMBER, V.c.number, **common)
        case "decimal":
            return Field(Kind.NUMBER, V.c.number, scale=SCALE, **common)
        case "date":
            return Field(Kind.DATE, V.c.text_key, **common)
        case "yes_no":
            return Field(Kind.REFERENCE, V.c.number, words=_TRUTH, **common)
        case _:
            keys = {choice.key: choice.key for choice in field.choices}
            return Field(Kind.KEY, V.c.text_key, words=keys, **common)
