"""Days of a time zone as moments, where the clocks change too."""

from datetime import UTC, date, datetime, timedelta

import pytest

from kontor_tasks.domain.ties import Tie, span
from kontor_tasks.domain.zones import EARLIEST, LATEST, day_of, day_start, is_zone


@pytest.mark.parametrize(
    ("day", "zone", "start"),
    [
        (date(2026, 1, 1), "Europe/Berlin", "2025-12-31T23:00"),
        (date(2026, 7, 1), "Europe/Berlin", "2026-06-30T22:00"),
        # The day of 23 hours, and the one after it.
        (date(2026, 3, 29), "Europe/Berlin", "2026-03-28T23:00"),
        (date(2026, 3, 30), "Europe/Berlin", "2026-03-29T22:00"),
        # Midnight is skipped in Beirut on 29 March 2026: the clock goes from 0:00 to 1:00.
        (date(2026, 3, 29), "Asia/Beirut", "2026-03-28T22:00"),
        # Midnight comes twice in Havana on 1 November 2026.
        (date(2026, 11, 1), "America/Havana", "2026-11-01T04:00"),
        # A day that never was: Samoa crossed the date line.
        (date(2011, 12, 30), "Pacific/Apia", "2011-12-30T10:00"),
        (date(2011, 12, 31), "Pacific/Apia", "2011-12-30T10:00"),
    ],
)
def test_a_day_begins_at_the_first_moment_that_has_its_date(day: date, zone: str, start: str) -> None:
    begin = day_start(day, zone)
    assert begin == datetime.fromisoformat(start).replace(tzinfo=UTC)
    if (zone, day) != ("Pacific/Apia", date(2011, 12, 30)):
        assert day_of(begin, zone) == day
    assert day_of(begin - timedelta(microseconds=1), zone) < day


def test_the_ends_of_the_calendar_are_no_trouble() -> None:
    assert day_start(date.min, "Asia/Tokyo") == EARLIEST
    assert day_start(date.max, "Pacific/Marquesas").year == 9999
    assert day_of(LATEST, "Asia/Tokyo") == date.max
    assert span(Tie("a", "b", from_day=date.min, to_day=date.max), "Asia/Tokyo") == (EARLIEST, LATEST)


def test_a_span_includes_both_of_its_days() -> None:
    begin, end = span(Tie("a", "b", from_day=date(2026, 3, 29), to_day=date(2026, 3, 29)), "Europe/Berlin")
    assert end - begin == timedelta(hours=23)
    assert span(Tie("a", "b"), "Europe/Berlin") == (EARLIEST, LATEST)


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../etc/passwd", "/etc/passwd", "Europe", "\u0000", "x" * 5000])
def test_what_is_no_zone_is_seen(name: str) -> None:
    assert not is_zone(name)
    assert is_zone("Europe/Berlin")
