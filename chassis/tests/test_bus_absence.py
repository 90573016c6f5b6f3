"""A consumer that is cut off tries often and says little."""

from kontor_chassis.bus.absence import Absence


def told(absence: Absence, *, seconds: int, since: float = 0.0) -> list[float]:
    """At which times a loss is told that is found out again and again for so long."""
    times = [since + tick / 5 for tick in range(5 * seconds)]
    return [time for time in times if absence.is_to_be_told(time)]


def test_a_loss_is_told_at_once_and_then_ever_more_seldom() -> None:
    assert told(Absence(), seconds=3600) == [0.0, 30.0, 90.0, 210.0, 450.0, 930.0, 1530.0, 2130.0, 2730.0, 3330.0]


def test_after_it_is_over_the_next_loss_is_told_at_once() -> None:
    absence = Absence()
    told(absence, seconds=100)
    absence.over()
    assert told(absence, seconds=40, since=100.0) == [100.0, 130.0]


def test_it_tries_again_soon_and_at_least_once_a_second() -> None:
    absence = Absence()
    assert [absence.next_pause() for _ in range(5)] == [0.2, 0.4, 0.8, 1.0, 1.0]
    absence.over()
    assert absence.next_pause() == 0.2
