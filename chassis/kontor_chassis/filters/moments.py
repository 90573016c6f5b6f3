"""Days and moments as people say them in filters: `2026-03-01`, `today`, `today-30d`, `today+2w`, `2026-03-01T09:00:00Z`."""

import calendar
import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo

_RELATIVE = re.compile(r"today(?:([+-])([0-9]{1,4})([dwmy]))?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def read_day(text: str, today: date) -> date | None:
    """A day of the calendar, given or counted from today (d days, w weeks, m months, y years); None: it is none.

    A month later than 31 January is the last of February.
    """
    relative = _RELATIVE.fullmatch(text)
    try:
        if relative is None:
            return date.fromisoformat(text) if _DAY.fullmatch(text) else None
        if relative[2] is None:
            return today
        count = int(relative[1] + relative[2])
        if relative[3] in "dw":
            return today + timedelta(days=count * (7 if relative[3] == "w" else 1))
        return _months_later(today, count * (12 if relative[3] == "y" else 1))
    except (ValueError, OverflowError):
        return None


def read_moment(text: str) -> datetime | None:
    """A moment with its offset from UTC (RFC 3339); None: it is none."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def day_bounds(day: date, zone: tzinfo) -> tuple[datetime, datetime] | None:
    """When a day begins and ends in `zone`; the end is the next day's beginning. None at the ends of the calendar."""
    try:
        begin = datetime.combine(day, time.min, zone)
        end = datetime.combine(day + timedelta(days=1), time.min, zone)
        return begin.astimezone(UTC), end.astimezone(UTC)
    except OverflowError:
        return None


def _months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
