"""What a bad day came to, for the end of pytest's report."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Figures:
    # Requests, mails or events that were begun; tries of the same one count once.
    attempts: int
    acknowledged: int
    # Acknowledged and not there, and there twice.
    lost: int
    duplicated: int
    # Acknowledged in the end, after tries that were refused for now or not answered.
    recovered: int

    def __str__(self) -> str:
        return (
            f"attempts {self.attempts}, acknowledged {self.acknowledged}, lost {self.lost}, duplicated {self.duplicated}, "
            f"recovered {self.recovered}"
        )


Tell = Callable[[Figures], None]
