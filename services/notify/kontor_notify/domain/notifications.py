"""A notification: one user is told of one occasion, and why."""

from dataclasses import dataclass
from datetime import datetime

# Reasons of who is told without a watch.
ASSIGNEE = "assignee"
# Who answers for a web form, and who made one that nobody answers for.
FORM_RESPONSIBLE = "form_responsible"
FORM_CREATOR = "form_creator"


@dataclass(frozen=True)
class Recipient:
    user_id: str
    reason: str
    # Stopping this watch stops further notifications; empty where no watch led here.
    watch_id: str = ""


@dataclass(frozen=True)
class Notification:
    id: str
    kind: str
    subject: str
    ref: str
    title: str
    actor_user_id: str
    reason: str
    watch_id: str
    count: int
    seen: bool
    create_time: datetime
