"""A person's dates in rows."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.json_rows import children
from kontor_chassis.db.sessions import WriteSession
from kontor_contacts.domain.dates import ImportantDate
from kontor_contacts.store.tables import PERSON_DATES as T
from kontor_contacts.store.tables import PERSONS as P

# A person's dates as a column of their own statement; read it with `from_rows`.
COLUMN = children(
    T.c.place, T.c.kind, T.c.label, T.c.day, T.c.year,
    where=sa.and_(T.c.account_id == P.c.account_id, T.c.person_id == P.c.id),
)  # fmt: skip
_INSERT = sa.insert(T)
_DELETE = sa.delete(T).where(
    T.c.account_id == sa.bindparam("this_account", type_=sa.Text), T.c.person_id == sa.bindparam("this_id", type_=sa.Text)
)


def from_rows(rows: Sequence[Sequence[Any]]) -> tuple[ImportantDate, ...]:
    if not rows:
        return ()
    return tuple(
        ImportantDate(int(day[:2]), int(day[3:]), year, kind, label) for _, kind, label, day, year in sorted(rows, key=lambda row: row[0])
    )


def insert(session: WriteSession, person_id: str, dates: Sequence[ImportantDate]) -> None:
    common = {"account_id": session.account_id, "person_id": person_id}
    rows = [
        {**common, "place": place, "kind": item.kind, "label": item.label, "day": item.key, "year": item.year}
        for place, item in enumerate(dates)
    ]
    if rows:
        session.execute(_INSERT, rows)


def delete(session: WriteSession, person_id: str) -> None:
    session.execute(_DELETE, {"this_account": session.account_id, "this_id": person_id})
