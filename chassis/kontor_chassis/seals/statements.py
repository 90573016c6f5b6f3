"""Every statement about seals. All of them are scoped to one account, though the connection may stand in every account."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.plumbing import AUDIT as A
from kontor_chassis.db.plumbing import AUDIT_SEALS as S
from kontor_chassis.db.plumbing import AUDIT_UNSEALED as U
from kontor_chassis.db.types import from_micros
from kontor_chassis.seals.chain import Seal

_MOMENTS = ("create_time", "last_entry_time", "prune_time")
# As they stand in the database: a digest is of that, and what was tampered with may not be readable as anything else.
_SEAL = [sa.type_coerce(column, sa.BigInteger).label(column.name) if column.name in _MOMENTS else column for column in S.columns]
# What an entry's leaf is made of, its canonical order.
_ENTRY = (
    A.c.account_id,
    A.c.id,
    A.c.subject,
    A.c.action,
    sa.type_coerce(A.c.changes, sa.Text).label("changes"),
    A.c.actor_user_id,
    A.c.means,
    sa.type_coerce(A.c.create_time, sa.BigInteger).label("create_time"),
    A.c.api_key_id,
    A.c.api_key_name,
)
_ACCOUNT = sa.bindparam("an_account", type_=sa.Text)
_TABLES = {table.name: table for table in (A, S, U)}
_NEXT_ACCOUNT = {name: sa.select(sa.func.min(table.c.account_id)).where(table.c.account_id > _ACCOUNT) for name, table in _TABLES.items()}
_ROWS_AT_ONCE = 5000
_SEALS_AT_ONCE = 50
_HEAD = sa.select(*_SEAL).where(S.c.account_id == _ACCOUNT).order_by(S.c.number.desc()).limit(1)
_LAST_COMPLETE = (
    sa.select(sa.type_coerce(S.c.create_time, sa.BigInteger))
    .where(S.c.account_id == _ACCOUNT, S.c.number <= sa.bindparam("a_number"), S.c.complete)
    .order_by(S.c.number.desc())
    .limit(1)
)
_SEALS = (
    sa.select(*_SEAL)
    .where(S.c.account_id == _ACCOUNT, S.c.number > sa.bindparam("a_number"))
    .order_by(S.c.number)
    .limit(sa.bindparam("most"))
)
_ONE_SEAL = sa.select(*_SEAL).where(S.c.account_id == _ACCOUNT, S.c.number == sa.bindparam("a_number"))
_IDS = {
    column.table.name: sa.select(column)
    .where(column.table.c.account_id == _ACCOUNT, column > sa.bindparam("after", type_=sa.Text))
    .order_by(column)
    .limit(_ROWS_AT_ONCE)
    for column in (A.c.id, U.c.entry_id)
}
_WAITING = sa.select(U.c.entry_id).where(U.c.account_id == _ACCOUNT).order_by(U.c.entry_id).limit(sa.bindparam("most"))
_ENTRIES = sa.select(*_ENTRY).where(A.c.account_id == _ACCOUNT, A.c.id.in_(sa.bindparam("ids", expanding=True)))
_SETTLE = sa.delete(U).where(U.c.account_id == _ACCOUNT, U.c.entry_id.in_(sa.bindparam("ids", expanding=True)))
_INSERT = sa.insert(S)
_OLD = (
    sa.select(*_SEAL)
    .where(
        S.c.account_id == _ACCOUNT,
        S.c.prune_time.is_(None),
        S.c.last_entry_time < sa.bindparam("before", type_=sa.BigInteger),
        sa.tuple_(S.c.last_entry_time, S.c.number)
        > sa.tuple_(sa.bindparam("a_time", type_=sa.BigInteger), sa.bindparam("a_number", type_=sa.BigInteger)),
    )
    .order_by(S.c.last_entry_time, S.c.number)
    .limit(sa.bindparam("most"))
)
_PRUNE = (
    sa.update(S)
    .where(S.c.account_id == _ACCOUNT, S.c.number == sa.bindparam("a_number"), S.c.prune_time.is_(None))
    .values(leaves=None, prune_time=sa.bindparam("a_time"), prune_mac=sa.bindparam("a_mac"))
)
_DELETE = sa.delete(A).where(A.c.account_id == _ACCOUNT, A.c.id.in_(sa.bindparam("ids", expanding=True)))
# In one statement, so that all three are of one moment.
_COUNTS = sa.select(
    sa.select(sa.func.count()).select_from(A).where(A.c.account_id == _ACCOUNT).scalar_subquery().label("entries"),
    sa.select(sa.func.coalesce(sa.func.sum(S.c.entries), 0))
    .where(S.c.account_id == _ACCOUNT, S.c.prune_time.is_(None))
    .scalar_subquery()
    .label("sealed"),
    sa.select(sa.func.count())
    .select_from(U.join(A, sa.and_(A.c.account_id == U.c.account_id, A.c.id == U.c.entry_id)))
    .where(U.c.account_id == _ACCOUNT)
    .scalar_subquery()
    .label("waiting"),
)


def next_account(connection: sa.Connection, after: str, *, table: sa.Table) -> str | None:
    """The account after this one that has rows in the table; one probe of an index."""
    found: str | None = connection.execute(_NEXT_ACCOUNT[table.name], {"an_account": after}).scalar()
    return found


def head(connection: sa.Connection, account_id: str) -> Seal | None:
    """The newest seal."""
    row = connection.execute(_HEAD, {"an_account": account_id}).one_or_none()
    return None if row is None else Seal(**row._mapping)


def seals(connection: sa.Connection, account_id: str, *, after: int, limit: int) -> list[Seal]:
    """In the order of their numbers."""
    rows = connection.execute(_SEALS, {"an_account": account_id, "a_number": after, "most": limit})
    return [Seal(**row._mapping) for row in rows]


def seal(connection: sa.Connection, account_id: str, number: int) -> Seal | None:
    row = connection.execute(_ONE_SEAL, {"an_account": account_id, "a_number": number}).one_or_none()
    return None if row is None else Seal(**row._mapping)


def every_seal(connection: sa.Connection, account_id: str) -> Iterator[Seal]:
    """All seals of the account, those that are made meanwhile included."""
    found = seals(connection, account_id, after=0, limit=_SEALS_AT_ONCE)
    while found:
        yield from found
        found = seals(connection, account_id, after=found[-1].number, limit=_SEALS_AT_ONCE)


def entry_ids(connection: sa.Connection, account_id: str) -> Iterator[str]:
    """Ids of all entries."""
    return _ids(connection, account_id, A)


def waiting_ids(connection: sa.Connection, account_id: str) -> Iterator[str]:
    """Ids of all entries that no seal covers yet."""
    return _ids(connection, account_id, U)


def _ids(connection: sa.Connection, account_id: str, table: sa.Table) -> Iterator[str]:
    after = ""
    while True:
        found = list(connection.execute(_IDS[table.name], {"an_account": account_id, "after": after}).scalars())
        yield from found
        if len(found) < _ROWS_AT_ONCE:
            return
        after = found[-1]


def last_complete(connection: sa.Connection, account_id: str, *, up_to: int) -> int | None:
    """When the newest complete seal with a number up to this one was made."""
    found: int | None = connection.execute(_LAST_COMPLETE, {"an_account": account_id, "a_number": up_to}).scalar()
    return found


def waiting(connection: sa.Connection, account_id: str, *, limit: int) -> list[str]:
    """Ids of entries that no seal covers yet."""
    return list(connection.execute(_WAITING, {"an_account": account_id, "most": limit}).scalars())


def entries(connection: sa.Connection, account_id: str, ids: Sequence[str]) -> Mapping[str, sa.Row[Any]]:
    """The entries with these ids, as their leaves are made of them."""
    rows = connection.execute(_ENTRIES, {"an_account": account_id, "ids": list(ids)})
    return {row.id: row for row in rows}


def settle(connection: sa.Connection, account_id: str, ids: Sequence[str]) -> int:
    """Take entries from those that wait for a seal; how many there were."""
    return connection.execute(_SETTLE, {"an_account": account_id, "ids": list(ids)}).rowcount


def insert(connection: sa.Connection, seal: Seal) -> None:
    row = asdict(seal)
    row |= {name: None if row[name] is None else from_micros(row[name]) for name in _MOMENTS}
    connection.execute(_INSERT, row)


def older(connection: sa.Connection, account_id: str, *, before: int, after: tuple[int, int], limit: int) -> list[Seal]:
    """Seals whose entries are all older and are still here, the oldest first, from a time and number on."""
    values = {"an_account": account_id, "before": before, "a_time": after[0], "a_number": after[1], "most": limit}
    return [Seal(**row._mapping) for row in connection.execute(_OLD, values)]


def mark_pruned(connection: sa.Connection, seal: Seal, *, prune_time: int, mac: bytes) -> bool:
    """False where somebody else has done so."""
    values = {"an_account": seal.account_id, "a_number": seal.number, "a_time": from_micros(prune_time), "a_mac": mac}
    return connection.execute(_PRUNE, values).rowcount == 1


def delete_entries(connection: sa.Connection, account_id: str, ids: Sequence[str]) -> int:
    return connection.execute(_DELETE, {"an_account": account_id, "ids": list(ids)}).rowcount


def counts(connection: sa.Connection, account_id: str) -> tuple[int, int, int]:
    """Entries; how many of them seals say to cover; how many wait for a seal."""
    row = connection.execute(_COUNTS, {"an_account": account_id}).one()
    return int(row.entries), int(row.sealed), int(row.waiting)
