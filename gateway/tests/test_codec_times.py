"""Times and dates."""

import orjson
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date

from kontor_gateway.codec_faults import Refused
from kontor_gateway.codec_times import read_date, read_time, write_date, write_time


def text_of(seconds: int, nanos: int = 0) -> str:
    content: str = orjson.loads(orjson.dumps(write_time(Timestamp(seconds=seconds, nanos=nanos)), option=orjson.OPT_UTC_Z))
    return content


def test_times_are_written_in_utc_with_as_many_decimals_as_they_need() -> None:
    assert text_of(0) == "1970-01-01T00:00:00Z"
    assert text_of(1777627800, 123_456_789) == "2026-05-01T09:30:00.123456Z"
    assert text_of(-1) == "1969-12-31T23:59:59Z"
    assert text_of(-62135596800) == "0001-01-01T00:00:00Z"
    assert text_of(253402300799, 999_999_999) == "9999-12-31T23:59:59.999999Z"


@pytest.mark.parametrize(
    ("text", "seconds", "nanos"),
    [
        ("2026-05-01T09:30:00Z", 1777627800, 0),
        ("2026-05-01t09:30:00z", 1777627800, 0),
        ("2026-05-01 09:30:00Z", 1777627800, 0),
        ("2026-05-01T11:30:00+02:00", 1777627800, 0),
        ("2026-05-01T00:00:00.5-09:30", 1777627800, 500_000_000),
        ("2026-05-01T09:30:00.123456789Z", 1777627800, 123_456_000),
        ("1969-12-31T23:59:59.25Z", -1, 250_000_000),
        ("0001-01-01T00:00:00Z", -62135596800, 0),
        ("9999-12-31T23:59:59.999999Z", 253402300799, 999_999_000),
    ],
)
def test_times_are_read_with_any_offset(text: str, seconds: int, nanos: int) -> None:
    assert read_time(text) == {"seconds": seconds, "nanos": nanos}


@pytest.mark.parametrize(
    "value",
    [
        "",
        "2026-05-01",
        "2026-05-01T09:30Z",
        "2026-05-01T09:30:00",
        "20260501T093000Z",
        "2026-02-29T00:00:00Z",
        "2026-05-01T24:00:00Z",
        "2026-05-01T23:59:60Z",
        "2026-05-01T09:30:00+0200",
        "2026-05-01T09:30:00+25:00",
        "2026-05-01T09:30:00.Z",
        "2026-05-01T09:30:00.1234567890Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "２０２６-05-01T09:30:00Z",
        "2026-05-01T09:30:00Z\n",
        1777627800,
        None,
        {},
    ],
)
def test_what_is_no_time_is_refused(value: object) -> None:
    with pytest.raises(Refused):
        read_time(value)


def test_a_date_may_have_no_year() -> None:
    assert write_date(Date(month=2, day=29)) == "--02-29"
    assert read_date("--02-29") == {"year": 0, "month": 2, "day": 29}


def test_dates_are_written_and_read_in_full() -> None:
    assert write_date(Date(year=476, month=9, day=4)) == "0476-09-04"
    assert read_date("2024-02-29") == {"year": 2024, "month": 2, "day": 29}


@pytest.mark.parametrize(
    "value",
    [
        "",
        "2026-02-29",
        "2026-5-1",
        "20260501",
        "2026-W18-5",
        "0000-01-01",
        "2026-13-01",
        "2026-05-01\n",
        "--02-30",
        "-05-01",
        "--5-1",
        20260501,
        [],
    ],
)
def test_what_is_no_full_date_is_refused(value: object) -> None:
    with pytest.raises(Refused):
        read_date(value)
