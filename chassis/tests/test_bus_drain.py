"""drain() against parts that play the nasty cases; the real buses are drained in the contract suite."""

from collections.abc import Callable

import pytest

from kontor_chassis.bus.drain import drain


class Part:
    """Answers `idle` from a list, then True; `moved` happens while it is asked."""

    def __init__(self, *answers: bool, moved: Callable[[], None] = lambda: None) -> None:
        self.answers = list(answers)
        self.moved = moved
        self.count = 0
        self.asked = 0

    async def idle(self) -> bool:
        self.asked += 1
        self.moved()
        return self.answers.pop(0) if self.answers else True

    def activity(self) -> int:
        return self.count


async def test_it_asks_until_all_are_at_rest() -> None:
    first, second = Part(False, True), Part(False, False)
    await drain(first, second)
    assert (first.asked, second.asked) == (3, 3)


async def test_rest_that_was_disturbed_behind_the_question_does_not_count() -> None:
    """The first part is asked, then the second hands it work and rests: both have said "idle", and neither was for long."""
    first = Part()

    def disturb() -> None:
        if second.asked == 1:
            first.count += 1
            first.answers = [False]

    second = Part(moved=disturb)
    await drain(first, second)
    assert first.asked == 3


async def test_it_gives_up_in_time() -> None:
    with pytest.raises(TimeoutError):
        await drain(Part(*[False] * 10_000), timeout=0.05)
