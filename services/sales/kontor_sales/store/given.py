"""Whom deals and projects were given, where they name somebody else now; and which of them name somebody."""

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_sales.domain.given import Given
from kontor_sales.store.tables import DEAL_PERSONS, DEALS, PROJECT_MEMBERS
from kontor_sales.store.tables import GIVEN as T


def of_record(session: ReadSession, record: str) -> list[Given]:
    rows = session.execute(sa.select(T).where(T.c.account_id == session.account_id, T.c.record == record).order_by(T.c.place, T.c.ref))
    return [Given(row.ref, row.shown_as, row.place, row.role) for row in rows]


def replace(session: WriteSession, record: str, kept: Sequence[Given]) -> None:
    session.execute(sa.delete(T).where(T.c.account_id == session.account_id, T.c.record == record))
    rows = [
        {
            "account_id": session.account_id,
            "record": record,
            "ref": item.ref,
            "shown_as": item.shown_as,
            "place": item.place,
            "role": item.role,
        }
        for item in kept
    ]
    if rows:
        session.execute(sa.insert(T), rows)


def keep_only(session: WriteSession, record: str, named: Collection[str]) -> None:
    """Forget what stands behind those whom the record does not name any more."""
    which = (T.c.account_id == session.account_id, T.c.record == record, T.c.shown_as.not_in(named))
    session.execute(sa.delete(T).where(*which))


def shown_otherwise(session: ReadSession, ref: str, root: str, limit: int) -> list[str]:
    """Some records that were given `ref` and name another one for it than `root`."""
    mine = (T.c.account_id == session.account_id, T.c.ref == ref)
    # Two walks of the index beside what is in order already, however much that is.
    below = sa.select(T.c.record).where(*mine, T.c.shown_as < root).limit(limit)
    above = sa.select(T.c.record).where(*mine, T.c.shown_as > root).limit(limit)
    found = [*session.execute(below).scalars(), *session.execute(above).scalars()]
    return sorted(set(found))[:limit]


def naming(session: ReadSession, ref: str, *, after: str, limit: int) -> list[str]:
    """Deals and projects that name this person or organisation, by resource name."""
    noun, _, record_id = ref.partition("/")
    deal, project = sa.literal("deals/", sa.Text), sa.literal("projects/", sa.Text)
    members = (PROJECT_MEMBERS.c.noun == noun, PROJECT_MEMBERS.c.member_id == record_id)
    statements = [_records(session, project, PROJECT_MEMBERS, PROJECT_MEMBERS.c.project_id, members)]
    if noun == "persons":
        statements.append(_records(session, deal, DEAL_PERSONS, DEAL_PERSONS.c.deal_id, (DEAL_PERSONS.c.person_id == record_id,)))
    else:
        statements.append(_records(session, deal, DEALS, DEALS.c.id, (DEALS.c.organisation_id == record_id,)))
    found = sa.union_all(*statements).subquery()
    statement = sa.select(found.c.record).where(found.c.record > after).order_by(found.c.record).limit(limit)
    return list(session.execute(statement).scalars())


def _records(session: ReadSession, noun: Any, table: sa.Table, record_id: sa.Column[Any], which: Sequence[Any]) -> sa.Select[Any]:
    return sa.select((noun + record_id).label("record")).where(table.c.account_id == session.account_id, *which)
