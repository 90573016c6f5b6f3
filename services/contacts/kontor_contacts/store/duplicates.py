"""Pairs of records that may be one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.db.upsert import insert_or_ignore
from kontor_chassis.ids import new_id
from kontor_contacts.domain.duplicates import Match
from kontor_contacts.store.tables import DUPLICATES as T
from kontor_contacts.store.tables import ORGANISATIONS, PERSONS
from kontor_contacts.store.visibility import seen, viewer

# A place in the list: score and id.
After = tuple[int, str]


@dataclass(frozen=True)
class Pair:
    id: str
    noun: str
    left_id: str
    right_id: str
    score: int
    reasons: tuple[str, ...]
    dismissed: bool
    create_time: datetime


@dataclass(frozen=True)
class Found:
    left_id: str
    right_id: str
    match: Match


def keep(session: WriteSession, noun: str, found: Iterable[Found], *, operation_id: str = "") -> None:
    """Write the pairs, or what they score now. What was dismissed stays so, and its reasons stay."""
    rows = [
        {
            "account_id": session.account_id,
            "id": new_id(),
            "noun": noun,
            "left_id": min(item.left_id, item.right_id),
            "right_id": max(item.left_id, item.right_id),
            "score": item.match.score,
            "reasons": item.match.reasons,
            "dismissed": False,
            "operation_id": operation_id,
            "create_time": session.now,
        }
        for item in found
    ]
    if rows:
        session.execute(_upsert(session.connection.dialect.name), sorted(rows, key=lambda row: (row["left_id"], row["right_id"])))


@cache
def _upsert(dialect: str) -> Any:
    statement: Any = postgresql.insert(T) if dialect == "postgresql" else sqlite.insert(T)
    told = {name: statement.excluded[name] for name in ("score", "reasons", "operation_id")}
    return statement.on_conflict_do_update(index_elements=["account_id", "left_id", "right_id"], set_=told, where=sa.not_(T.c.dismissed))


def page(session: ReadSession, noun: str, *, after: After | None, limit: int) -> list[Pair]:
    statement = sa.select(T).where(T.c.account_id == session.account_id, T.c.noun == noun, T.c.dismissed == sa.false())
    statement = statement.where(*_both_seen(session, noun))
    if after is not None:
        statement = statement.where(sa.tuple_(T.c.score, T.c.id) < sa.tuple_(sa.literal(after[0]), sa.literal(after[1])))
    return [_pair(row) for row in session.execute(statement.order_by(T.c.score.desc(), T.c.id.desc()).limit(limit), viewer(session))]


def of_record(session: ReadSession, record_id: str, others: Sequence[str]) -> dict[str, str]:
    """Ids of the pairs of a record with each of the others."""
    statement = sa.select(T.c.id, T.c.left_id, T.c.right_id).where(T.c.account_id == session.account_id)
    found = [
        *session.execute(statement.where(T.c.right_id == record_id, T.c.left_id.in_(others))),
        *session.execute(statement.where(T.c.left_id == record_id, T.c.right_id.in_(others))),
    ]
    return {row.left_id if row.right_id == record_id else row.right_id: row.id for row in found}


def all_of(session: ReadSession, record_id: str) -> list[Pair]:
    """Every pair of a record, dismissed ones too."""
    statement = sa.select(T).where(T.c.account_id == session.account_id)
    return [_pair(row) for side in (T.c.left_id, T.c.right_id) for row in session.execute(statement.where(side == record_id))]


def of_records(session: ReadSession, record_ids: Sequence[str]) -> list[Pair]:
    """Every pair of any of these records, dismissed ones too."""
    statement = sa.select(T).where(T.c.account_id == session.account_id)
    found = [row for side in (T.c.left_id, T.c.right_id) for row in session.execute(statement.where(side.in_(record_ids)))]
    return list({row.id: _pair(row) for row in found}.values())


def rescore(session: WriteSession, pair_id: str, match: Match) -> None:
    values = {"score": match.score, "reasons": match.reasons}
    session.execute(sa.update(T).where(T.c.account_id == session.account_id, T.c.id == pair_id).values(values))


def put(session: WriteSession, pair: Pair) -> None:
    """Write a pair as it is, unless there is one of the two."""
    values = {name: getattr(pair, name) for name in ("id", "noun", "left_id", "right_id", "score", "dismissed", "create_time")}
    row = {"account_id": session.account_id, **values, "reasons": list(pair.reasons), "operation_id": ""}
    insert_or_ignore(session.connection, T, row)


def mark(session: WriteSession, pair_ids: Sequence[str], *, dismissed: bool) -> None:
    session.execute(sa.update(T).where(T.c.account_id == session.account_id, T.c.id.in_(pair_ids)).values(dismissed=dismissed))


def delete(session: WriteSession, pair_ids: Sequence[str]) -> None:
    session.execute(sa.delete(T).where(T.c.account_id == session.account_id, T.c.id.in_(pair_ids)))


def _both_seen(session: ReadSession, noun: str) -> tuple[sa.ColumnElement[bool], ...]:
    record = PERSONS if noun == "persons" else ORGANISATIONS
    return tuple(seen(record, session.account_id, side) for side in (T.c.left_id, T.c.right_id))


def lock(session: WriteSession, pair_id: str) -> Pair | None:
    """Where the caller sees both records."""
    statement = sa.select(T).where(T.c.account_id == session.account_id, T.c.id == pair_id)
    session.hold(statement.with_for_update())
    row = session.execute(statement).one_or_none()
    if row is None or session.execute(statement.where(*_both_seen(session, row.noun)), viewer(session)).first() is None:
        return None
    return _pair(row)


def dismiss(session: WriteSession, pair_id: str) -> None:
    session.execute(sa.update(T).where(T.c.account_id == session.account_id, T.c.id == pair_id).values(dismissed=True))


def count(session: ReadSession, noun: str, *, operation_id: str) -> int:
    """How many pairs a scan has seen that are not dismissed."""
    those = (T.c.account_id == session.account_id, T.c.noun == noun, T.c.dismissed == sa.false(), T.c.operation_id == operation_id)
    number: int = session.execute(sa.select(sa.func.count()).select_from(T).where(*those)).scalar_one()
    return number


def delete_of(session: WriteSession, record_id: str) -> None:
    """All pairs of a record that is deleted."""
    for side in (T.c.left_id, T.c.right_id):
        session.execute(sa.delete(T).where(T.c.account_id == session.account_id, side == record_id))


def delete_unseen(session: WriteSession, noun: str, *, operation_id: str, before: datetime, limit: int) -> int:
    """Some of the pairs from before a scan that it has not seen, which are none any more; answers how many."""
    unseen = (T.c.account_id == session.account_id, T.c.noun == noun, T.c.dismissed == sa.false(), T.c.operation_id != operation_id)
    some = sa.select(T.c.id).where(*unseen, T.c.create_time < before).limit(limit)
    deleted: int = session.execute(sa.delete(T).where(T.c.account_id == session.account_id, T.c.id.in_(some))).rowcount
    return deleted


def _pair(row: sa.Row[Any]) -> Pair:
    return Pair(row.id, row.noun, row.left_id, row.right_id, row.score, tuple(row.reasons), row.dismissed, row.create_time)
