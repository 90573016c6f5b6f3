"""Tags of deals and projects, and which record carries which."""

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.json_rows import children
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.db.upsert import insert_or_ignore
from kontor_chassis.ids import new_id
from kontor_sales.domain.tags import tag_key
from kontor_sales.store.tables import TAGGINGS as G
from kontor_sales.store.tables import TAGS as T

# How far tags are counted to find the rarest: beyond that they are common, whichever is walked.
_COUNT_UP_TO = 2000


def column(record: sa.Table) -> sa.ScalarSelect[list[list[Any]]]:
    """A record's tags as a column of its own statement; read it with `from_rows`."""
    return children(
        T.c.name,
        where=sa.and_(G.c.account_id == record.c.account_id, G.c.record_id == record.c.id),
        join=G.join(T, sa.and_(T.c.account_id == G.c.account_id, T.c.id == G.c.tag_id)),
    )


def from_rows(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    return tuple(sorted((row[0] for row in rows), key=str.casefold))


def replace(session: WriteSession, noun: str, record_id: str, names: Sequence[str], *, sort_key: str) -> tuple[str, ...]:
    """Let the record carry exactly these tags, making those that do not exist yet. Answers their names as they are kept:
    a tag that exists keeps its own spelling."""
    remove(session, record_id)
    kept = _ensure(session, names)
    rows = [
        {"account_id": session.account_id, "record_id": record_id, "tag_id": row.id, "noun": noun, "sort_key": sort_key} for row in kept
    ]
    if rows:
        session.execute(sa.insert(G), rows)
    return from_rows([[row.name] for row in kept])


def remove(session: WriteSession, record_id: str) -> None:
    """Take all tags off the record."""
    session.execute(sa.delete(G).where(G.c.account_id == session.account_id, G.c.record_id == record_id))


def id_of(session: ReadSession, name: str) -> str:
    """The id of the tag of this name; where there is none, a text that is no id."""
    rows = _rows(session, [tag_key(name)])
    return rows[0].id if rows else "none"


def rarest_first(session: ReadSession, noun: str, names: Sequence[str]) -> list[str] | None:
    """Ids of the named tags, the one with the fewest records first. None where one of them does not exist."""
    if not names:
        return []
    keys = {tag_key(name) for name in names}
    carried = (
        sa.select(sa.literal(1))
        .where(G.c.account_id == T.c.account_id, G.c.tag_id == T.c.id, G.c.noun == noun)
        .limit(_COUNT_UP_TO)
        # Said aloud: else the subquery would bring tags of its own and count those of all tags.
        .correlate(T)
        .subquery()
    )
    count = sa.select(sa.func.count()).select_from(carried).scalar_subquery()
    rows = session.execute(sa.select(T.c.id, count.label("carried")).where(T.c.account_id == session.account_id, T.c.key.in_(keys))).all()
    if len(rows) < len(keys):
        return None
    return [row.id for row in sorted(rows, key=lambda row: row.carried)]


def carried(session: ReadSession, record_id: sa.ColumnElement[str], tag_ids: Sequence[str]) -> list[sa.ColumnElement[bool]]:
    """That the record carries each of these tags."""
    conditions: list[sa.ColumnElement[bool]] = []
    for number, tag_id in enumerate(tag_ids):
        other = G.alias(f"tagging{number}")
        found = sa.select(sa.literal(1)).where(
            other.c.account_id == session.account_id, other.c.record_id == record_id, other.c.tag_id == tag_id
        )
        conditions.append(found.exists())
    return conditions


def _ensure(session: WriteSession, names: Sequence[str]) -> Sequence[sa.Row[Any]]:
    """Rows (key, id, name) of the named tags; made in the order of keys, so that two writers cannot wait for each other."""
    wanted = {tag_key(name): name for name in names}
    found = _rows(session, wanted)
    missing = sorted(set(wanted) - {row.key for row in found})
    for key in missing:
        row = {"account_id": session.account_id, "id": new_id(), "version": 1, "name": wanted[key], "key": key}
        if insert_or_ignore(session.connection, T, row):
            session.audit(f"tags/{row['id']}", "create", {"name": (None, row["name"])})
    return [*found, *_rows(session, missing)]


def _rows(session: ReadSession, keys: Collection[str]) -> Sequence[sa.Row[Any]]:
    if not keys:
        return []
    return session.execute(sa.select(T.c.key, T.c.id, T.c.name).where(T.c.account_id == session.account_id, T.c.key.in_(keys))).all()
