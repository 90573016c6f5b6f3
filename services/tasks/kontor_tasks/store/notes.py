"""Notes, read from the entries that they are; they are written as such (`entries.py`, `links.py`)."""

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_tasks.domain.notes import Note
from kontor_tasks.store.entries import SUBJECTS, subjects_from
from kontor_tasks.store.tables import ENTRIES as T

_WHOLE = sa.select(
    T.c.id, T.c.version, T.c.text, T.c.occur_time, T.c.author_user_id, T.c.create_time, T.c.update_time, SUBJECTS.label("subjects")
).where(T.c.kind == "note")


def get(session: ReadSession, note_id: str) -> Note | None:
    row = session.execute(_WHOLE.where(T.c.account_id == session.account_id, T.c.id == note_id)).one_or_none()
    return _note(row) if row else None


def lock(session: WriteSession, note_id: str) -> Note | None:
    """The note, with its row locked until the end of the session."""
    held = sa.select(T.c.id).where(T.c.account_id == session.account_id, T.c.id == note_id).with_for_update()
    return get(session, note_id) if session.execute(held).first() else None


def by_ids(session: ReadSession, ids: Collection[str]) -> list[Note]:
    """Those that exist, in no particular order."""
    return [_note(row) for row in session.execute(_WHOLE.where(T.c.account_id == session.account_id, T.c.id.in_(ids)))]


def all_after(session: ReadSession, after: str, limit: int) -> list[Note]:
    """Notes by id, for reading all of them."""
    statement = _WHOLE.where(T.c.account_id == session.account_id, T.c.id > after).order_by(T.c.id).limit(limit)
    return [_note(row) for row in session.execute(statement)]


def _note(row: sa.Row[Any]) -> Note:
    return Note(
        id=row.id,
        version=row.version,
        # A note hangs on one record.
        subject=subjects_from(row.subjects)[0],
        text=row.text,
        occur_time=row.occur_time,
        author_user_id=row.author_user_id,
        create_time=row.create_time,
        update_time=row.update_time,
    )
