"""Whose addresses count at an organisation: its own, or those of the nearest organisation above that has some.

Kept with each organisation (`address_origin_id`), so that lists can be filtered by it; kept right under the tree's lock.
"""

from collections.abc import Sequence

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_contacts.domain.effective_addresses import EffectiveAddresses
from kontor_contacts.domain.trees import MAX_LEVELS
from kontor_contacts.store import contact_points
from kontor_contacts.store.tables import CONTACT_POINTS as C
from kontor_contacts.store.tables import ORGANISATIONS as O
from kontor_contacts.store.tables import POSITIONS as W
from kontor_contacts.store.visibility import viewer, visible

_ACCOUNT = sa.bindparam("this_account", type_=sa.Text)
_LENT = sa.select(O.c.id, O.c.name, contact_points.column(O).label("points")).where(
    O.c.account_id == _ACCOUNT, O.c.id.in_(sa.bindparam("these", expanding=True)), visible(O)
)


def _inheriting() -> sa.Select[tuple[str]]:
    """Ids of those below an organisation that its addresses reach: they have none, and nobody has on the way."""
    this = sa.bindparam("this_id", type_=sa.Text)
    down = sa.select(O.c.id, sa.literal(0).label("steps")).where(O.c.account_id == _ACCOUNT, O.c.id == this).cte(recursive=True)
    below = sa.select(O.c.id, down.c.steps + 1).where(
        O.c.account_id == _ACCOUNT, O.c.parent_id == down.c.id, O.c.address_origin_id != O.c.id, down.c.steps < MAX_LEVELS
    )
    down = down.union_all(below)
    return sa.select(down.c.id).where(down.c.steps > 0)


_INHERITING = _inheriting()
_SET = sa.update(O).where(O.c.account_id == _ACCOUNT, O.c.id.in_(_INHERITING)).values(address_origin_id=sa.bindparam("origin"))
_HAS_OWN = sa.exists().where(C.c.account_id == W.c.account_id, C.c.record_id == W.c.person_id, C.c.medium == "postal")
_SHOWING = sa.select(W.c.person_id).where(
    W.c.account_id == _ACCOUNT,
    sa.or_(W.c.organisation_id == sa.bindparam("this_id", type_=sa.Text), W.c.organisation_id.in_(_INHERITING)),
    W.c.is_primary,
    W.c.to_date.is_(None),
    sa.not_(_HAS_OWN),
)


def lent(session: ReadSession, origin_ids: Sequence[str]) -> dict[str, EffectiveAddresses]:
    """The addresses of the organisations that lend theirs, by their ids; nothing of what a hidden one lends."""
    if not origin_ids:
        return {}
    rows = session.execute(_LENT, {"this_account": session.account_id, "these": list(origin_ids)} | viewer(session))
    return {row.id: EffectiveAddresses(f"organisations/{row.id}", row.name, contact_points.from_rows(row.points).addresses) for row in rows}


def origin_at(session: ReadSession, organisation_id: str) -> str:
    """Empty: nobody's addresses count there."""
    this = (O.c.account_id == session.account_id, O.c.id == organisation_id)
    return session.execute(sa.select(O.c.address_origin_id).where(*this)).scalar_one_or_none() or ""


def inheriting(session: ReadSession, organisation_id: str) -> list[str]:
    """Ids of the organisations below that show what counts at this one."""
    return list(session.execute(_INHERITING, {"this_account": session.account_id, "this_id": organisation_id}).scalars())


def pass_on(session: WriteSession, organisation_id: str, origin_id: str) -> None:
    """Let those below that inherit from an organisation show what counts there now."""
    session.execute(_SET, {"this_account": session.account_id, "this_id": organisation_id, "origin": origin_id})


def people_showing(session: ReadSession, organisation_id: str) -> list[str]:
    """Ids of the people who show what counts at an organisation, working there or at one that inherits from it."""
    return list(session.execute(_SHOWING, {"this_account": session.account_id, "this_id": organisation_id}).scalars())


def write(session: WriteSession, organisation_id: str, origin_id: str) -> None:
    """Whose addresses count at this organisation itself."""
    this = (O.c.account_id == session.account_id, O.c.id == organisation_id)
    session.execute(sa.update(O).where(*this).values(address_origin_id=origin_id))
