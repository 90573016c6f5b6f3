"""Every SQL statement about merges."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.visibility import viewer_of
from kontor_contacts.domain.merges import Merge
from kontor_contacts.store.merge_tables import MERGES as T
from kontor_contacts.store.tables import ORGANISATIONS, PERSONS
from kontor_contacts.store.visibility import names_viewer, visible_to

# A place in the list: time and id.
After = tuple[datetime, str]

_COLUMNS = [column for column in T.columns if column.name not in ("account_id", "snapshot", "due_time")]
_WHOLE = sa.select(*_COLUMNS, T.c.snapshot.is_not(None).label("kept"))
_STANDS = T.c.undo_time.is_(None)
# No change waits longer than that for others.
_WAITING = timedelta(minutes=1)
_MOST_SPANS = 100


def insert(session: WriteSession, merge: Merge, snapshot: Any) -> None:
    values = {column.name: getattr(merge, column.name) for column in _COLUMNS}
    session.execute(sa.insert(T).values(account_id=session.account_id, **values, snapshot=snapshot, due_time=merge.expire_time))


def get(session: ReadSession, merge_id: str) -> Merge | None:
    """Where the caller is told of it."""
    return _one(session, T.c.id == merge_id, *_told(session))


def _told(session: ReadSession) -> tuple[sa.ColumnElement[bool], ...]:
    """To those who could see both when they were merged, and see what has become of them: of the survivor, and of the duplicate where the
    merge is undone. Where one of them is deleted, to owner and admins only: nobody knows any more who could see it."""
    if viewer_of(session.principal) is None:
        return ()
    could = (sa.or_(column.is_(None), names_viewer(session, column)) for column in (T.c.survivor_visible_to, T.c.duplicate_visible_to))
    return (*could, _leads_to_seen(session, T.c.survivor_id), sa.or_(_STANDS, _leads_to_seen(session, T.c.duplicate_id)))


def _leads_to_seen(session: ReadSession, record_id: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """The record is there and seen, or the one is that it was merged into since."""
    later = T.alias("later")
    start = sa.select(T.c.account_id, record_id.label("record_id")).correlate(T)
    way = start.cte("way", recursive=True, nesting=True)
    on = sa.and_(later.c.account_id == way.c.account_id, later.c.duplicate_id == way.c.record_id, later.c.undo_time.is_(None))
    way = way.union(sa.select(later.c.account_id, later.c.survivor_id).where(on))
    seen = (_seen(session, record, way) for record in (PERSONS, ORGANISATIONS))
    return sa.exists(sa.select(1).select_from(way).where(sa.or_(*seen)).correlate(T))


def _seen(session: ReadSession, record: sa.Table, way: sa.CTE) -> sa.ColumnElement[bool]:
    one = record.alias()
    those = (one.c.account_id == way.c.account_id, one.c.id == way.c.record_id, visible_to(session, one))
    return sa.exists(sa.select(1).select_from(one).where(*those).correlate(way))


def untold_spans(session: ReadSession, record_id: str) -> list[tuple[datetime, datetime]]:
    """From when until when the record had what the caller may not see, by merges that were undone since and that the caller is not told of;
    with some time around it, because a change that waited for the merge or for its undoing bears the time at which it began to wait."""
    told = _told(session)
    if not told:
        return []
    those = (T.c.account_id == session.account_id, sa.not_(_STANDS), sa.not_(sa.and_(*told)))
    statement = sa.select(T.c.create_time, T.c.undo_time).where(*those)
    sides = sa.union_all(*(statement.where(side == record_id) for side in (T.c.survivor_id, T.c.duplicate_id)))
    spans = [(row.create_time - _WAITING, row.undo_time + _WAITING) for row in session.execute(sides)]
    # One long span says too much is hidden rather than too little.
    return spans if len(spans) <= _MOST_SPANS else [(min(start for start, _ in spans), max(end for _, end in spans))]


def lock(session: WriteSession, merge_id: str) -> Merge | None:
    """The merge, with its row locked until the end of the session; after the survivor's. Also where the caller is not told of it."""
    session.hold(sa.select(T.c.id).where(T.c.account_id == session.account_id, T.c.id == merge_id).with_for_update())
    return _one(session, T.c.id == merge_id)


def _one(session: ReadSession, *conditions: sa.ColumnElement[bool]) -> Merge | None:
    row = session.execute(_WHOLE.where(T.c.account_id == session.account_id, *conditions)).one_or_none()
    return _merge(row) if row else None


