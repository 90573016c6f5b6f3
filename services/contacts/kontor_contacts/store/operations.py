"""Work in the background."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_contacts.store.tables import OPERATIONS as T

# Longer than any step takes. Work of a worker that is gone is taken up by another one after this time.
LEASE = timedelta(seconds=60)


@dataclass(frozen=True)
class Operation:
    id: str
    kind: str
    account_id: str = ""
    state: str = "running"
    position: str = ""
    progress: int = 0
    found: int = 0
    skipped: int = 0
    create_time: datetime | None = None
    end_time: datetime | None = None
    creator_user_id: str = ""


def insert(session: WriteSession, operation: Operation) -> None:
    values = {name: getattr(operation, name) for name in ("id", "kind", "state", "position", "progress", "found", "skipped")}
    origin = {"account_id": session.account_id, "creator_user_id": session.user_id, "create_time": session.now}
    session.execute(sa.insert(T), {**values, **origin, "lease_time": session.now})


def get(session: ReadSession, operation_id: str) -> Operation | None:
    row = session.execute(sa.select(T).where(T.c.account_id == session.account_id, T.c.id == operation_id)).one_or_none()
    return _operation(row) if row else None


def running(session: ReadSession, kind: str) -> Operation | None:
    """The one of this kind that is not done, where there is one."""
    those = (T.c.account_id == session.account_id, T.c.kind == kind, T.c.state == "running")
    row = session.execute(sa.select(T).where(*those).order_by(T.c.id).limit(1)).one_or_none()
    return _operation(row) if row else None


def due(session: ReadSession) -> Operation | None:
    """Of all accounts, one that nobody works at."""
    row = session.execute(
        sa.select(T).where(T.c.state == "running", T.c.lease_time <= session.now).order_by(T.c.lease_time).limit(1)
    ).first()
    return _operation(row) if row else None


def advance(session: WriteSession, before: Operation, after: Operation) -> bool:
    """Write where the work is now and hold it for another while. False where somebody else has gone on from there meanwhile: then
    what this session did must not stay."""
    values = {name: getattr(after, name) for name in ("state", "position", "progress", "found", "skipped", "end_time")}
    here = (T.c.account_id == session.account_id, T.c.id == before.id, T.c.state == "running", T.c.position == before.position)
    changed = session.execute(sa.update(T).where(*here).values(**values, lease_time=session.now + LEASE))
    return changed.rowcount == 1


def let_go(session: WriteSession, operation: Operation) -> None:
    """Let anybody take the work up at once."""
    session.execute(sa.update(T).where(T.c.account_id == session.account_id, T.c.id == operation.id).values(lease_time=session.now))


def claim(session: WriteSession, operation: Operation) -> bool:
    """Hold the work; False where somebody else was faster."""
    free = (T.c.account_id == session.account_id, T.c.id == operation.id, T.c.state == "running", T.c.lease_time <= session.now)
    return session.execute(sa.update(T).where(*free).values(lease_time=session.now + LEASE)).rowcount == 1


def _operation(row: sa.Row[Any]) -> Operation:
    return Operation(
        row.id, row.kind, row.account_id, row.state, row.position, row.progress, row.found, row.skipped, row.create_time, row.end_time,
        row.creator_user_id,
    )  # fmt: skip
