"""Which people and organisations a caller sees (docs/decisions/0019): the one place that says it in SQL.

Every statement that shows something of them, or counts them, carries one of these conditions; `tests/test_visibility_in_sql.py` looks
for it in what is executed. Who is named stands in the record's own column `visible_to`, NULL for everyone, so that nothing is joined;
a partial index finds the limited ones, which are few or none, for what would be too many rows to ask one by one.
"""

from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession
from kontor_chassis.db.visibility import names_any, told
from kontor_chassis.visibility import viewer_of

_VIEWER = sa.bindparam("viewer", type_=sa.Text)
# The parameters with which a statement that carries `visible` leaves nothing out, for work that is not shown to anybody.
EVERYTHING: dict[str, Any] = {"viewer": None}


def viewer(session: ReadSession) -> dict[str, Any]:
    """The parameters of a statement that carries `visible`."""
    return {"viewer": told(viewer_of(session.principal))}


def visible(record: sa.FromClause) -> sa.ColumnElement[bool]:
    """The row of people or organisations is to be seen, for statements that are built once; run them with `viewer(session)`."""
    return sa.or_(record.c.visible_to.is_(None), _VIEWER.is_(None), names_any(record.c.visible_to, _VIEWER))


def visible_to(session: ReadSession, record: sa.FromClause) -> sa.ColumnElement[bool]:
    """The same, for statements that are built for one session."""
    seen_by = told(viewer_of(session.principal))
    return (
        sa.true()
        if seen_by is None
        else sa.or_(record.c.visible_to.is_(None), names_any(record.c.visible_to, sa.literal(seen_by, sa.Text)))
    )


def names_viewer(session: ReadSession, named: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """A column as `visible_to` names the caller, who is not somebody who sees everything."""
    return names_any(named, sa.literal(told(viewer_of(session.principal)), sa.Text))


def seen(record: sa.Table, account: Any, record_id: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """There is a record of this id, and it is to be seen; as `visible`."""
    one = record.alias()
    return sa.exists().where(one.c.account_id == account, one.c.id == record_id, visible(one))


def not_hidden(record: sa.Table, account: Any, record_id: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """No record of this id is hidden; as `visible`. Looks only among the limited ones, so it costs nothing where there are none."""
    one = record.alias()
    hidden = (one.c.visible_to.is_not(None), _VIEWER.is_not(None), sa.not_(names_any(one.c.visible_to, _VIEWER)))
    return sa.not_(sa.exists().where(one.c.account_id == account, one.c.id == record_id, *hidden))


def can_hide(session: ReadSession, record: sa.Table) -> bool:
    """Whether any of the account's records may be hidden from the caller. Asked before a filter says of many rows what of others must not
    be hidden: an account that limits nothing is read by the same statements as if there were no limits."""
    if viewer_of(session.principal) is None:
        return False
    limited = sa.select(record.c.id).where(record.c.account_id == session.account_id, record.c.visible_to.is_not(None)).limit(1)
    return session.execute(limited).first() is not None


def not_hidden_from(session: ReadSession, record: sa.Table, record_id: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """The same, for statements that are built for one session."""
    hidden = _hidden_from(session, record)
    return sa.true() if hidden is None else sa.not_(sa.exists(hidden.where(hidden.selected_columns.id == record_id)))


def hidden_ids(session: ReadSession, record: sa.Table) -> sa.Select[Any] | None:
    """A SELECT of the ids that are hidden from the caller; None: none can be."""
    return _hidden_from(session, record)


def _hidden_from(session: ReadSession, record: sa.Table) -> sa.Select[Any] | None:
    seen_by = told(viewer_of(session.principal))
    if seen_by is None:
        return None
    one = record.alias()
    named = names_any(one.c.visible_to, sa.literal(seen_by, sa.Text))
    return sa.select(one.c.id).where(one.c.account_id == session.account_id, one.c.visible_to.is_not(None), sa.not_(named))
