"""What is known of a user after facts that come in order, again, and late."""

from datetime import UTC, datetime, timedelta

import pytest

from kontor_notify.domain.users import Presence, after


def at(hours: int) -> datetime:
    return datetime(2026, 3, 2, tzinfo=UTC) + timedelta(hours=hours)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ([(1, True), (2, True)], Presence(2)),
        ([(2, False)], Presence(2, at(2))),
        ([(1, True), (2, False)], Presence(2, at(2))),
        ([(2, False), (3, False)], Presence(3, at(2))),
        ([(2, False), (1, True)], Presence(2, at(2))),
        ([(2, False), (3, True)], Presence(3)),
        ([(2, False), (3, True), (2, False)], Presence(3)),
        ([(2, False), (3, True), (4, False)], Presence(4, at(4))),
    ],
)
def test_the_newest_fact_counts_and_the_deactivation_gives_the_time(facts: list[tuple[int, bool]], expected: Presence) -> None:
    known = None
    for sequence, active in facts:
        known = after(known, sequence=sequence, active=active, time=at(sequence))
    assert known == expected


def test_a_user_is_away_from_the_moment_of_the_deactivation_on() -> None:
    presence = Presence(2, at(2))
    assert [presence.is_active_at(at(hours)) for hours in (1, 2, 3)] == [True, False, False]
    assert Presence(1).is_active_at(at(5))
