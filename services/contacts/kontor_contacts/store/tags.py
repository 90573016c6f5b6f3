"""Tags, and which record carries which."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import sqlalchemy as sa

from kontor_chassis.db.json_rows import children
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.db.upsert import insert_or_ignore
from kontor_chassis.ids import new_id
from kontor_chassis.text import prefix_end
from kontor_contacts.domain.organisations import Organisation
from kontor_contacts.domain.persons import Person
from kontor_contacts.domain.tag_bits import tag_bits
from kontor_contacts.domain.tags import tag_key
from kontor_contacts.store.tables import ORGANISATIONS, PERSONS
from kontor_contacts.store.tables import TAGGINGS as G
from kontor_contacts.store.tables import TAGS as T
from kontor_contacts.store.visibility import hidden_ids

Record = TypeVar("Record", Person, Organisation)

# How far tags are counted to find the rarest: beyond that they are common, whichever is walked.
_COUNT_UP_TO = 2000

_ACCOUNT = sa.bindparam("this_account", type_=sa.Text)
_AMONG = T.c.key.in_(sa.bindparam("keys", expanding=True))
_NAMED = sa.select(T.c.key, T.c.id, T.c.name).where(T.c.account_id == _ACCOUNT, _AMONG)
_PUT_ON = sa.insert(G)
_TAKE_OFF = sa.delete(G).where(G.c.account_id == _ACCOUNT, G.c.record_id == sa.bindparam("this_id", type_=sa.Text))
_CARRIED = (
    sa.select(sa.literal(1))
    .where(G.c.account_id == T.c.account_id, G.c.tag_id == T.c.id, G.c.noun == sa.bindparam("noun", type_=sa.Text))
    .limit(_COUNT_UP_TO)
    .correlate(T)
    .subquery()
)
_RARITY = sa.select(T.c.id, sa.select(sa.func.count()).select_from(_CARRIED).scalar_subquery().label("carried")).where(
    T.c.account_id == _ACCOUNT, _AMONG
)


def column(record: sa.Table) -> sa.ScalarSelect[list[list[Any]]]:
    """A record's tags as a column of its own statement; read it with `from_rows`."""
    # Not a join: without statistics PostgreSQL would look through all tags of the account for each record.
    name = sa.select(T.c.name).where(T.c.account_id == G.c.account_id, T.c.id == G.c.tag_id).scalar_subquery()
    return children(name, where=sa.and_(G.c.account_id == record.c.account_id, G.c.record_id == record.c.id))


