"""Every SQL statement about merges."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_contacts.domain.merges import Merge
from kontor_contacts.store.merge_tables import MERGES as T
from kontor_contacts.store.tables import ORGANISATIONS, PERSONS
from kontor_contacts.store.visibility import not_hidden_from

# A place in the list: time and id.
After = tuple[datetime, str]

_COLUMNS = [column for column in T.columns if column.name not in ("account_id", "snapshot", "due_time")]
_WHOLE = sa.select(*_COLUMNS, T.c.snapshot.is_not(None).label("kept"))
_STANDS = T.c.undo_time.is_(None)


def insert(session: WriteSession, merge: Merge, snapshot: Any) -> None:
    values = {column.name: getattr(merge, column.name) for column in _COLUMNS}
    session.execute(sa.insert(T).values(account_id=session.account_id, **values, snapshot=snapshot, due_time=merge.expire_time))


def get(session: ReadSession, merge_id: str) -> Merge | None:
    """Where the caller sees the survivor."""
    row = session.execute(_WHOLE.where(T.c.account_id == session.account_id, T.c.id == merge_id, *_seen(session))).one_or_none()
    return _merge(row) if row else None


def _seen(session: ReadSession) -> tuple[sa.ColumnElement[bool], ...]:
    return tuple(not_hidden_from(session, record, T.c.survivor_id) for record in (PERSONS, ORGANISATIONS))


def lock(session: WriteSession, merge_id: str) -> Merge | None:
    """The merge, with its row locked until the end of the session; after the survivor's."""
    session.hold(sa.select(T.c.id).where(T.c.account_id == session.account_id, T.c.id == merge_id).with_for_update())
    return get(session, merge_id)


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
    """Newest first, of those whose survivor the caller sees; with `record_id` those that it was part of."""
    if not record_id:
        return _page(session, (), after, limit)
    # A walk of an index for each side, merged.
    sides = [found for side in (T.c.survivor_id, T.c.duplicate_id) for found in _page(session, (side == record_id,), after, limit)]
    return sorted(sides, key=lambda merge: (merge.create_time, merge.id), reverse=True)[:limit]


def _page(session: ReadSession, conditions: Sequence[sa.ColumnElement[bool]], after: After | None, limit: int) -> list[Merge]:
    statement = _WHOLE.where(T.c.account_id == session.account_id, *conditions, *_seen(session))
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
