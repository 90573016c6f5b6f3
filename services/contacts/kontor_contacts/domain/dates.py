"""Days that matter in somebody's life: the birthday and others, with or without the year."""

import calendar
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from kontor_chassis.errors import invalid
from kontor_chassis.text import clean_line

BIRTHDAY = "birthday"
OTHER = "other"
KINDS = frozenset({BIRTHDAY, "anniversary", "first_met", "renewal", OTHER})
MAX_DATES = 20
# A year in which 29 February exists, for days without one.
_LEAP_YEAR = 2000
_FIRST_YEAR = 1583  # The first whole year of the Gregorian calendar.


@dataclass(frozen=True)
class ImportantDate:
    month: int
    day: int
    # 0: not known.
    year: int = 0
    kind: str = OTHER
    label: str = ""

    @property
    def key(self) -> str:
        """`MM-DD`, for lists by the time of year."""
        return f"{self.month:02d}-{self.day:02d}"

    @property
    def iso(self) -> str:
        """ISO 8601; `--02-29` without the year (as vCard 4.0 writes it, RFC 6350 section 4.3.1, with hyphens)."""
        return f"{self.year:04d}-{self.key}" if self.year else f"--{self.key}"

    def in_year(self, year: int) -> date:
        """The day on which it is kept in a year: 29 February on 28 February where there is none."""
        if self.month == 2 and self.day == 29 and not calendar.isleap(year):
            return date(year, 2, 28)
        return date(year, self.month, self.day)


def checked_dates(dates: Sequence[ImportantDate]) -> tuple[ImportantDate, ...]:
    """Raises InvalidArgument naming the date: `dates[0].date`. There is one birthday at most."""
    if len(dates) > MAX_DATES:
        raise invalid("dates", f"must have at most {MAX_DATES} entries")
    birthdays = [index for index, item in enumerate(dates) if item.kind == BIRTHDAY]
    if len(birthdays) > 1:
        raise invalid(f"dates[{birthdays[1]}].kind", "there can be one birthday only")
    return tuple(_checked(item, f"dates[{index}]") for index, item in enumerate(dates))


def _checked(item: ImportantDate, where: str) -> ImportantDate:
    try:
        date(item.year or _LEAP_YEAR, item.month, item.day)
    except ValueError as error:
        raise invalid(f"{where}.date", "is not a day") from error
    if item.year and item.year < _FIRST_YEAR:
        raise invalid(f"{where}.date", f"must not be before the year {_FIRST_YEAR}; leave the year away as in --02-29")
    return replace(item, label=clean_line(item.label, field=f"{where}.label", limit=100))
