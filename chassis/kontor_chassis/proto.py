"""Between protos and plain values."""

from datetime import UTC, date, datetime

from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date

from kontor_chassis.db.types import micros
from kontor_chassis.errors import invalid


def to_timestamp(moment: datetime | None) -> Timestamp | None:
    if moment is None:
        return None
    total = micros(moment)
    return Timestamp(seconds=total // 1_000_000, nanos=total % 1_000_000 * 1000)


def from_timestamp(value: Timestamp, *, field: str) -> datetime:
    """Raises InvalidArgument naming `field` where the moment is outside the years 1 to 9999."""
    try:
        return value.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise invalid(field, "is not a time") from error


def to_date(day: date | None) -> Date | None:
    return None if day is None else Date(year=day.year, month=day.month, day=day.day)


def from_date(value: Date, *, field: str) -> date:
    """Raises InvalidArgument naming `field` where it is not a day of the calendar."""
    try:
        return date(value.year, value.month, value.day)
    except ValueError as error:
        raise invalid(field, "is not a day") from error
