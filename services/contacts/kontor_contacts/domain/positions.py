"""A position joins a person and an organisation for a time."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date

from kontor_chassis.errors import FailedPrecondition, invalid
from kontor_chassis.text import clean_line

# Of a person, present and former ones: all of them are read and shown with the person.
MAX_POSITIONS = 200
WRITABLE = frozenset({"organisation_id", "role", "department", "primary", "from_date", "to_date"})


@dataclass(frozen=True)
class Position:
    person_id: str
    organisation_id: str
    role: str = ""
    department: str = ""
    primary: bool = False
    # First day; None: since ever.
    from_date: date | None = None
    # Last day; None: still.
    to_date: date | None = None
    id: str = ""
    version: int = 0
    organisation_name: str = ""
    # Id of the organisation whose addresses count at this one; empty: nobody's do.
    address_origin_id: str = ""
    # Not everyone may see the organisation; and whether the caller is somebody who may not. Then the position is not shown.
    limited: bool = False
    hidden: bool = False


def checked_position(position: Position) -> Position:
    """The position with cleaned values. Raises InvalidArgument naming the field."""
    if not position.organisation_id:
        raise invalid("organisation_id", "must not be empty")
    if position.from_date and position.to_date and position.to_date < position.from_date:
        raise invalid("to", "must not be before from")
    return replace(
        position,
        role=clean_line(position.role, field="role"),
        department=clean_line(position.department, field="department"),
    )


def check_room(positions: Sequence[Position]) -> None:
    """Raises FailedPrecondition where a person who has these cannot have another one."""
    if len(positions) >= MAX_POSITIONS:
        raise FailedPrecondition(f"Nobody can have more than {MAX_POSITIONS} positions; delete some.", reason="TOO_MANY_POSITIONS")


def with_changes(position: Position, wanted: Position, mask: Collection[str]) -> Position:
    return replace(position, **{name: getattr(wanted, name) for name in WRITABLE.intersection(mask)})


def changed_fields(before: Position, after: Position) -> list[str]:
    return sorted(name for name in WRITABLE if getattr(before, name) != getattr(after, name))
