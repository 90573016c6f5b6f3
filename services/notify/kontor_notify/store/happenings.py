"""What happened at records that are not known yet."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.sessions import WriteSession
from kontor_chassis.db.upsert import insert_or_ignore
from kontor_chassis.housekeeping import INBOX_KEPT
from kontor_notify.domain.happenings import Happening
from kontor_notify.store.tables import HAPPENINGS as H

# As long as an event may be under way.
KEPT: timedelta = INBOX_KEPT
# Every new row takes some old ones along, so that the table is bounded without a task of its own.
_FORGOTTEN_AT_ONCE = 10


def keep(session: WriteSession, happening: Happening) -> None:
    _forget_old(session)
    row = {
        "account_id": session.account_id,
        "subject": happening.subject,
        "occasion": happening.occasion,
        "sequence": happening.sequence,
        "place": happening.place,
        "kind": happening.kind,
        "ref": happening.ref,
        "title": happening.title,
        "doers": list(happening.doers),
        "count": happening.count,
        "time": happening.time,
        "visible_to": list(happening.visible_to) or None,
    }
    insert_or_ignore(session.connection, H, row)


def take(session: WriteSession, subject: str, *, limit: int) -> list[Happening]:
    """Some of what happened at the record, which is forgotten here with that; empty when nothing is left."""
    where = (H.c.account_id == session.account_id, H.c.subject == subject)
    rows = session.execute(sa.select(H).where(*where).order_by(H.c.occasion, H.c.sequence).limit(limit)).all()
    if rows:
        last = (rows[-1].occasion, rows[-1].sequence)
        session.execute(sa.delete(H).where(*where, sa.tuple_(H.c.occasion, H.c.sequence) <= last))
    return [_happening(row) for row in rows]


def _forget_old(session: WriteSession) -> None:
    key = (H.c.account_id, H.c.subject, H.c.occasion, H.c.sequence)
    old = sa.select(*key).where(H.c.account_id == session.account_id, H.c.time < session.now - KEPT).limit(_FORGOTTEN_AT_ONCE)
    session.execute(sa.delete(H).where(H.c.account_id == session.account_id, sa.tuple_(*key).in_(old)))


def _happening(row: sa.Row[Any]) -> Happening:
    return Happening(
        kind=row.kind,
        ref=row.ref,
        subject=row.subject,
        title=row.title,
        doers=tuple(row.doers),
        # A row has a method of this name.
        count=row._mapping["count"],
        time=row.time,
        sequence=row.sequence,
        occasion=row.occasion,
        place=row.place,
        visible_to=tuple(row.visible_to or ()),
    )
