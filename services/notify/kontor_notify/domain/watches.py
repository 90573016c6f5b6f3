"""A watch: a user wants to be told what happens at a record."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from kontor_chassis.errors import InvalidArgument
from kontor_chassis.ids import parse_ref

NOUNS = frozenset({"persons", "organisations", "deals", "projects"})

# Reasons: made the record, answers for it, or asked for it.
CREATOR = "creator"
RESPONSIBLE = "responsible"
WATCHER = "watcher"
AUTOMATIC = frozenset({CREATOR, RESPONSIBLE})

# States. A stopped watch is kept, because whoever stopped is not made a watcher again by a later event.
ACTIVE = "active"
STOPPED = "stopped"
# The record is gone; what happened there before may still be on its way.
ENDED = "ended"


@dataclass(frozen=True)
class Watch:
    id: str
    user_id: str
    # Resource name of the record.
    subject: str
    reason: str
    create_time: datetime
    state: str = ACTIVE


def checked_subject(subject: str) -> str:
    """Raises InvalidArgument naming `subject` where it is not a record that can be watched."""
    parse_ref(subject, field="subject", nouns=NOUNS)
    return subject


def watchable(subjects: Iterable[str]) -> list[str]:
    """Those that can be watched, each once, in their order. For subjects in facts of others, which are taken as they come."""
    kept: list[str] = []
    for subject in subjects:
        try:
            checked_subject(subject)
        except InvalidArgument:
            continue
        if subject not in kept:
            kept.append(subject)
    return kept


def automatic(*, creator: str, responsible: str = "") -> Mapping[str, str]:
    """Who watches a new record without having asked, and why. No creator where the system made it."""
    reasons = {responsible: RESPONSIBLE, creator: CREATOR}
    return {user_id: reason for user_id, reason in reasons.items() if user_id}