def from_rows(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    return tuple(sorted((row[0] for row in rows), key=str.casefold))


def put_on(session: WriteSession, noun: str, record: Record) -> tuple[Record, int]:
    """Let the record carry exactly its tags, making those that do not exist yet. Answers it with their names as they are kept (a tag
    that exists keeps its own spelling), and their bits for the record's row."""
    session.execute(_TAKE_OFF, {"this_account": session.account_id, "this_id": record.id})
    kept = ensure(session, record.tags)
    bits = tag_bits(row.id for row in kept)
    carried = {"account_id": session.account_id, "record_id": record.id, "noun": noun, "sort_key": record.sort_key, "tag_bits": bits}
    if kept:
        session.execute(_PUT_ON, [{**carried, "tag_id": row.id} for row in kept])
    return replace(record, tags=from_rows([[row.name] for row in kept])), bits


def rarest_first(session: ReadSession, noun: str, names: Sequence[str]) -> list[str] | None:
    """Ids of the named tags, the one with the fewest records first. None where one of them does not exist."""
    keys = {tag_key(name) for name in names}
    rows = session.execute(_RARITY, {"this_account": session.account_id, "keys": list(keys), "noun": noun}).all()
    if len(rows) < len(keys):
        return None
    return [row.id for row in sorted(rows, key=lambda row: row.carried)]


def page(session: ReadSession, *, prefix: str, after: tuple[str, str] | None, limit: int) -> Sequence[sa.Row[Any]]:
    """Rows (id, version, name, key, person_count, organisation_count) by key."""
    statement = sa.select(T.c.id, T.c.version, T.c.name, T.c.key, *_counts(session))
    statement = statement.where(T.c.account_id == session.account_id)
    if prefix:
        statement = statement.where(T.c.key >= prefix, T.c.key < prefix_end(prefix))
    if after:
        statement = statement.where(sa.tuple_(T.c.key, T.c.id) > after)
    return session.execute(statement.order_by(T.c.key, T.c.id).limit(limit)).all()


def get(session: ReadSession, tag_id: str) -> sa.Row[Any] | None:
    """One row as in `page`, or None."""
    columns = (T.c.id, T.c.version, T.c.name, T.c.key, *_counts(session))
    return session.execute(sa.select(*columns).where(T.c.account_id == session.account_id, T.c.id == tag_id)).one_or_none()


def lock(session: WriteSession, tag_id: str) -> sa.Row[Any] | None:
    """The same, with the tag's row locked until the end of the session."""
    session.hold(sa.select(T.c.id).where(T.c.account_id == session.account_id, T.c.id == tag_id).with_for_update())
    return get(session, tag_id)


def id_of(session: ReadSession, name: str) -> str:
    """The id of the tag of this name; where there is none, a text that is no id."""
    rows = _rows(session, [tag_key(name)])
    return rows[0].id if rows else "none"


def named(session: ReadSession, names: Sequence[str]) -> dict[str, str]:
    """Ids of the tags of these names that exist, by their keys."""
    return {row.key: row.id for row in _rows(session, {tag_key(name) for name in names})}


def ids_of(session: ReadSession, names: Sequence[str]) -> dict[str, str]:
    """Names of these tags, by their ids."""
    return {row.id: row.name for row in _rows(session, [tag_key(name) for name in names])}


def names_of(session: ReadSession, ids: Sequence[str]) -> dict[str, str]:
    """What tags are called now, by their ids; those that are gone left out."""
    return {
        row.id: row.name
        for row in session.execute(sa.select(T.c.id, T.c.name).where(T.c.account_id == session.account_id, T.c.id.in_(ids)))
    }


def exists(session: ReadSession, key: str) -> bool:
    return session.execute(sa.select(T.c.id).where(T.c.account_id == session.account_id, T.c.key == key)).first() is not None


def rename(session: WriteSession, tag_id: str, name: str) -> None:
    values = {"name": name, "key": tag_key(name), "version": T.c.version + 1}
    session.execute(sa.update(T).where(T.c.account_id == session.account_id, T.c.id == tag_id).values(values))


def hold_carriers(session: WriteSession, tag_id: str) -> None:
    """Lock the rows of everything that carries the tag, whose own row is locked, until the end of the session: people, then
    organisations, each in the order of ids."""
    for noun, record in (("persons", PERSONS), ("organisations", ORGANISATIONS)):
        carry = sa.select(G.c.record_id).where(G.c.account_id == session.account_id, G.c.tag_id == tag_id, G.c.noun == noun)
        these = sa.select(record.c.id).where(record.c.account_id == session.account_id, record.c.id.in_(carry))
        session.hold(these.order_by(record.c.id).with_for_update())


def carriers(session: ReadSession, tag_id: str) -> list[tuple[str, str]]:
    """(noun, id) of everything that carries the tag."""
    rows = session.execute(sa.select(G.c.noun, G.c.record_id).where(G.c.account_id == session.account_id, G.c.tag_id == tag_id))
    return [(row.noun, row.record_id) for row in rows]


def put_on_carriers(session: WriteSession, tag_id: str, into_id: str) -> None:
    """Let everything that carries the tag, and is held, carry the other one too."""
    other = G.alias("other")
    carried = sa.exists().where(other.c.account_id == G.c.account_id, other.c.record_id == G.c.record_id, other.c.tag_id == into_id)
    copies = sa.select(G.c.account_id, G.c.record_id, sa.literal(into_id), G.c.noun, G.c.sort_key, G.c.tag_bits).where(
        G.c.account_id == session.account_id, G.c.tag_id == tag_id, sa.not_(carried)
    )
    session.execute(sa.insert(G).from_select(["account_id", "record_id", "tag_id", "noun", "sort_key", "tag_bits"], copies))


def delete(session: WriteSession, tag_id: str) -> None:
    """The tag and, by the foreign key, that anything carries it."""
    session.execute(sa.delete(T).where(T.c.account_id == session.account_id, T.c.id == tag_id))


def _counts(session: ReadSession) -> tuple[sa.Label[int], ...]:
    """How many carry the tag that the caller sees: all, and the hidden ones taken off, who are few or none."""
    return tuple(
        (_carried(noun) - _carried(noun, hidden) if (hidden := hidden_ids(session, record)) is not None else _carried(noun)).label(
            f"{noun}_count"
        )
        for noun, record in (("persons", PERSONS), ("organisations", ORGANISATIONS))
    )


def _carried(noun: str, among: sa.Select[Any] | None = None) -> sa.ScalarSelect[int]:
    counted = sa.select(sa.func.count()).select_from(G).where(G.c.account_id == T.c.account_id, G.c.tag_id == T.c.id, G.c.noun == noun)
    return (counted if among is None else counted.where(G.c.record_id.in_(among))).scalar_subquery()


def ensure(session: WriteSession, names: Sequence[str]) -> Sequence[sa.Row[Any]]:
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
    return session.execute(_NAMED, {"this_account": session.account_id, "keys": list(keys)}).all()