def snapshot(session: ReadSession, merge_id: str) -> Any:
    """None: it is gone."""
    return session.execute(sa.select(T.c.snapshot).where(T.c.account_id == session.account_id, T.c.id == merge_id)).scalar_one()


def add_position(session: WriteSession, merge_id: str, position_id: str) -> None:
    """One more that undoing it moves back: it would have been moved if it had been there."""
    merge = lock(session, merge_id)
    if merge is not None and merge.kept:
        content = snapshot(session, merge_id)
        content["positions"].append(position_id)
        session.execute(sa.update(T).where(T.c.account_id == session.account_id, T.c.id == merge_id).values(snapshot=content))


def page(session: ReadSession, *, record_id: str, after: After | None, limit: int) -> list[Merge]:
    """Newest first, of those that the caller is told of; with `record_id` those that it was part of."""
    if not record_id:
        return _page(session, (), after, limit)
    # A walk of an index for each side, merged.
    sides = [found for side in (T.c.survivor_id, T.c.duplicate_id) for found in _page(session, (side == record_id,), after, limit)]
    return sorted(sides, key=lambda merge: (merge.create_time, merge.id), reverse=True)[:limit]


def _page(session: ReadSession, conditions: Sequence[sa.ColumnElement[bool]], after: After | None, limit: int) -> list[Merge]:
    statement = _WHOLE.where(T.c.account_id == session.account_id, *conditions, *_told(session))
    if after is not None:
        place = sa.tuple_(sa.literal(after[0], T.c.create_time.type), sa.literal(after[1]))
        statement = statement.where(sa.tuple_(T.c.create_time, T.c.id) < place)
    return [_merge(row) for row in session.execute(statement.order_by(T.c.create_time.desc(), T.c.id.desc()).limit(limit))]


def standing_of(session: ReadSession, noun: str, duplicate_id: str) -> Merge | None:
    """The merge by which this id leads to another record."""
    those = (T.c.account_id == session.account_id, T.c.duplicate_id == duplicate_id, T.c.noun == noun, _STANDS)
    row = session.execute(_WHOLE.where(*those)).first()
    return _merge(row) if row else None


def later(session: ReadSession, merge: Merge) -> str:
    """The id of the last merge that stands and that the survivor was part of after this one; empty: there is none."""
    gone = standing_of(session, merge.noun, merge.survivor_id)
    if gone is not None:
        return gone.id
    those = (T.c.account_id == session.account_id, T.c.survivor_id == merge.survivor_id, T.c.noun == merge.noun, _STANDS)
    later_ones = sa.select(T.c.id).where(*those, T.c.survivor_version > merge.survivor_version).order_by(T.c.survivor_version.desc())
    return session.execute(later_ones.limit(1)).scalar_one_or_none() or ""


def finish(session: WriteSession, merge_id: str) -> None:
    """It is undone."""
    done = {"undo_time": session.now, "undo_user_id": session.user_id, "snapshot": sa.null(), "due_time": None}
    session.execute(sa.update(T).where(T.c.account_id == session.account_id, T.c.id == merge_id).values(**done))


def of_survivor(session: ReadSession, noun: str, survivor_id: str) -> list[Merge]:
    """Those that stand."""
    those = (T.c.account_id == session.account_id, T.c.survivor_id == survivor_id, T.c.noun == noun, _STANDS)
    return [_merge(row) for row in session.execute(_WHOLE.where(*those))]


def erase(session: WriteSession, merge_ids: Sequence[str]) -> None:
    """The survivor is deleted: nothing of either record stays but the ids."""
    gone = {"snapshot": sa.null(), "due_time": None, "survivor_name": "", "duplicate_name": ""}
    session.execute(sa.update(T).where(T.c.account_id == session.account_id, T.c.id.in_(merge_ids)).values(**gone))


def due(session: ReadSession, now: datetime, *, limit: int) -> list[tuple[str, str]]:
    """(account, id) of those whose snapshot is to go, of all accounts."""
    rows = session.execute(sa.select(T.c.account_id, T.c.id).where(T.c.due_time <= now).order_by(T.c.due_time).limit(limit))
    return [(row.account_id, row.id) for row in rows]


def prune(session: WriteSession, merge_id: str) -> None:
    """It cannot be undone any more; the id of the duplicate leads on."""
    this = (T.c.account_id == session.account_id, T.c.id == merge_id)
    session.execute(sa.update(T).where(*this).values(snapshot=sa.null(), due_time=None))


def _merge(row: sa.Row[Any]) -> Merge:
    return Merge(**row._mapping)
