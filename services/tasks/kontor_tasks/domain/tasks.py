"""A task: the values, and the rules that hold whatever stores them."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime

from kontor_chassis.errors import invalid
from kontor_chassis.text import clean_line, clean_text
from kontor_tasks.domain.entries import Entry
from kontor_tasks.domain.subjects import checked_subject, checked_user_id
from kontor_tasks.domain.zones import LATEST, day_start

# What a client may set; everything else is ours.
WRITABLE = frozenset({"kind", "title", "note", "subject", "assignee_user_id", "priority", "due_date", "due_time"})
_DUE = frozenset({"due_date", "due_time"})
# Calendars say when something ends, which must be a date still.
_LAST_YEAR = 9998


@dataclass(frozen=True)
class Task:
    title: str
    kind: str = "task"
    note: str = ""
    # Resource name of what the task is about; empty: of nothing.
    subject: str = ""
    # The same as it was given: another name where that record was found to be the subject since.
    given_subject: str = ""
    assignee_user_id: str = ""
    # `low`, `normal` or `high`.
    priority: str = "normal"
    # Due on a day or at a time, never both; neither: some day.
    due_date: date | None = None
    due_time: datetime | None = None
    # `open` or `done`.
    state: str = "open"
    complete_time: datetime | None = None
    completer_user_id: str = ""
    id: str = ""
    version: int = 0
    creator_user_id: str = ""
    create_time: datetime | None = None
    update_time: datetime | None = None

    @property
    def ref(self) -> str:
        return f"tasks/{self.id}"


def checked_task(task: Task) -> Task:
    """The task with cleaned values. Raises InvalidArgument naming the field."""
    if task.due_date is not None and task.due_time is not None:
        raise invalid("due_time", "must not be set together with due_date")
    for name in sorted(_DUE):
        due = getattr(task, name)
        if due is not None and due.year > _LAST_YEAR:
            raise invalid(name, f"must not be after the year {_LAST_YEAR}")
    return replace(
        task,
        title=clean_line(task.title, field="title", required=True),
        note=clean_text(task.note, field="note"),
        subject=checked_subject(task.subject),
        assignee_user_id=checked_user_id(task.assignee_user_id, field="assignee_user_id"),
    )


def with_changes(task: Task, wanted: Task, mask: Collection[str]) -> Task:
    """`task` with the fields in `mask` taken from `wanted`; fields that are not the client's to set stay as they are.

    A mask with one of the two due fields means "due then", so the other one is cleared.
    """
    names = WRITABLE.intersection(mask)
    due = names & _DUE
    if any(getattr(wanted, name) is not None for name in due):
        task = replace(task, due_date=None, due_time=None)
    return replace(task, **{name: getattr(wanted, name) for name in names})


def changed_fields(before: Task, after: Task) -> list[str]:
    """Names of the writable fields that differ, sorted."""
    return sorted(name for name in WRITABLE if getattr(before, name) != getattr(after, name))


def due_key(task: Task, zone: str) -> datetime:
    """What lists sort by: a task due on a day stands at that day's beginning in `zone`, one without a date last."""
    if task.due_date is not None:
        return day_start(task.due_date, zone)
    return task.due_time or LATEST


def entry_of(task: Task) -> Entry:
    """A done task in the history of its subject."""
    assert task.complete_time is not None
    return Entry(
        id=task.id,
        kind="task",
        ref=task.ref,
        title=task.title,
        text=task.note,
        occur_time=task.complete_time,
        author_user_id=task.completer_user_id,
        version=task.version,
        create_time=task.create_time,
        update_time=task.update_time,
    )
