"""Every SQL statement about what became of records that hits may name."""

from collections.abc import Collection

import sqlalchemy as sa

from kontor_chassis.db import locks
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.db.upsert import insert_or_ignore
from kontor_search.store.tables import GONE_RECORDS as G
from kontor_search.store.tables import MERGES


def keep_gone(session: WriteSession, ref: str) -> None:
    insert_or_ignore(session.connection, G, {"account_id": session.account_id, "ref": ref})


def keep_merge(session: WriteSession, ref: str, *, survivor: str, sequence: int) -> None:
    """The record was merged into `survivor`, or is there again (itself). Older news is dropped."""
    locks.claim(session, [locks.ACCOUNT])
    MERGES.keep(session, ref, survivor, sequence=sequence)


def standing(session: ReadSession, refs: Collection[str]) -> dict[str, str]:
    """For each of these records that one which is there in its place, mostly itself; none for those that are gone."""
    if not refs:
        return {}
    found = MERGES.roots(session, refs)
    deleted = sa.select(G.c.ref).where(G.c.account_id == session.account_id, G.c.ref.in_(set(found.values())))
    gone = set(session.execute(deleted).scalars())
    return {ref: root for ref, root in found.items() if root not in gone}
