"""Who may see what people sent by web forms (docs/decisions/0019): what was heard of their visibility, and the one condition that
every page of a timeline carries."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.db.upsert import insert_or_ignore, upsert_newer
from kontor_chassis.db.visibility import names_any, told
from kontor_chassis.visibility import viewer_of
from kontor_tasks.store.tables import LIMITS as T
from kontor_tasks.store.tables import MERGES

_VIEWER = sa.bindparam("viewer", type_=sa.Text)


def keep(session: WriteSession, ref: str, visible_to: Sequence[str], *, sequence: int) -> None:
    """Let these see the person; none: everyone. Nothing happens where something newer was heard before."""
    upsert_newer(session.connection, T, [_row(session, ref, visible_to, sequence)])


def keep_first(session: WriteSession, ref: str, visible_to: Sequence[str]) -> None:
    """The same, where nothing was heard of the person's visibility; whatever is heard later counts more."""
    insert_or_ignore(session.connection, T, _row(session, ref, visible_to, 0))


def viewer(session: ReadSession) -> dict[str, Any]:
    """The parameters of a statement that carries `visible`."""
    return {"viewer": told(viewer_of(session.principal))}


def visible(account_id: sa.ColumnElement[str], link: sa.FromClause) -> sa.ColumnElement[bool]:
    """What is linked is to be seen: it was sent by nobody, or by whom the caller sees, as the one who answers for them now is seen.

    What was sent hangs directly on one person only, so that the link names them: as the subject, or as the reason (`via`).
    """
    sender = sa.case((link.c.via == "", link.c.subject), else_=link.c.via)
    hidden = (T.c.visible_to.is_not(None), sa.not_(names_any(T.c.visible_to, _VIEWER)))
    limited = sa.select(sa.literal(1)).where(T.c.account_id == account_id, T.c.ref == MERGES.root_of(account_id, sender), *hidden)
    return sa.or_(link.c.kind != "form", _VIEWER.is_(None), sa.not_(limited.correlate_except(T).exists()))


def _row(session: WriteSession, ref: str, visible_to: Sequence[str], sequence: int) -> dict[str, Any]:
    return {"account_id": session.account_id, "ref": ref, "visible_to": list(visible_to) or None, "sequence": sequence}
