"""Records that were found to be one: which of them stands for which, as their owner tells it (docs/decisions/0017).

For services that hold references to such records. A row keeps the reference that it was written with; who reads it asks here which
record stands for that one today. So nothing is moved when records are merged, nothing has to be moved back when that is undone, and it
does not matter what is heard of first: a merge, a row that names the record that is gone, or another merge further up a chain.

Of each record the news with the highest sequence counts. Chains (A went into B, B into C) end at their `head`, which is kept with every
record of the chain, so that reading takes one look-up however long it is.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.db.types import Instant, Key
from kontor_chassis.db.upsert import upsert_newer

_LOCK = 0x53554343


def successors_table(metadata: sa.MetaData) -> sa.Table:
    """The table `successors` of a service: records that were merged once, by whatever name the service has for them."""
    return sa.Table(
        "successors",
        metadata,
        sa.Column("account_id", Key, primary_key=True),
        sa.Column("record", Key, primary_key=True),
        # Of the record's own news.
        sa.Column("sequence", sa.BigInteger, nullable=False),
        # When that news was true.
        sa.Column("time", Instant, nullable=False),
        # Into which it went, and which stands for it in the end; empty where it is there again.
        sa.Column("survivor", Key, nullable=False),
        sa.Column("head", Key, nullable=False),
        sa.Index("successors_by_survivor", "account_id", "survivor"),
        sa.Index("successors_by_head", "account_id", "head"),
    )


def keep(session: WriteSession, table: sa.Table, record: str, *, survivor: str, sequence: int, time: datetime) -> Collection[str]:
    """Remember that the record went into `survivor`, or that it is there again (empty). Answers the records for which another
    one may stand now: this one and those that went into it. None where something newer, or the same, is known."""
    _take_turns(session)
    known = sa.select(table.c.sequence).where(table.c.account_id == session.account_id, table.c.record == record)
    before = session.execute(known).scalar_one_or_none()
    if not record or (before is not None and before >= sequence):
        return ()
    row = {"account_id": session.account_id, "record": record, "sequence": sequence, "time": time, "survivor": survivor, "head": ""}
    upsert_newer(session.connection, table, [row])
    changed = _leading_to(session, table, record)
    for each in changed:
        end = _end(session, table, each)
        rows = sa.update(table).where(table.c.account_id == session.account_id, table.c.record == each)
        session.execute(rows.values(head="" if end == each else end))
    return changed


def heads(session: ReadSession, table: sa.Table, records: Iterable[str]) -> dict[str, str]:
    """Of those that another record stands for, which."""
    wanted = set(records)
    if not wanted:
        return {}
    merged = sa.select(table.c.record, table.c.head).where(
        table.c.account_id == session.account_id, table.c.record.in_(wanted), table.c.head != ""
    )
    return {row.record: row.head for row in session.execute(merged)}


def head_of(session: ReadSession, table: sa.Table, record: str) -> str:
    """The record that stands for this one: mostly itself."""
    return heads(session, table, [record]).get(record, record)


def members(session: ReadSession, table: sa.Table, head: str) -> list[str]:
    """All records that a record stands for: itself first, then those that went into it."""
    merged = sa.select(table.c.record).where(table.c.account_id == session.account_id, table.c.head == head)
    return [head, *sorted(session.execute(merged).scalars())]


def _take_turns(session: WriteSession) -> None:
    """Two links of one chain that become known at the same time would not see each other. SQLite has one writer anyway."""
    if session.connection.dialect.name == "postgresql":
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))


def _leading_to(session: ReadSession, table: sa.Table, record: str) -> list[str]:
    """The record, and all that went into it, directly or by way of others."""
    found = [record]
    for each in found:
        went = sa.select(table.c.record).where(table.c.account_id == session.account_id, table.c.survivor == each)
        found += sorted(item for item in session.execute(went).scalars() if item not in found)
    return found


def _end(session: ReadSession, table: sa.Table, record: str) -> str:
    """Where the chain ends. News of a chain may be missing yet, so that for a while it leads back to where it began."""
    seen = [record]
    while True:
        onwards = sa.select(table.c.survivor).where(table.c.account_id == session.account_id, table.c.record == seen[-1])
        survivor: str | None = session.execute(onwards).scalar_one_or_none()
        if not survivor:
            return seen[-1]
        if survivor in seen:
            return min(seen[seen.index(survivor) :])
        seen.append(survivor)
