"""Entries in rows, and pages of timelines."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.json_rows import children
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_tasks.domain.entries import Entry
from kontor_tasks.store import records
from kontor_tasks.store.tables import ENTRIES as T
from kontor_tasks.store.tables import LINKS as L

# A place in a timeline: when it occurred, and the entry's id.
After = tuple[datetime, str]

_DIRECT = L.alias("direct")
# The records that an entry hangs on directly, as a column of its own statement.
SUBJECTS = children(
    _DIRECT.c.subject, where=sa.and_(_DIRECT.c.account_id == T.c.account_id, _DIRECT.c.entry_id == T.c.id, _DIRECT.c.via == "")
)


def get(session: ReadSession, entry_id: str) -> Entry | None:
    statement = sa.select(T, SUBJECTS.label("subjects")).where(T.c.account_id == session.account_id, T.c.id == entry_id)
    row = session.execute(statement).one_or_none()
    return _entry(row, via="") if row else None


def page(session: ReadSession, subject: str, *, kinds: Collection[str], after: After | None, limit: int) -> list[Entry]:
    """A page of a subject's timeline, newest first; nothing for a subject that is gone. No kinds: all of them.

    One walk backwards through an index, for a filter one walk per kind, merged. However long the timeline is, at most `limit`
    rows are read per walk.
    """
    walks = [_walk(session, subject, kind, after, limit) for kind in sorted(kinds) or [""]]
    places = sa.union_all(*(sa.select(walk.subquery()) for walk in walks)).subquery("places") if kinds else walks[0].subquery("places")
    newest = (places.c.occur_time.desc(), places.c.entry_id.desc())
    top = sa.select(places).order_by(*newest).limit(limit).subquery("top") if kinds else places
    whole = (
        sa.select(T, SUBJECTS.label("subjects"), top.c.via)
        .join(top, sa.and_(T.c.account_id == session.account_id, T.c.id == top.c.entry_id))
        .order_by(top.c.occur_time.desc(), top.c.entry_id.desc())
    )
    return [_entry(row, via=row.via) for row in session.execute(whole)]


def _walk(session: ReadSession, subject: str, kind: str, after: After | None, limit: int) -> sa.Select[Any]:
    statement = sa.select(L.c.entry_id, L.c.occur_time, L.c.via).where(
        L.c.account_id == session.account_id, L.c.subject == subject, ~records.is_gone(session, subject)
    )
    if kind:
        statement = statement.where(L.c.kind == kind)
    if after:
        statement = statement.where(sa.tuple_(L.c.occur_time, L.c.entry_id) < after)
    return statement.order_by(L.c.occur_time.desc(), L.c.entry_id.desc()).limit(limit)


def insert(session: WriteSession, entry: Entry) -> None:
    origin = {"account_id": session.account_id, "id": entry.id, "create_time": entry.create_time or session.now}
    session.execute(sa.insert(T).values(**origin, **_values(session, entry)))


def update(session: WriteSession, entry: Entry) -> None:
    session.execute(sa.update(T).where(T.c.account_id == session.account_id, T.c.id == entry.id).values(_values(session, entry)))


def delete(session: WriteSession, entry_ids: Collection[str]) -> None:
    session.execute(sa.delete(T).where(T.c.account_id == session.account_id, T.c.id.in_(entry_ids)))


def _values(session: WriteSession, entry: Entry) -> dict[str, Any]:
    return {
        "kind": entry.kind,
        "ref": entry.ref,
        "title": entry.title,
        "text": entry.text,
        "occur_time": entry.occur_time,
        "author_user_id": entry.author_user_id,
        "facts": dict(entry.facts),
        "version": entry.version,
        "update_time": entry.update_time or session.now,
    }


def subjects_from(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    return tuple(sorted(row[0] for row in rows))


def _entry(row: sa.Row[Any], *, via: str) -> Entry:
    return Entry(
        id=row.id,
        kind=row.kind,
        ref=row.ref,
        title=row.title,
        text=row.text,
        occur_time=row.occur_time,
        author_user_id=row.author_user_id,
        facts=row.facts,
        version=row.version,
        create_time=row.create_time,
        update_time=row.update_time,
        subjects=subjects_from(row.subjects),
        via=via,
    )
