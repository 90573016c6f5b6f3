"""Times and dates: google.protobuf.Timestamp as RFC 3339, google.type.Date as a full date of ISO 8601, or
`--MM-DD` where the year is not known (its year is 0 then; a field that needs one refuses it in its service).

Times are precise to the microsecond, as the services keep them; further digits are cut off. They are written in UTC with `Z`
and read with any offset. A leap second (`:60`) is refused, because it cannot be stored.
"""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date

from kontor_gateway.codec_faults import Refused

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_DATE = re.compile(r"(\d{4}|-)-\d\d-\d\d", re.ASCII)
# Has every day that any year has.
_LEAP_YEAR = "2000"
_NO_TIME = "must be a time such as 2026-05-01T09:30:00Z"
_NO_DATE = "must be a date such as 2026-05-01"


def write_time(value: Timestamp) -> datetime:
    """A datetime in UTC; the JSON writer formats it (faster than any Python code)."""
    return _EPOCH + timedelta(0, value.seconds, value.nanos // 1000)


def read_time(value: Any) -> dict[str, int]:
    match = _TIME.fullmatch(value) if type(value) is str else None
    if match is None:
        raise Refused(_NO_TIME)
    day, clock, fraction, zone = match.groups()
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}{'+00:00' if zone in 'Zz' else zone}")
        since = moment - _EPOCH
        # Outside of the years 1 to 9999 in UTC.
        moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Refused(_NO_TIME) from error
    return {"seconds": since.days * 86400 + since.seconds, "nanos": int((fraction or "0").ljust(6, "0")[:6]) * 1000}


def write_date(value: Date) -> str:
    year = f"{value.year:04d}" if value.year else "-"
    return f"{year}-{value.month:02d}-{value.day:02d}"


def read_date(value: Any) -> dict[str, int]:
    if type(value) is not str or not _DATE.fullmatch(value):
        raise Refused(_NO_DATE)
    try:
        day = date.fromisoformat(value if value[0] != "-" else _LEAP_YEAR + value[1:])
    except ValueError as error:
        raise Refused(_NO_DATE) from error
    return {"year": 0 if value[0] == "-" else day.year, "month": day.month, "day": day.day}
