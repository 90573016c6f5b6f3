"""A tie makes what hangs on one record show at another one (D8): a position while it lasts, a deal or project always."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from kontor_tasks.domain.zones import EARLIEST, LATEST, day_start


@dataclass(frozen=True)
class Tie:
    # What hangs on `subject` …
    subject: str
    # … shows at `target` too.
    target: str
    # First and last day on which something must have happened to show; None: no bound.
    from_day: date | None = None
    to_day: date | None = None


def span(tie: Tie, zone: str) -> tuple[datetime, datetime]:
    """The tie's days in `zone` as moments: from the first one, until before the second one. Both days are included."""
    begin = EARLIEST if tie.from_day is None else day_start(tie.from_day, zone)
    if tie.to_day is None or tie.to_day == date.max:
        return begin, LATEST
    return begin, day_start(tie.to_day + timedelta(days=1), zone)
