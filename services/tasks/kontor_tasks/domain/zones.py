"""Days of an account's time zone, as moments."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DEFAULT_ZONE = "Europe/Berlin"
# Ends of time, for "since ever" and "still" in comparisons.
EARLIEST = datetime.min.replace(tzinfo=UTC)
LATEST = datetime.max.replace(tzinfo=UTC)


def is_zone(name: str) -> bool:
    """Whether `name` is an IANA zone that this installation knows."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def day_start(day: date, zone: str) -> datetime:
    """The moment at which `day` begins in `zone`.

    Some zones change their clocks at midnight: a midnight that is skipped stands for the moment of the change, of one that
    comes twice the first counts (fold=0, PEP 495).
    """
    try:
        return datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)
    except OverflowError:
        return EARLIEST if day.year == date.min.year else LATEST


def day_of(moment: datetime, zone: str) -> date:
    """The day in `zone` on which `moment` falls."""
    try:
        return moment.astimezone(ZoneInfo(zone)).date()
    except OverflowError:
        return moment.date()
