"""Replica of contacts' address book."""

from collections.abc import Collection

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.db.upsert import upsert_newer
from kontor_mail_ingest.store.tables import PERSON_ADDRESSES as A
from kontor_mail_ingest.store.tables import PERSONS as P


def keep(session: WriteSession, person_id: str, *, addresses: Collection[str], deleted: bool, sequence: int) -> bool:
    """Replace what is held of a person by their normalised addresses; False where something newer is held."""
    row = {"account_id": session.account_id, "id": person_id, "sequence": sequence, "deleted": deleted}
    upsert_newer(session.connection, P, [row])
    held = session.execute(sa.select(P.c.sequence).where(P.c.account_id == session.account_id, P.c.id == person_id)).scalar_one()
    if held != sequence:
        return False
    session.execute(sa.delete(A).where(A.c.account_id == session.account_id, A.c.person_id == person_id))
    rows = [{"account_id": session.account_id, "address": address, "person_id": person_id} for address in dict.fromkeys(addresses)]
    if rows:
        session.execute(sa.insert(A), rows)
    return True


def by_address(session: ReadSession, addresses: Collection[str]) -> dict[str, list[str]]:
    """Those of these normalised addresses that are known, with the ids of the people who have them."""
    if not addresses:
        return {}
    known = sa.select(A.c.address, A.c.person_id).where(A.c.account_id == session.account_id, A.c.address.in_(addresses))
    found: dict[str, list[str]] = {}
    # Sorted here: asked for the order, SQLite walks through all people of the account instead of looking the addresses up.
    for row in sorted(session.execute(known), key=lambda row: row.person_id):
        found.setdefault(row.address, []).append(row.person_id)
    return found
