"""Values of a custom field that follow its type."""

from collections.abc import Sequence
from decimal import Decimal

from kontor_chassis.db.sessions import WriteSession
from kontor_chassis.errors import FailedPrecondition
from kontor_contacts.domain.custom_fields import CHOICE_TYPES, CustomField
from kontor_contacts.domain.custom_values import LARGEST_DECIMAL, Value, plain
from kontor_contacts.domain.home import Home
from kontor_contacts.store import custom_values

_AT_ONCE = 500
_YES_NO = {"de": ("ja", "nein"), "": ("yes", "no")}


def convert(session: WriteSession, before: CustomField, after: CustomField, records: Sequence[str], *, home: Home) -> None:
    """Rewrite the values of these records; the caller has seen that the types can follow each other.

    Raises FailedPrecondition for a number that no decimal can hold.
    """
    if {before.type, after.type} <= CHOICE_TYPES:
        # One choice stands in its row as the first of several.
        return
    if (before.type, after.type) == ("number", "decimal") and custom_values.largest(session, before.id) >= LARGEST_DECIMAL:
        raise FailedPrecondition("A value is too large for a decimal, which is below 10^12.", reason="TYPE_CANNOT_CHANGE")
    ordered = sorted(records)
    for start in range(0, len(ordered), _AT_ONCE):
        values = custom_values.of_records(session, before, ordered[start : start + _AT_ONCE])
        if values:
            custom_values.rewrite(session, after, [(record_id, converted(value, after.type, home)) for record_id, value in values])


def converted(value: Value, kind: str, home: Home) -> Value:
    """The value as one of a type that can follow its own."""
    if kind == "decimal" and isinstance(value, int):
        return Decimal(value)
    if isinstance(value, bool):
        return _YES_NO["de" if home.locale.startswith("de") else ""][0 if value else 1]
    return value if isinstance(value, str) else str(plain(value))
