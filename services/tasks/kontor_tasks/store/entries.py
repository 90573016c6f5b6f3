"""Entries in rows, and pages of timelines."""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.json_rows import children
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.db.types import Instant
from kontor_tasks.domain.entries import Entry
from kontor_tasks.store import limits, records
from kontor_tasks.store.tables import ENTRIES as T
from kontor_tasks.store.tables import LINKS as L
from kontor_tasks.store.tables import MERGES

# A place in a timeline: when it occurred, and the entry's id.
After = tuple[datetime, str]

# Beyond so many walks in one statement, all of a subject's entries are looked through instead: hundreds of records found to be one.
_MOST_WALKS = 60
_DIRECT = L.alias("direct")
# The records that an entry hangs on directly, as a column of its own statement: those that answer for them now.
SUBJECTS = children(
    MERGES.root_of(_DIRECT.c.account_id, _DIRECT.c.subject),
    where=sa.and_(_DIRECT.c.account_id == T.c.account_id, _DIRECT.c.entry_id == T.c.id, _DIRECT.c.via == ""),
)
_ACCOUNT = sa.bindparam("this_account", type_=sa.Text)
_LIMIT = sa.bindparam("most", type_=sa.Integer)
_GET = sa.select(T, SUBJECTS.label("subjects")).where(T.c.account_id == _ACCOUNT, T.c.id == sa.bindparam("this_id", type_=sa.Text))
_INSERT = sa.insert(T)


def get(session: ReadSession, entry_id: str) -> Entry | None:
    row = session.execute(_GET, {"this_account": session.account_id, "this_id": entry_id}).one_or_none()
    return _entry(row, via="") if row else None


def page(session: ReadSession, subject: str, *, kinds: Collection[str], after: After | None, limit: int) -> list[Entry]:
    """A page of a subject's timeline, newest first; nothing for a subject that is gone. No kinds: all of them. For records that were
    found to be one it is the same timeline, whichever is named. What the caller may not see is not there.

    One walk backwards through an index; for a filter one walk per kind, and for merged records one for each of them, merged. However
    long the timeline is, at most `limit` rows are read per walk.
    """
    values: dict[str, Any] = {
        "this_account": session.account_id,
        "root": subject,
        "subject0": subject,
        "most": limit,
        **limits.viewer(session),
    }
    values |= {f"kind{number}": kind for number, kind in enumerate(sorted(kinds))}
    if after:
        values |= {"after_time": after[0], "after_id": after[1]}
    rows = session.execute(_page(1, len(kinds), after=bool(after)), values).all()
    if rows and not rows[0].merges_are_told:
        return [_entry(row, via=row.via) for row in rows]
    members = MERGES.members(session, subject)
    if members != [subject]:
        values |= {"root": members[0], "subjects": members} | {f"subject{number}": member for number, member in enumerate(members)}
        few = len(members) * max(1, len(kinds)) <= _MOST_WALKS
        rows = session.execute(_page(len(members) if few else None, len(kinds), after=bool(after)), values).all()
    return [_entry(row, via=row.via) for row in rows]


@cache
def _page(subject_count: int | None, kind_count: int, *, after: bool) -> sa.Select[Any]:
    """Built once: building it costs more than reading a page. None: too many to walk along each of them."""
    if subject_count == 1 and kind_count == 0:
        top = _walk(0, None, after).subquery("top")
    else:
        kinds: Sequence[int | None] = range(kind_count) if kind_count else [None]
        subjects: Sequence[int | None] = [None] if subject_count is None else range(subject_count)
        walks = [_walk(subject, kind, after).subquery() for subject in subjects for kind in kinds]
        places = sa.union_all(*(sa.select(walk) for walk in walks)).subquery("places")
        once = sa.select(places.c.entry_id, places.c.occur_time, sa.func.min(places.c.via).label("via"))
        top = _newest(once.group_by(places.c.entry_id, places.c.occur_time), places.c).subquery("top")
    told = MERGES.is_told(_ACCOUNT, sa.bindparam("root", type_=sa.Text))
    return (
        sa.select(T, SUBJECTS.label("subjects"), MERGES.root_of(_ACCOUNT, top.c.via).label("via"), told.label("merges_are_told"))
        .join(top, sa.and_(T.c.account_id == _ACCOUNT, T.c.id == top.c.entry_id))
        .order_by(top.c.occur_time.desc(), top.c.entry_id.desc())
    )


def _walk(subject: int | None, kind: int | None, after: bool) -> sa.Select[Any]:
    """The newest entries of one subject and one kind; None: of all of them."""
    there = sa.and_(
        L.c.account_id == _ACCOUNT, ~records.is_gone(_ACCOUNT, sa.bindparam("root", type_=sa.Text)), limits.visible(_ACCOUNT, L)
    )
    if subject is not None:
        here = L.c.subject == sa.bindparam(f"subject{subject}", type_=sa.Text)
        statement = sa.select(L.c.entry_id, L.c.occur_time, L.c.via).where(there, here)
    else:
        here = L.c.subject.in_(sa.bindparam("subjects", expanding=True, type_=sa.Text))
        once = sa.select(L.c.entry_id, L.c.occur_time, sa.func.min(L.c.via).label("via")).where(there, here)
        statement = once.group_by(L.c.entry_id, L.c.occur_time)
    if kind is not None:
        statement = statement.where(L.c.kind == sa.bindparam(f"kind{kind}", type_=sa.Text))
    if after:
        place = sa.tuple_(sa.bindparam("after_time", type_=Instant), sa.bindparam("after_id", type_=sa.Text))
        statement = statement.where(sa.tuple_(L.c.occur_time, L.c.entry_id) < place)
    return _newest(statement, L.c)


def _newest(statement: sa.Select[Any], columns: Any) -> sa.Select[Any]:
    return statement.order_by(columns.occur_time.desc(), columns.entry_id.desc()).limit(_LIMIT)


def insert(session: WriteSession, entry: Entry) -> None:
    origin = {"account_id": session.account_id, "id": entry.id, "create_time": entry.create_time or session.now}
    session.execute(_INSERT, origin | _values(session, entry))


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
    return tuple(sorted({row[0] for row in rows}))


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
