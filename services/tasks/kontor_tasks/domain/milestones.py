"""A milestone: something that happened to a record, as an entry of timelines."""

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
    # What tells it from all others, however often it is told.
    key: str
    # The record that it happened to.
    ref: str
    # What it hangs on.
    subjects: tuple[str, ...]
    # Of that record, as it was told.
    version: int
    # `deal_moved`, `deal_won`, `deal_lost`, `deal_reopened`, `employer_changed`, `employer_begun`, `employer_left` or `project_begun`.
    what: str
    told_time: datetime
    # The day on which it happened, which may be another one than that on which it was told.
    day: date | None = None
    # What is to be read beside the title: the reason, the role.
    text: str = ""
    # Names, stages: what the wording needs, in no language.
    facts: Mapping[str, Any] = field(default_factory=dict)


def entry_of(milestone: Milestone, *, author_user_id: str, zone: str, locale: str) -> Entry:
    """The entry, worded in the account's language of today."""
    facts = {"what": milestone.what, **milestone.facts}
    return Entry(
        id=str(uuid.uuid5(_NAMESPACE, milestone.key)),
        kind="milestone",
        ref=milestone.ref,
        title=foreign_line(milestone_title(facts, locale)),
        text=foreign_text(milestone.text),
        occur_time=_moment(milestone, zone),
        author_user_id=author_user_id,
        facts=facts,
        version=milestone.version,
    )


def _moment(milestone: Milestone, zone: str) -> datetime:
    """When it was told, unless it is said to have happened on another day: then that day's noon."""
    if milestone.day is None or milestone.day == day_of(milestone.told_time, zone):
        return milestone.told_time
    return min(day_start(milestone.day, zone), LATEST - _HALF_DAY) + _HALF_DAY
