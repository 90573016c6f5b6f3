"""Every SQL statement about what belongs to what. All recursion is bounded by the depth that trees may have."""

from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_contacts.domain.trees import MAX_LEVELS
from kontor_contacts.store.tables import ORGANISATIONS as O
from kontor_contacts.store.tables import PERSONS as P
from kontor_contacts.store.tables import POSITIONS as W
from kontor_contacts.store.visibility import not_hidden, viewer, visible, visible_to

_ACCOUNT = sa.bindparam("this_account", type_=sa.Text)
_THIS = sa.bindparam("this_id", type_=sa.Text)
# Any constant does; it keeps the locks of trees apart from others of the same account.
_LOCK_SPACE = 0x7EE5
_LOCK = sa.select(sa.func.pg_advisory_xact_lock(sa.literal(_LOCK_SPACE, sa.Integer), sa.func.hashtext(_ACCOUNT)))


def hold(session: WriteSession) -> None:
    """Keep every other change of trees in the account, and of which addresses are inherited, waiting until the end of the session.
    Taken before any row, so that two changes cannot wait for each other: two moves that are right by themselves can close a cycle."""
    session.hold(_LOCK, {"this_account": session.account_id})


def _upwards() -> sa.Select[Any]:
    """Rows (id, name, seen, steps) from an organisation itself upwards."""
    this = sa.select(O.c.id, O.c.name, visible(O).label("seen"), O.c.parent_id, sa.literal(0).label("steps"))
    up = this.where(O.c.account_id == _ACCOUNT, O.c.id == _THIS).cte(recursive=True)
    above = sa.select(O.c.id, O.c.name, visible(O), O.c.parent_id, up.c.steps + 1)
    up = up.union_all(above.where(O.c.account_id == _ACCOUNT, O.c.id == up.c.parent_id, up.c.steps < MAX_LEVELS))
    return sa.select(up.c.id, up.c.name, up.c.seen, up.c.steps).order_by(up.c.steps)


def _downwards(top: sa.ColumnElement[str], account: sa.ColumnElement[str], *where: sa.ColumnElement[bool]) -> sa.CTE:
    """Rows (id, steps) of an organisation itself, where it is as asked for, and all below it, hidden ones too."""
    this = sa.select(O.c.id, sa.literal(0).label("steps")).where(O.c.account_id == account, O.c.id == top, *where)
    down = this.cte(recursive=True)
    below = sa.select(O.c.id, down.c.steps + 1)
    return down.union_all(below.where(O.c.account_id == account, O.c.parent_id == down.c.id, down.c.steps < MAX_LEVELS))


_UPWARDS = _upwards()
_DOWN = _downwards(_THIS, _ACCOUNT)
_SEEN_FROM = _downwards(_THIS, _ACCOUNT, visible(O))
_HEIGHT = sa.select(sa.func.max(_DOWN.c.steps))


def _roll_up() -> sa.Select[Any]:
    """Of what the caller sees; the tree itself holds together through what they do not see."""
    seen = sa.select(_SEEN_FROM.c.id).where(not_hidden(O, _ACCOUNT, _SEEN_FROM.c.id))
    there = (
        sa.select(W.c.person_id, sa.func.max(sa.case((W.c.to_date.is_(None), 1), else_=0)).label("present"))
        .where(W.c.account_id == _ACCOUNT, W.c.organisation_id.in_(seen), not_hidden(P, _ACCOUNT, W.c.person_id))
        .group_by(W.c.person_id)
        .subquery("there")
    )
    organisations = sa.select(sa.func.count()).select_from(seen.subquery()).scalar_subquery()
    present = sa.func.coalesce(sa.func.sum(there.c.present), 0)
    return sa.select(
        organisations.label("organisations"),
        sa.func.count().label("persons"),
        present.label("present"),
    ).select_from(there)


_ROLL_UP = _roll_up()


def lineage(session: ReadSession, organisation_id: str) -> list[tuple[str, str]]:
    """(id, name) of an organisation itself, its parent, and so on upwards, hidden ones too; nothing where it does not exist or is
    itself hidden."""
    rows = session.execute(_UPWARDS, _this(session, organisation_id) | viewer(session)).all()
    return [(row.id, row.name) for row in rows] if rows and rows[0].seen else []


def shown_lineage(session: ReadSession, organisation_id: str) -> list[tuple[str, str]]:
    """The same, without hidden ones."""
    rows = session.execute(_UPWARDS, _this(session, organisation_id) | viewer(session)).all()
    return [(row.id, row.name) for row in rows if row.seen] if rows and rows[0].seen else []


def height(session: ReadSession, organisation_id: str) -> int:
    """How many levels there are below an organisation."""
    return session.execute(_HEIGHT, _this(session, organisation_id)).scalar_one() or 0


def roll_up(session: ReadSession, organisation_id: str) -> sa.Row[Any]:
    """`organisations` (the organisation itself and all below it), `persons` who work or worked there, `present` ones of them; all that
    the caller sees, and nothing where they do not see the organisation itself."""
    return session.execute(_ROLL_UP, _this(session, organisation_id) | viewer(session)).one()


def subtree(session: ReadSession, top: str) -> sa.Select[Any]:
    """A SELECT of the ids of an organisation that the caller sees and all below it, hidden ones too."""
    down = _downwards(sa.literal(top), sa.literal(session.account_id), visible_to(session, O))
    return sa.select(down.c.id)


def children(session: ReadSession, organisation_id: str) -> list[str]:
    """Ids of those that belong to it directly."""
    here = (O.c.account_id == session.account_id, O.c.parent_id == organisation_id)
    return list(session.execute(sa.select(O.c.id).where(*here).order_by(O.c.id)).scalars())


def move_children(session: WriteSession, organisation_id: str, *, parent_id: str) -> None:
    here = (O.c.account_id == session.account_id, O.c.parent_id == organisation_id)
    session.execute(sa.update(O).where(*here).values(parent_id=parent_id))


def move(session: WriteSession, organisation_id: str, *, parent_id: str) -> None:
    """One organisation, which the caller has checked."""
    this = (O.c.account_id == session.account_id, O.c.id == organisation_id)
    session.execute(sa.update(O).where(*this).values(parent_id=parent_id))


def _this(session: ReadSession, organisation_id: str) -> dict[str, Any]:
    return {"this_account": session.account_id, "this_id": organisation_id}
