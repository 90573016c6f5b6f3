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
_ACCOUNT = sa.bindparam("this_account", type_=sa.Text)
_LIMIT = sa.bindparam("most", type_=sa.Integer)
_GET = sa.select(T, SUBJECTS.label("subjects")).where(T.c.account_id == _ACCOUNT, T.c.id == sa.bindparam("this_id", type_=sa.Text))
_INSERT = sa.insert(T)


def get(session: ReadSession, entry_id: str) -> Entry | None:
    row = session.execute(_GET, {"this_account": session.account_id, "this_id": entry_id}).one_or_none()
    return _entry(row, via="") if row else None


def page(session: ReadSession, subject: str, *, kinds: Collection[str], after: After | None, limit: int) -> list[Entry]:
    """A page of a subject's timeline, newest first; nothing for a subject that is gone. No kinds: all of them.

    One walk backwards through an index, for a filter one walk per kind, merged. However long the timeline is, at most `limit`
    rows are read per walk.
    """
    values: dict[str, Any] = {"this_account": session.account_id, "subject": subject, "most": limit}
    values |= {f"kind{number}": kind for number, kind in enumerate(sorted(kinds))}
    if after:
        values |= {"after_time": after[0], "after_id": after[1]}
    return [_entry(row, via=row.via) for row in session.execute(_page(len(kinds), after=bool(after)), values)]


@cache
def _page(kind_count: int, *, after: bool) -> sa.Select[Any]:
    """Built once: building it costs more than reading a page."""
    walks = [_walk(number, after) for number in range(kind_count)] or [_walk(None, after)]
    newest = ("occur_time", "entry_id")
    if kind_count:
        places = sa.union_all(*(sa.select(walk.subquery()) for walk in walks)).subquery("places")
        top = sa.select(places).order_by(*(places.c[name].desc() for name in newest)).limit(_LIMIT).subquery("top")
    else:
        top = walks[0].subquery("places")
    return (
        sa.select(T, SUBJECTS.label("subjects"), top.c.via)
        .join(top, sa.and_(T.c.account_id == _ACCOUNT, T.c.id == top.c.entry_id))
        .order_by(*(top.c[name].desc() for name in newest))
    )


def _walk(kind: int | None, after: bool) -> sa.Select[Any]:
    subject = sa.bindparam("subject", type_=sa.Text)
    statement = sa.select(L.c.entry_id, L.c.occur_time, L.c.via).where(
        L.c.account_id == _ACCOUNT, L.c.subject == subject, ~records.is_gone(_ACCOUNT, subject)
    )
    if kind is not None:
        statement = statement.where(L.c.kind == sa.bindparam(f"kind{kind}", type_=sa.Text))
    if after:
        place = sa.tuple_(sa.bindparam("after_time", type_=Instant), sa.bindparam("after_id", type_=sa.Text))
        statement = statement.where(sa.tuple_(L.c.occur_time, L.c.entry_id) < place)
    return statement.order_by(L.c.occur_time.desc(), L.c.entry_id.desc()).limit(_LIMIT)


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
