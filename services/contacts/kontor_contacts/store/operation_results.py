"""What bulk actions are about and what became of it, record by record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_contacts.store.tables import OPERATION_RESULTS as T

_ACCOUNT = T.c.account_id == sa.bindparam("this_account", type_=sa.Text)
_OPERATION = T.c.operation_id == sa.bindparam("this_operation", type_=sa.Text)
_INSERT = sa.insert(T)
_AFTER = (
    sa.select(T.c.place, T.c.record_id)
    .where(_ACCOUNT, _OPERATION, T.c.place > sa.bindparam("after", type_=sa.BigInteger))
    .order_by(T.c.place)
    .limit(sa.bindparam("most", type_=sa.Integer))
)
_SET = (
    sa.update(T)
    .where(_ACCOUNT, _OPERATION, T.c.place == sa.bindparam("this_place", type_=sa.BigInteger))
    .values(
        outcome=sa.bindparam("new_outcome", type_=sa.Text),
        reason=sa.bindparam("new_reason", type_=sa.Text),
        name=sa.bindparam("new_name", type_=sa.Text),
    )
)


@dataclass(frozen=True)
class Result:
    place: int
    record_id: str
    # Of what the action itself has deleted; who else is meant is asked when it is shown.
    name: str
    outcome: str
    reason: str


@dataclass(frozen=True)
class Outcome:
    """`changed`, `unchanged`, `failed` (then with a reason) or `gone`; with the name of what was deleted."""

    word: str
    reason: str = ""
    name: str = ""


def insert(session: WriteSession, operation_id: str, record_ids: Sequence[str], *, after: int) -> None:
    """Records in their places behind `after`."""
    common = {"account_id": session.account_id, "operation_id": operation_id, "outcome": "waiting", "reason": "", "name": ""}
    rows = [{**common, "place": place, "record_id": record_id} for place, record_id in enumerate(record_ids, start=after + 1)]
    if rows:
        session.execute(_INSERT, rows)


def next_ones(session: ReadSession, operation_id: str, *, after: int, limit: int) -> list[tuple[int, str]]:
    """(place, record id) of the records behind a place."""
    values = {"this_account": session.account_id, "this_operation": operation_id, "after": after, "most": limit}
    return [(row.place, row.record_id) for row in session.execute(_AFTER, values)]


def settle(session: WriteSession, operation_id: str, outcomes: Mapping[int, Outcome]) -> None:
    """Write what became of the records in these places."""
    this = {"this_account": session.account_id, "this_operation": operation_id}
    rows = [
        {**this, "this_place": place, "new_outcome": outcome.word, "new_reason": outcome.reason, "new_name": outcome.name}
        for place, outcome in outcomes.items()
    ]
    session.execute(_SET, rows)


def page(session: ReadSession, operation_id: str, *, outcome: str, after: int, limit: int) -> list[Result]:
    """By place; with one outcome only, where it is said."""
    columns = (T.c.place, T.c.record_id, T.c.name, T.c.outcome, T.c.reason)
    statement = sa.select(*columns).where(T.c.account_id == session.account_id, T.c.operation_id == operation_id, T.c.place > after)
    if outcome:
        statement = statement.where(T.c.outcome == outcome)
    return [_result(row) for row in session.execute(statement.order_by(T.c.place).limit(limit))]


def delete_some(session: WriteSession, account_id: str, operation_id: str, *, limit: int) -> int:
    """Some of an operation's results; answers how many."""
    this = (T.c.account_id == account_id, T.c.operation_id == operation_id)
    some = sa.select(T.c.place).where(*this).limit(limit)
    deleted: int = session.execute(sa.delete(T).where(*this, T.c.place.in_(some))).rowcount
    return deleted


def _result(row: sa.Row[Any]) -> Result:
    return Result(row.place, row.record_id, row.name, row.outcome, row.reason)
