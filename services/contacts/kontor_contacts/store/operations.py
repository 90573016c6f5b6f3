"""Work in the background."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_contacts.store.tables import OPERATIONS as T

# Longer than any step takes. Work of a worker that is gone is taken up by another one after this time.
LEASE = timedelta(seconds=20)
# A place in the list: when it was begun, and id.
After = tuple[datetime, str]


@dataclass(frozen=True)
class Operation:
    id: str
    kind: str
    account_id: str = ""
    # `running`, `done`, `cancelled` or `failed`.
    state: str = "running"
    position: str = ""
    progress: int = 0
    found: int = 0
    skipped: int = 0
    create_time: datetime | None = None
    end_time: datetime | None = None
    creator_user_id: str = ""
    total: int = 0
    changed: int = 0
    unchanged: int = 0
    failed: int = 0
    gone: int = 0
    failure: str = ""
    # What is to be done, and the role, scopes, groups and API key of who began it.
    task: Mapping[str, Any] = field(default_factory=dict)
    actor: Mapping[str, Any] = field(default_factory=dict)


# What a step moves.
_MOVING = ("state", "position", "progress", "found", "skipped", "end_time", "total", "changed", "unchanged", "failed", "gone", "failure")
_GIVEN = ("id", "kind", "task", "actor")


_LISTED = [column for column in T.c if column.name not in ("task", "actor")]
_HERE = (
    T.c.account_id == sa.bindparam("this_account", type_=sa.Text),
    T.c.id == sa.bindparam("this_id", type_=sa.Text),
    T.c.state == "running",
    T.c.position == sa.bindparam("this_position", type_=sa.Text),
)
_IS_HERE = sa.select(T.c.id).where(*_HERE)
_HOLD_HERE = _IS_HERE.with_for_update()
_ADVANCE = sa.update(T).where(*_HERE)


def insert(session: WriteSession, operation: Operation) -> None:
    values = {name: getattr(operation, name) for name in (*_GIVEN, *_MOVING)}
    origin = {"account_id": session.account_id, "creator_user_id": session.user_id, "create_time": session.now}
    session.execute(sa.insert(T), {**values, **origin, "lease_time": session.now})


def get(session: ReadSession, operation_id: str) -> Operation | None:
    row = session.execute(sa.select(T).where(T.c.account_id == session.account_id, T.c.id == operation_id)).one_or_none()
    return _operation(row) if row else None


def lock(session: WriteSession, operation_id: str) -> Operation | None:
    """The same, with its row locked until the end of the session."""
    session.hold(sa.select(T.c.id).where(T.c.account_id == session.account_id, T.c.id == operation_id).with_for_update())
    return get(session, operation_id)


def page(session: ReadSession, *, kind: str, state: str, after: After | None, limit: int) -> Sequence[Operation]:
    """The newest first; of one kind or in one state only, where these are said. Without what is to be done, which may be long."""
    statement = sa.select(*_LISTED).where(T.c.account_id == session.account_id)
    if kind:
        statement = statement.where(T.c.kind == kind)
    if state:
        statement = statement.where(T.c.state == state)
    if after:
        statement = statement.where(sa.tuple_(T.c.create_time, T.c.id) < sa.tuple_(sa.literal(after[0], T.c.create_time.type), after[1]))
    return [_operation(row) for row in session.execute(statement.order_by(T.c.create_time.desc(), T.c.id.desc()).limit(limit))]


def running(session: ReadSession, kind: str) -> Operation | None:
    """The one of this kind that is not done, where there is one."""
    those = (T.c.account_id == session.account_id, T.c.kind == kind, T.c.state == "running")
    row = session.execute(sa.select(T).where(*those).order_by(T.c.id).limit(1)).one_or_none()
    return _operation(row) if row else None


def running_of(session: ReadSession, user_id: str) -> list[Operation]:
    """Those of the user's that are not done."""
    those = (T.c.account_id == session.account_id, T.c.state == "running", T.c.creator_user_id == user_id)
    return [_operation(row) for row in session.execute(sa.select(T).where(*those))]


def all_running(session: ReadSession) -> list[Operation]:
    """All that are not done; they are few."""
    return [_operation(row) for row in session.execute(sa.select(T).where(T.c.account_id == session.account_id, T.c.state == "running"))]


def count_running(session: ReadSession) -> int:
    those = (T.c.account_id == session.account_id, T.c.state == "running")
    return int(session.execute(sa.select(sa.func.count()).select_from(T).where(*those)).scalar_one())


def due(session: ReadSession) -> Operation | None:
    """Of all accounts, one that nobody works at."""
    row = session.execute(
        sa.select(T).where(T.c.state == "running", T.c.lease_time <= session.now).order_by(T.c.lease_time).limit(1)
    ).first()
    return _operation(row) if row else None


def hold_at(session: WriteSession, operation: Operation) -> bool:
    """Keep others from going on with it until the end of the session. False where it is not there any more: somebody else has gone on
    with it, or it has ended."""
    session.hold(_HOLD_HERE, _here(session, operation))
    return session.execute(_IS_HERE, _here(session, operation)).first() is not None


def advance(session: WriteSession, before: Operation, after: Operation) -> bool:
    """Write where the work is now and hold it for another while. False where somebody else has gone on from there meanwhile, or it was
    cancelled: then what this session did must not stay."""
    values = {name: getattr(after, name) for name in _MOVING}
    return session.execute(_ADVANCE, {**_here(session, before), **values, "lease_time": session.now + LEASE}).rowcount == 1


def _here(session: ReadSession, operation: Operation) -> dict[str, Any]:
    return {"this_account": session.account_id, "this_id": operation.id, "this_position": operation.position}


def end(session: WriteSession, operation_id: str, state: str, *, failure: str = "") -> None:
    """Let nobody go on with it; what has ended stays as it is."""
    running_one = (T.c.account_id == session.account_id, T.c.id == operation_id, T.c.state == "running")
    session.execute(sa.update(T).where(*running_one).values(state=state, end_time=session.now, failure=failure))


def let_go(session: WriteSession, operation: Operation) -> None:
    """Let anybody take the work up at once."""
    session.execute(sa.update(T).where(T.c.account_id == session.account_id, T.c.id == operation.id).values(lease_time=session.now))


def claim(session: WriteSession, operation: Operation) -> bool:
    """Hold the work; False where somebody else was faster."""
    free = (T.c.account_id == session.account_id, T.c.id == operation.id, T.c.state == "running", T.c.lease_time <= session.now)
    return session.execute(sa.update(T).where(*free).values(lease_time=session.now + LEASE)).rowcount == 1


def ended_before(session: ReadSession, moment: datetime, *, limit: int) -> list[tuple[str, str]]:
    """(account, id) of those that ended before, of all accounts."""
    rows = session.execute(sa.select(T.c.account_id, T.c.id).where(T.c.end_time < moment).order_by(T.c.end_time).limit(limit))
    return [(row.account_id, row.id) for row in rows]


def delete(session: WriteSession, account_id: str, operation_id: str) -> None:
    session.execute(sa.delete(T).where(T.c.account_id == account_id, T.c.id == operation_id))


def _operation(row: sa.Row[Any]) -> Operation:
    return Operation(**{name: value for name, value in row._mapping.items() if name in Operation.__dataclass_fields__})
