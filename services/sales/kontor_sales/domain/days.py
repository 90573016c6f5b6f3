"""Days and months. A month is counted from year 0, so that months can be added and compared."""

import re
from datetime import date

from kontor_chassis.errors import invalid

_FIRST_YEAR = 1900
_LAST_YEAR = 2999
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)


def checked_day(day: date | None, *, field: str) -> date | None:
    """Raises InvalidArgument naming `field` for a day that no business has."""
    if day is not None and not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise invalid(field, f"must be in the years {_FIRST_YEAR} to {_LAST_YEAR}")
    return day


def month_of(day: date) -> int:
    return day.year * 12 + day.month - 1


def month_text(month: int) -> str:
    """`2026-01`."""
    return f"{month // 12:04}-{month % 12 + 1:02}"


def first_day_text(month: int) -> str:
    """`2026-01-01`, as days are stored."""
    return f"{month_text(month)}-01"


def read_month(text: str, *, field: str) -> int:
    """The month written as `2026-01`. Raises InvalidArgument naming `field`."""
    match = _MONTH.fullmatch(text)
    if match is None or not _FIRST_YEAR <= int(match[1]) <= _LAST_YEAR:
        raise invalid(field, "must be a month such as 2026-01")
    return int(match[1]) * 12 + int(match[2]) - 1
