"""What is known of a user: whether, and since when, they are deactivated."""

from dataclasses import dataclass, replace
from datetime import datetime


@dataclass(frozen=True)
class Presence:
    # Version of the user that told it.
    sequence: int
    # Since when the user is deactivated; None: active.
    inactive_time: datetime | None = None

    def is_active_at(self, moment: datetime) -> bool:
        return self.inactive_time is None or moment < self.inactive_time


def after(known: Presence | None, *, sequence: int, active: bool, time: datetime) -> Presence:
    """What is known after another fact about the user. Facts older than what is known change nothing; neither does one
    that tells of something else (a new name, say) of a user who was deactivated before."""
    if known is not None and sequence <= known.sequence:
        return known
    if not active and known is not None and known.inactive_time is not None:
        return replace(known, sequence=sequence)
    return Presence(sequence=sequence, inactive_time=None if active else time)
