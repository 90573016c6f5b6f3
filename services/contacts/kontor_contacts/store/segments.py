"""Segments in rows."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.db.upsert import insert_or_ignore
from kontor_contacts.domain.segments import Segment
from kontor_contacts.store.tables import SEGMENTS as S


def get(session: ReadSession, segment_id: str) -> Segment | None:
    row = session.execute(_this(session, sa.select(S), segment_id)).one_or_none()
    return _segment(row) if row else None


def lock(session: WriteSession, segment_id: str) -> Segment | None:
    """The same, with its row locked until the end of the session."""
    session.hold(_this(session, sa.select(S.c.id), segment_id).with_for_update())
    return get(session, segment_id)


def _this(session: ReadSession, statement: sa.Select[Any], segment_id: str) -> sa.Select[Any]:
    return statement.where(S.c.account_id == session.account_id, S.c.id == segment_id)


def page(session: ReadSession, *, noun: str, after: tuple[str, str] | None, limit: int) -> Sequence[Segment]:
    """By name."""
    statement = sa.select(S).where(S.c.account_id == session.account_id)
    if noun:
        statement = statement.where(S.c.noun == noun)
    if after:
        statement = statement.where(sa.tuple_(S.c.key, S.c.id) > after)
    return [_segment(row) for row in session.execute(statement.order_by(S.c.key, S.c.id).limit(limit))]


def name_is_taken(session: ReadSession, segment: Segment) -> bool:
    """Whether another segment has this name."""
    same = (S.c.account_id == session.account_id, S.c.key == segment.key, S.c.id != segment.id)
    return session.execute(sa.select(S.c.id).where(*same)).first() is not None


def insert(session: WriteSession, segment: Segment) -> bool:
    """False where there is one of this name already."""
    origin = {"account_id": session.account_id, "create_time": segment.create_time, "creator_user_id": segment.creator_user_id}
    return insert_or_ignore(session.connection, S, {**origin, **_values(segment)})


def update(session: WriteSession, segment: Segment) -> None:
    session.execute(sa.update(S).where(S.c.account_id == session.account_id, S.c.id == segment.id).values(_values(segment)))


def delete(session: WriteSession, segment_id: str) -> None:
    session.execute(sa.delete(S).where(S.c.account_id == session.account_id, S.c.id == segment_id))


def _values(segment: Segment) -> dict[str, Any]:
    return {
        "id": segment.id,
        "version": segment.version,
        "noun": segment.noun,
        "name": segment.name,
        "key": segment.key,
        "filter": segment.filter,
        "order_by": segment.order_by,
        "update_time": segment.update_time,
    }


def _segment(row: sa.Row[Any]) -> Segment:
    return Segment(
        noun=row.noun,
        name=row.name,
        filter=row.filter,
        order_by=row.order_by,
        id=row.id,
        version=row.version,
        create_time=row.create_time,
        update_time=row.update_time,
        creator_user_id=row.creator_user_id,
    )
