"""A secret address under which calendar programs read a user's tasks."""

from dataclasses import dataclass
from datetime import datetime

SCOPE = "calendar.read"
MAX_PER_USER = 100


@dataclass(frozen=True)
class CalendarFeed:
    name: str
    id: str = ""
    user_id: str = ""
    create_time: datetime | None = None
    last_used_time: datetime | None = None


def url_path(secret: str) -> str:
    return f"/calendar/{secret}/tasks.ics"
