"""Replica of contacts' address book, and of people that were merged."""

from collections.abc import Collection
from datetime import UTC, datetime

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.db.upsert import insert_or_ignore, upsert_newer
from kontor_mail_ingest.store.tables import MERGES
from kontor_mail_ingest.store.tables import PERSON_ADDRESSES as A
from kontor_mail_ingest.store.tables import PERSONS as P

S = MERGES.table
_NEVER = datetime.fromtimestamp(0, UTC)


def keep(session: WriteSession, person_id: str, *, addresses: Collection[str], deleted: bool, sequence: int, time: datetime) -> bool:
    """Replace what is held of a person by their normalised addresses as of `time`; False where something newer is held."""
    row = {"account_id": session.account_id, "id": person_id, "sequence": sequence, "deleted": deleted, "facts_time": time}
    upsert_newer(session.connection, P, [row])
    held = session.execute(sa.select(P.c.sequence).where(P.c.account_id == session.account_id, P.c.id == person_id)).scalar_one()
    if held != sequence:
        return False
    _forget_addresses(session, [person_id])
    rows = [{"account_id": session.account_id, "address": address, "person_id": person_id} for address in dict.fromkeys(addresses)]
    if rows:
        session.execute(sa.insert(A), rows)
    return True


def close(session: WriteSession, person_id: str, *, sequence: int, time: datetime) -> None:
    """The person was merged into another one at `time`: older news of them counts no more. Their addresses stay, for whoever
    answers for them, until that one's are told (`forget_absorbed`)."""
    row = {"account_id": session.account_id, "id": person_id, "sequence": sequence, "deleted": False, "facts_time": _NEVER}
    if not insert_or_ignore(session.connection, P, {**row, "merge_time": time}):
        mine = sa.update(P).where(P.c.account_id == session.account_id, P.c.id == person_id)
        session.execute(mine.where(P.c.sequence < sequence).values(sequence=sequence))
        session.execute(mine.where(P.c.merge_time < time).values(merge_time=time))


def forget_absorbed(session: WriteSession, root: str) -> None:
    """Forget the addresses of people who were merged into this one and whose survivor has been told of since: what the
    survivor has now is theirs. Else an address that was taken from the survivor would go on leading there.

    Addresses that were told after the merge are kept: it has been undone then, and that has not been heard of yet.
    """
    merged = sa.select(S.c.ref, S.c.survivor).where(S.c.account_id == session.account_id, S.c.root == root, S.c.ref != root)
    into = {row.ref: row.survivor for row in session.execute(merged)}
    if not into:
        return
    columns = (P.c.id, P.c.facts_time, P.c.merge_time)
    known = sa.select(*columns).where(P.c.account_id == session.account_id, P.c.id.in_({*into, *into.values()}))
    people = {row.id: row for row in session.execute(known)}
    absorbed = {
        person_id
        for person_id, survivor in into.items()
        if person_id in people and survivor in people and people[survivor].facts_time >= people[person_id].merge_time
    }
    while more := {person_id for person_id, survivor in into.items() if survivor in absorbed} - absorbed:
        absorbed |= more
    older = {person_id for person_id in absorbed if person_id in people and people[person_id].facts_time <= people[person_id].merge_time}
    _forget_addresses(session, older)


def is_there(session: ReadSession, person_id: str) -> bool:
    """Whether the person, or who answers for them, is not deleted."""
    gone = sa.select(sa.literal(1)).where(P.c.account_id == session.account_id, P.c.id == MERGES.root(session, person_id), P.c.deleted)
    return session.execute(gone).first() is None


def by_address(session: ReadSession, addresses: Collection[str]) -> dict[str, list[str]]:
    """Those of these normalised addresses that are known, with the ids of the people whose they are."""
    if not addresses:
        return {}
    joined = A.outerjoin(S, sa.and_(S.c.account_id == A.c.account_id, S.c.ref == A.c.person_id))
    known = sa.select(A.c.address, sa.func.coalesce(S.c.root, A.c.person_id).label("person_id")).select_from(joined)
    found: dict[str, set[str]] = {}
    for row in session.execute(known.where(A.c.account_id == session.account_id, A.c.address.in_(addresses))):
        found.setdefault(row.address, set()).add(row.person_id)
    # Sorted here: asked for the order, SQLite walks through all people of the account instead of looking the addresses up.
    return {address: sorted(person_ids) for address, person_ids in found.items()}


def _forget_addresses(session: WriteSession, person_ids: Collection[str]) -> None:
    session.execute(sa.delete(A).where(A.c.account_id == session.account_id, A.c.person_id.in_(person_ids)))
