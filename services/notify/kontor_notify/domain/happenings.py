"""Something that happened at a record and that its watchers are told of."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kontor_chassis.text import LINE, clean_line
from kontor_notify.domain.watches import watchable

NOTE_CREATED = "note_created"
MAIL_FILED = "mail_filed"
DEAL_MOVED = "deal_moved"
DEAL_WON = "deal_won"
DEAL_LOST = "deal_lost"
TASK_ASSIGNED = "task_assigned"
FORM_SUBMITTED = "form_submitted"


@dataclass(frozen=True)
class Happening:
    kind: str
    # What it is about: `notes/…`, `messages/…`.
    ref: str
    # The record at which it happened.
    subject: str
    # Text that stands for it in any language: a mail's subject, the beginning of a note.
    title: str
    # Whose act it is, who is shown as the actor first. They are not told.
    doers: tuple[str, ...]
    time: datetime
    # Version of what it is about.
    sequence: int
    # A user is told of an occasion once. A deal moves many times, a mail is filed once however often we hear of it.
    occasion: str
    # Place of the subject among all subjects of the occasion. Of several reasons to be told the first one is named.
    place: int = 0
    # So many things of this kind happened at once; `ref` and `title` are the last one's.
    count: int = 1
    # Resource names of the groups and users that may be shown it; none: everyone.
    visible_to: tuple[str, ...] = ()

    @property
    def actor_user_id(self) -> str:
        return self.doers[0] if self.doers else ""


def title_of(text: str) -> str:
    """One bounded line of whatever text."""
    return clean_line(text, field="title", limit=sys.maxsize)[:LINE]


def doers_of(*user_ids: str) -> tuple[str, ...]:
    """Each once, without the empty ones."""
    return tuple(dict.fromkeys(user_id for user_id in user_ids if user_id))


def bundle(*, subject: str, ref: str, title: str, count: int, doers: tuple[str, ...], time: datetime, sequence: int) -> list[Happening]:
    """Mails that had waited were filed at a record, told of together; nothing where it cannot be watched."""
    return [
        Happening(
            kind=MAIL_FILED,
            ref=ref,
            subject=watched,
            title=title_of(title),
            doers=doers,
            time=time,
            sequence=sequence,
            occasion=f"mails_filed:{ref}:{sequence}:{watched}",
            count=max(1, count),
        )
        for watched in watchable([subject])
    ]


def at_each(
    subjects: Sequence[str],
    *,
    kind: str,
    ref: str,
    title: str,
    doers: tuple[str, ...],
    time: datetime,
    sequence: int,
    repeats: bool = False,
    visible_to: Sequence[str] = (),
) -> list[Happening]:
    """The happening at each of the subjects that can be watched. `repeats` where it can happen again to the same ref."""
    return [
        Happening(
            kind=kind,
            ref=ref,
            subject=subject,
            title=title_of(title),
            doers=doers,
            time=time,
            sequence=sequence,
            occasion=f"{kind}:{ref}:{sequence}" if repeats else f"{kind}:{ref}",
            place=place,
            visible_to=tuple(visible_to),
        )
        for place, subject in enumerate(watchable(subjects))
    ]
