"""Replica of contacts' address book, and of who stands for whom since people were merged."""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.db.upsert import insert_or_ignore, upsert_newer
from kontor_mail_ingest.store.tables import PERSON_ADDRESSES as A
from kontor_mail_ingest.store.tables import PERSONS as P
from kontor_mail_ingest.store.tables import SUCCESSORS as S


def stands_for(person_id: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
    """In a statement that is joined with their row in SUCCESSORS, if any: the id of who stands for them, mostly their own."""
    return sa.case((S.c.head != "", S.c.head), else_=person_id)


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
    """The person went into another one: older news of them counts no more. Their addresses stay, for whoever stands for them."""
    row = {"account_id": session.account_id, "id": person_id, "sequence": sequence, "deleted": False, "facts_time": time}
    if not insert_or_ignore(session.connection, P, row):
        older = sa.update(P).where(P.c.account_id == session.account_id, P.c.id == person_id, P.c.sequence < sequence)
        session.execute(older.values(sequence=sequence))


def forget_absorbed(session: WriteSession, head: str) -> None:
    """Forget the addresses of people whose survivor has been told of since: what the survivor has now is theirs.

    Else an address that was taken from the survivor after the merge would go on leading there.
    """
    merged = sa.select(S.c.record, S.c.survivor, S.c.time).where(S.c.account_id == session.account_id, S.c.head == head)
    went = {row.record: row for row in session.execute(merged)}
    if not went:
        return
    told = sa.select(P.c.id, P.c.facts_time).where(
        P.c.account_id == session.account_id, P.c.id.in_({row.survivor for row in went.values()})
    )
    facts = {row.id: row.facts_time for row in session.execute(told)}
    direct = {record for record, row in went.items() if row.survivor in facts and facts[row.survivor] >= row.time}
    absorbed = set(direct)
    while more := {record for record, row in went.items() if row.survivor in absorbed} - absorbed:
        absorbed |= more
    _forget_addresses(session, absorbed)


def is_there(session: ReadSession, person_id: str) -> bool:
    """Whether the person, or who stands for them, is not deleted."""
    stands = sa.select(S.c.head).where(S.c.account_id == session.account_id, S.c.record == person_id, S.c.head != "").scalar_subquery()
    gone = sa.select(sa.literal(1)).where(P.c.account_id == session.account_id, P.c.id == sa.func.coalesce(stands, person_id), P.c.deleted)
    return session.execute(gone).first() is None


def by_address(session: ReadSession, addresses: Collection[str]) -> dict[str, list[str]]:
    """Those of these normalised addresses that are known, with the ids of the people whose they are."""
    if not addresses:
        return {}
    joined = A.outerjoin(S, sa.and_(S.c.account_id == A.c.account_id, S.c.record == A.c.person_id))
    known = sa.select(A.c.address, stands_for(A.c.person_id).label("person_id")).select_from(joined)
    found: dict[str, set[str]] = {}
    for row in session.execute(known.where(A.c.account_id == session.account_id, A.c.address.in_(addresses))):
        found.setdefault(row.address, set()).add(row.person_id)
    # Sorted here: asked for the order, SQLite walks through all people of the account instead of looking the addresses up.
    return {address: sorted(person_ids) for address, person_ids in found.items()}


def _forget_addresses(session: WriteSession, person_ids: Collection[str]) -> None:
    session.execute(sa.delete(A).where(A.c.account_id == session.account_id, A.c.person_id.in_(person_ids)))
