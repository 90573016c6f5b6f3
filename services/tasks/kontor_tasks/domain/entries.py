"""An entry of a timeline: a note, a mail, a done task, a milestone or what was sent by a web form."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kontor_chassis.text import TEXT, clean_line, clean_text

_TITLE = 1000


@dataclass(frozen=True)
class Entry:
    """`id` is that of the note, task or message that the entry shows, so that each of them has one entry at most."""

    id: str
    # `note`, `email`, `task`, `milestone` or `form`.
    kind: str
    # The record that the entry shows.
    ref: str
    occur_time: datetime
    title: str = ""
    text: str = ""
    author_user_id: str = ""
    # Addresses of a mail; what happened, for a milestone.
    facts: Mapping[str, Any] = field(default_factory=dict)
    # Of the shown record; an older fact about it never replaces a newer one.
    version: int = 1
    create_time: datetime | None = None
    update_time: datetime | None = None
    # What it hangs on directly.
    subjects: tuple[str, ...] = ()
    # In a list: the record because of which it shows there; empty where it hangs there directly.
    via: str = ""


def foreign_line(value: str) -> str:
    """A line that another service has told, as it can be stored; too much of it is cut, because nobody is there to refuse it to."""
    return clean_line(value, field="title", limit=sys.maxsize)[:_TITLE]


def foreign_text(value: str) -> str:
    """Like `foreign_line`, for running text."""
    return clean_text(value, field="text", limit=sys.maxsize)[:TEXT]
