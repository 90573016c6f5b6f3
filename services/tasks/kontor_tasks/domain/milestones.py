"""A milestone: something that happened to a deal, as an entry of its timeline."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from kontor_tasks.domain.entries import Entry, foreign_line, foreign_text
from kontor_tasks.domain.wording import milestone_title
from kontor_tasks.domain.zones import LATEST, day_of, day_start

_NAMESPACE = uuid.UUID("3d1c9f0e-7c0f-5f57-9d3c-6a5f0b1f6b52")
_HALF_DAY = timedelta(hours=12)


@dataclass(frozen=True)
class Milestone:
    deal_id: str
    # Version of the deal that it made.
    sequence: int
    # `deal_moved`, `deal_won`, `deal_lost` or `deal_reopened`.
    what: str
    deal_name: str
    told_time: datetime
    # The day the deal was closed, which may be an earlier one than that on which it was told.
    day: date | None = None
    # Stages, reason: what the wording needs, in no language.
    facts: Mapping[str, Any] = field(default_factory=dict)


def entry_of(milestone: Milestone, *, author_user_id: str, zone: str, locale: str) -> Entry:
    """The entry, worded in the account's language of today. A deal has one entry per version, however often it is told."""
    facts = {"what": milestone.what, "deal": milestone.deal_name, **milestone.facts}
    return Entry(
        id=str(uuid.uuid5(_NAMESPACE, f"{milestone.deal_id}/{milestone.sequence}")),
        kind="milestone",
        ref=f"deals/{milestone.deal_id}",
        title=foreign_line(milestone_title(facts, locale)),
        text=foreign_text(str(facts.get("lost_reason", ""))),
        occur_time=_moment(milestone, zone),
        author_user_id=author_user_id,
        facts=facts,
        version=milestone.sequence,
    )


def _moment(milestone: Milestone, zone: str) -> datetime:
    """When it was told, unless it is said to have happened on another day: then that day's noon."""
    if milestone.day is None or milestone.day == day_of(milestone.told_time, zone):
        return milestone.told_time
    return min(day_start(milestone.day, zone), LATEST - _HALF_DAY) + _HALF_DAY
