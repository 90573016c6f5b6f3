"""Somebody changes employer: what ends, and what begins (B4)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from kontor_chassis.errors import invalid
from kontor_contacts.domain.positions import Position, checked_position


@dataclass(frozen=True)
class EmployerChange:
    organisation_id: str
    role: str = ""
    department: str = ""
    # First day there; None: today.
    day: date | None = None


@dataclass(frozen=True)
class Decision:
    """What ended positions look like now, and the one that begins, still without an id."""

    ended: tuple[Position, ...]
    begun: Position


def decide(person_id: str, present: Sequence[Position], change: EmployerChange, *, today: date) -> Decision:
    """Of these positions without a last day, those at the organisation of the primary one end on the day before.

    Raises InvalidArgument naming organisation_id, date, role or department.
    """
    day = change.day or today
    if day > today:
        raise invalid("date", "must not be in the future: until then the person works where they do now")
    if day == date.min:
        raise invalid("date", "must be later")
    employer = next((position.organisation_id for position in present if position.primary), "")
    if employer and employer == change.organisation_id:
        raise invalid("organisation_id", "is where the person works already")
    leaving = [position for position in present if employer and position.organisation_id == employer]
    for position in leaving:
        if position.from_date and position.from_date >= day:
            raise invalid("date", f"must be after {position.from_date.isoformat()}, when the present position began")
    last = day - timedelta(days=1)
    ended = tuple(replace(position, to_date=last, primary=False, version=position.version + 1) for position in leaving)
    begun = Position(person_id, change.organisation_id, change.role, change.department, primary=True, from_date=day, version=1)
    return Decision(ended, checked_position(begun))
