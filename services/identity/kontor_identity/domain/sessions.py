"""A session: somebody is signed in. It ends when it is not used, and after a while anyway."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Lifetime:
    """How long sessions live: unused, and in all."""

    idle: timedelta
    absolute: timedelta


@dataclass(frozen=True)
class Session:
    id: str
    user_id: str
    # User-Agent of the sign-in.
    client: str
    create_time: datetime
    last_used_time: datetime


def expire_time(session: Session, lifetime: Lifetime) -> datetime:
    return min(session.create_time + lifetime.absolute, session.last_used_time + lifetime.idle)
