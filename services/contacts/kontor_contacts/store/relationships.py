"""What organisations are to us, in rows."""

from collections.abc import Sequence

import sqlalchemy as sa

from kontor_chassis.db.json_rows import children
from kontor_chassis.db.sessions import WriteSession
from kontor_contacts.store.tables import ORGANISATIONS as O
from kontor_contacts.store.tables import RELATIONSHIPS as T

# An organisation's relationships as a column of its own statement; read it with `from_rows`.
COLUMN = children(T.c.relationship, where=sa.and_(T.c.account_id == O.c.account_id, T.c.organisation_id == O.c.id))
_INSERT = sa.insert(T)
_DELETE = sa.delete(T).where(
    T.c.account_id == sa.bindparam("this_account", type_=sa.Text), T.c.organisation_id == sa.bindparam("this_id", type_=sa.Text)
)


def from_rows(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    return tuple(sorted(row[0] for row in rows))


def insert(session: WriteSession, organisation_id: str, relationships: Sequence[str]) -> None:
    common = {"account_id": session.account_id, "organisation_id": organisation_id}
    if relationships:
        session.execute(_INSERT, [{**common, "relationship": relationship} for relationship in relationships])


def delete(session: WriteSession, organisation_id: str) -> None:
    session.execute(_DELETE, {"this_account": session.account_id, "this_id": organisation_id})
