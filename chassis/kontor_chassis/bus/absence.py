"""A consumer that is cut off: when it tries again, and when it says so."""

_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.2, 1.0
_FIRST_REMINDER, _LONGEST_SILENCE = 30.0, 600.0


class Absence:
    """Pauses grow from 0.2 to 1 second, so that a broker that is back is noticed soon. The loss is told at once, and again after
    half a minute, a minute, two, … up to every ten minutes, not at each try. Times are those of a monotonic clock."""

    def __init__(self) -> None:
        self.over()

    def over(self) -> None:
        """It is attached again: the next loss is a new one."""
        self._pause = _SHORTEST_PAUSE
        self._tell_at = float("-inf")
        self._silence = _FIRST_REMINDER

    def is_to_be_told(self, now: float) -> bool:
        """On a try that has failed."""
        if now < self._tell_at:
            return False
        self._tell_at = now + self._silence
        self._silence = min(2 * self._silence, _LONGEST_SILENCE)
        return True

    def next_pause(self) -> float:
        """Seconds until the next try."""
        pause = self._pause
        self._pause = min(2 * pause, _LONGEST_PAUSE)
        return pause
