"""Every SQL statement about ties."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_tasks.domain.ties import Tie, span
from kontor_tasks.store.tables import TIES as T

_ROWS_AT_ONCE = 500


def of_source(session: ReadSession, source: str) -> list[Tie]:
    rows = session.execute(sa.select(T).where(T.c.account_id == session.account_id, T.c.source == source))
    return [_tie(row) for row in rows]


def replace(session: WriteSession, source: str, ties: Sequence[Tie], *, root: str, zone: str) -> None:
    """Let exactly these be the ties of the source, all from one subject, for which `root` answers; at most one per target."""
    delete(session, source)
    if ties:
        rows = [{"account_id": session.account_id, "source": source, "root": root, **_values(tie, zone)} for tie in ties]
        session.execute(sa.insert(T), rows)


def delete(session: WriteSession, source: str) -> None:
    session.execute(sa.delete(T).where(T.c.account_id == session.account_id, T.c.source == source))


def delete_of(session: WriteSession, refs: Collection[str]) -> None:
    """Delete the ties from and to records that are gone."""
    here = sa.or_(T.c.subject.in_(refs), T.c.target.in_(refs))
    session.execute(sa.delete(T).where(T.c.account_id == session.account_id, here))


def answer(session: WriteSession, subject: str, root: str) -> None:
    """Another one answers for this subject from now on."""
    session.execute(sa.update(T).where(T.c.account_id == session.account_id, T.c.subject == subject).values(root=root))


def are_there(session: ReadSession, roots: Collection[str]) -> bool:
    """Whether anything that hangs on those for whom these answer shows elsewhere."""
    statement = sa.select(sa.literal(1)).where(T.c.account_id == session.account_id, T.c.root.in_(roots))
    return session.execute(statement.limit(1)).first() is not None


def move_days(session: WriteSession, *, zone: str) -> Iterator[list[str]]:
    """Compute the moments of all ties that name days anew; answers, batch by batch, the subjects of those that moved."""
    after = ("", "")
    dated = sa.or_(T.c.from_day.is_not(None), T.c.to_day.is_not(None))
    while True:
        statement = sa.select(T).where(T.c.account_id == session.account_id, dated, sa.tuple_(T.c.source, T.c.target) > after)
        rows = session.execute(statement.order_by(T.c.source, T.c.target).limit(_ROWS_AT_ONCE)).all()
        if not rows:
            return
        moved = [row for row in rows if span(_tie(row), zone) != (row.from_time, row.until_time)]
        for row in moved:
            which = (T.c.account_id == session.account_id, T.c.source == row.source, T.c.target == row.target)
            session.execute(sa.update(T).where(*which).values(_values(_tie(row), zone)))
        yield sorted({row.subject for row in moved})
        after = (rows[-1].source, rows[-1].target)


def _values(tie: Tie, zone: str) -> dict[str, Any]:
    from_time, until_time = span(tie, zone)
    return {
        "subject": tie.subject,
        "target": tie.target,
        "from_day": tie.from_day.isoformat() if tie.from_day else None,
        "to_day": tie.to_day.isoformat() if tie.to_day else None,
        "from_time": from_time,
        "until_time": until_time,
    }


def _tie(row: sa.Row[Any]) -> Tie:
    return Tie(
        subject=row.subject,
        target=row.target,
        from_day=date.fromisoformat(row.from_day) if row.from_day else None,
        to_day=date.fromisoformat(row.to_day) if row.to_day else None,
    )
