"""Which records have which keys in common (domain/blocking.py)."""

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

import orjson
import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_contacts.domain.blocking import COMMON
from kontor_contacts.store.tables import DUPLICATE_KEYS as T

_ACCOUNT = T.c.account_id == sa.bindparam("this_account", type_=sa.Text)
_NOUN = T.c.noun == sa.bindparam("this_noun", type_=sa.Text)
_INSERT = sa.insert(T)
# All keys of a record as one value: a row of parameters for each costs more than the rows themselves.
_INTO = "INSERT INTO duplicate_keys (account_id, noun, record_id, key) SELECT :this_account, :this_noun, :this_id, "
_INSERT_ALL = {
    "sqlite": sa.text(_INTO + "value FROM json_each(:keys)"),
    "postgresql": sa.text(_INTO + "unnest(CAST(:keys AS bigint[]))"),
}
_DELETE = sa.delete(T).where(_ACCOUNT, T.c.record_id == sa.bindparam("this_id", type_=sa.Text))
_WALK = (
    sa.select(T.c.key, T.c.record_id)
    .where(_ACCOUNT, _NOUN, T.c.key > sa.bindparam("after", type_=sa.BigInteger))
    .order_by(T.c.key, T.c.record_id)
    .limit(sa.bindparam("most", type_=sa.Integer))
)
_OF = sa.select(T.c.record_id, T.c.key).where(_ACCOUNT, T.c.record_id.in_(sa.bindparam("ids", expanding=True)))


def insert(session: WriteSession, noun: str, record_id: str, keys: Collection[int]) -> None:
    values: dict[str, Any] = {"this_account": session.account_id, "this_noun": noun, "this_id": record_id, "keys": sorted(keys)}
    if session.connection.dialect.name == "sqlite":
        values["keys"] = orjson.dumps(values["keys"]).decode()
    session.execute(_INSERT_ALL[session.connection.dialect.name], values)


def insert_many(session: WriteSession, noun: str, keys_of: Mapping[str, Collection[int]]) -> None:
    common = {"account_id": session.account_id, "noun": noun}
    # In the order of the index, which is cheaper and keeps two writers from waiting for each other.
    rows = sorted((key, record_id) for record_id, keys in keys_of.items() for key in keys)
    if rows:
        session.execute(_INSERT, [{**common, "key": key, "record_id": record_id} for key, record_id in rows])


def delete(session: WriteSession, record_id: str) -> None:
    session.execute(_DELETE, {"this_account": session.account_id, "this_id": record_id})


def of(session: ReadSession, ids: Sequence[str]) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {record_id: set() for record_id in ids}
    for row in session.execute(_OF, {"this_account": session.account_id, "ids": list(ids)}):
        found[row.record_id].add(row.key)
    return found


def sharers(session: ReadSession, noun: str, keys: Collection[int]) -> set[str]:
    """Ids of the records that have one of the keys; those of common keys are left out."""
    if not keys:
        return set()
    values: dict[str, Any] = {"this_account": session.account_id, "this_noun": noun}
    values |= {f"key{number}": key for number, key in enumerate(sorted(keys))}
    by_key: dict[int, list[str]] = {}
    for row in session.execute(_sharers(len(keys)), values):
        by_key.setdefault(row.key, []).append(row.record_id)
    return {record_id for ids in by_key.values() if len(ids) <= COMMON for record_id in ids}


@cache
def _sharers(count: int) -> sa.TextClause:
    """No more rows of a key than tell that it is common. Written out, because building it of parts costs more than it does."""
    one = "SELECT key, record_id FROM duplicate_keys WHERE account_id = :this_account AND noun = :this_noun AND key = :key{0} LIMIT {1}"
    parts = (f"SELECT * FROM ({one.format(number, COMMON + 1)}) AS part{number}" for number in range(count))  # noqa: S608
    return sa.text(" UNION ALL ".join(parts))


def walk(session: ReadSession, noun: str, *, after: int, limit: int) -> Sequence[sa.Row[Any]]:
    """Rows (key, record_id) by key."""
    return session.execute(_WALK, {"this_account": session.account_id, "this_noun": noun, "after": after, "most": limit}).all()
