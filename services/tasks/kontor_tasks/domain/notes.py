"""A note: something that somebody wrote down about a record. It is stored as an entry of the timeline."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from kontor_chassis.errors import invalid
from kontor_chassis.text import clean_text
from kontor_tasks.domain.entries import Entry
from kontor_tasks.domain.subjects import checked_subject

WRITABLE = frozenset({"subject", "text", "occur_time"})
_TITLE = 200


@dataclass(frozen=True)
class Note:
    subject: str
    text: str
    occur_time: datetime | None = None
    author_user_id: str = ""
    id: str = ""
    version: int = 0
    create_time: datetime | None = None
    update_time: datetime | None = None

    @property
    def ref(self) -> str:
        return f"notes/{self.id}"

    @property
    def title(self) -> str:
        """The first line, for lists that have no room for more."""
        return self.text.split("\n", 1)[0][:_TITLE].rstrip()


def checked_note(note: Note) -> Note:
    """The note with cleaned values. Raises InvalidArgument naming the field."""
    if note.occur_time is None:
        raise invalid("occur_time", "must not be empty")
    subject = checked_subject(note.subject, required=True)
    return replace(note, subject=subject, text=clean_text(note.text, field="text", required=True))


def with_changes(note: Note, wanted: Note, mask: Collection[str]) -> Note:
    """`note` with the fields in `mask` taken from `wanted`; fields that are not the client's to set stay as they are."""
    return replace(note, **{name: getattr(wanted, name) for name in WRITABLE.intersection(mask)})


def changed_fields(before: Note, after: Note) -> list[str]:
    """Names of the writable fields that differ, sorted."""
    return sorted(name for name in WRITABLE if getattr(before, name) != getattr(after, name))


def entry_of(note: Note) -> Entry:
    assert note.occur_time is not None
    return Entry(
        id=note.id,
        kind="note",
        ref=note.ref,
        text=note.text,
        occur_time=note.occur_time,
        author_user_id=note.author_user_id,
        version=note.version,
        create_time=note.create_time,
        update_time=note.update_time,
    )
