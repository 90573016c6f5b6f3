"""Every SQL statement about what became of records that hits may name."""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from kontor_chassis.db import successors
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.db.upsert import insert_or_ignore
from kontor_search.store.tables import GONE_RECORDS as G
from kontor_search.store.tables import SUCCESSORS


def keep_gone(session: WriteSession, ref: str) -> None:
    insert_or_ignore(session.connection, G, {"account_id": session.account_id, "ref": ref})


def keep_successor(session: WriteSession, ref: str, *, survivor: str, sequence: int, time: datetime) -> None:
    """The record went into `survivor`, or is there again (empty). Older news is dropped."""
    successors.keep(session, SUCCESSORS, ref, survivor=survivor, sequence=sequence, time=time)


def standing(session: ReadSession, refs: Collection[str]) -> dict[str, str]:
    """For each of these records that one which is there in its place, mostly itself; none for those that are gone."""
    if not refs:
        return {}
    heads = successors.heads(session, SUCCESSORS, refs)
    found = {ref: heads.get(ref, ref) for ref in refs}
    deleted = sa.select(G.c.ref).where(G.c.account_id == session.account_id, G.c.ref.in_(set(found.values())))
    gone = set(session.execute(deleted).scalars())
    return {ref: head for ref, head in found.items() if head not in gone}
