"""Every SQL statement about tasks."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.text import fold
from kontor_tasks.domain.tasks import Task, due_key
from kontor_tasks.domain.zones import day_start
from kontor_tasks.store.tables import MERGES
from kontor_tasks.store.tables import TASKS as T

# A place in a list: due key and id.
After = tuple[datetime, str]

STATES = ("open", "done")
# With the subject that answers for the one given.
_WHOLE = sa.select(T, MERGES.root_of(T.c.account_id, T.c.subject).label("root"))
# Beyond so many walks in one statement, all tasks of a subject are looked through instead: hundreds of records found to be one.
_MOST_WALKS = 60


def get(session: ReadSession, task_id: str) -> Task | None:
    row = session.execute(_WHOLE.where(T.c.account_id == session.account_id, T.c.id == task_id)).one_or_none()
    return _task(row) if row else None


def lock(session: WriteSession, task_id: str) -> Task | None:
    """The task, with its row locked until the end of the session."""
    session.hold(sa.select(T.c.id).where(T.c.account_id == session.account_id, T.c.id == task_id).with_for_update())
    return get(session, task_id)


def by_ids(session: ReadSession, ids: Collection[str]) -> list[Task]:
    """Those that exist, in no particular order."""
    return [_task(row) for row in session.execute(_WHOLE.where(T.c.account_id == session.account_id, T.c.id.in_(ids)))]


def all_after(session: ReadSession, after: str, limit: int) -> list[Task]:
    """Tasks by id, for reading all of them."""
    statement = _WHOLE.where(T.c.account_id == session.account_id, T.c.id > after).order_by(T.c.id).limit(limit)
    return [_task(row) for row in session.execute(statement)]


def page(session: ReadSession, *, filters: Mapping[str, str], after: After | None, limit: int) -> list[tuple[After, Task]]:
    """Tasks and their place in the list, by due key. `filters` are columns and the values wanted of them; where the state is
    not among them, the walks through both states are merged, and so are those along all that were merged into the subject."""
    states = [filters["state"]] if "state" in filters else STATES
    same = MERGES.members(session, filters["subject"]) if "subject" in filters else []
    subjects = [[ref] for ref in same] if len(same) * len(states) <= _MOST_WALKS else [same]
    rest = {name: value for name, value in filters.items() if name not in ("state", "subject")}
    walks = [_walk(session, {**rest, "state": state}, among, after, limit).subquery() for state in states for among in subjects or [[]]]
    found = sa.union_all(*(sa.select(walk) for walk in walks)).subquery()
    rows = session.execute(sa.select(found).order_by(found.c.due_key, found.c.id).limit(limit))
    return [((row.due_key, row.id), _task(row)) for row in rows]


def filtered(session: ReadSession, places: sa.Select[Any], *, descending: bool) -> list[tuple[tuple[Any, str], Task]]:
    """The tasks at these places (`key` and `id`), in their order, each with its key and id."""
    found = places.subquery("places")
    statement = _WHOLE.add_columns(found.c.key).join(found, sa.and_(T.c.account_id == session.account_id, T.c.id == found.c.id))
    ways = (found.c.key.desc(), T.c.id.desc()) if descending else (found.c.key, T.c.id)
    return [((row.key, row.id), _task(row)) for row in session.execute_planned_anew(statement.order_by(*ways))]


def _walk(session: ReadSession, filters: Mapping[str, str], subjects: Sequence[str], after: After | None, limit: int) -> sa.Select[Any]:
    """Along these subjects; none: whatever the tasks are about."""
    statement = _WHOLE.where(T.c.account_id == session.account_id, *(T.c[name] == value for name, value in sorted(filters.items())))
    if subjects:
        statement = statement.where(T.c.subject == subjects[0] if len(subjects) == 1 else T.c.subject.in_(subjects))
    if after:
        statement = statement.where(sa.tuple_(T.c.due_key, T.c.id) > after)
    return statement.order_by(T.c.due_key, T.c.id).limit(limit)


def versions_in_feed(session: ReadSession, user_id: str, *, since: datetime, limit: int) -> Sequence[tuple[str, int]]:
    """Id and version of what `feed` answers, in its order."""
    rows = session.execute(_feed(session, sa.select(T.c.id, T.c.version), user_id, since, limit))
    return [(row.id, row.version) for row in rows]


def feed(session: ReadSession, user_id: str, *, since: datetime, limit: int) -> list[Task]:
    """Open tasks of an assignee by due key, without those that were due before `since`."""
    return [_task(row) for row in session.execute(_feed(session, _WHOLE, user_id, since, limit))]


def _feed(session: ReadSession, columns: sa.Select[Any], user_id: str, since: datetime, limit: int) -> sa.Select[Any]:
    which = (T.c.account_id == session.account_id, T.c.assignee_user_id == user_id, T.c.state == "open", T.c.due_key >= since)
    return columns.where(*which).order_by(T.c.due_key, T.c.id).limit(limit)


def insert(session: WriteSession, task: Task, *, zone: str) -> None:
    origin = {"creator_user_id": task.creator_user_id, "create_time": task.create_time}
    session.execute(sa.insert(T).values(account_id=session.account_id, **origin, **_values(task, zone)))


def update(session: WriteSession, task: Task, *, zone: str) -> None:
    """The caller holds the row and has raised the version."""
    session.execute(sa.update(T).where(T.c.account_id == session.account_id, T.c.id == task.id).values(_values(task, zone)))


def delete(session: WriteSession, task_id: str) -> None:
    session.execute(sa.delete(T).where(T.c.account_id == session.account_id, T.c.id == task_id))


def move_days(session: WriteSession, *, before: str, after: str) -> None:
    """Compute the keys of tasks that are due on a day anew, because the account's time zone is now `after`. One statement per
    day on which something is due, each finding its tasks by their old key."""
    mine = (T.c.account_id == session.account_id, T.c.due_date.is_not(None))
    for text in session.execute(sa.select(T.c.due_date).where(*mine).distinct()).scalars().all():
        day = date.fromisoformat(text)
        which = (T.c.state.in_(STATES), T.c.due_key == day_start(day, before), T.c.due_date == text)
        session.execute(sa.update(T).where(*mine, *which).values(due_key=day_start(day, after)))


def _values(task: Task, zone: str) -> dict[str, Any]:
    return {
        "id": task.id,
        "version": task.version,
        "kind": task.kind,
        "title": task.title,
        "title_key": fold(task.title),
        "note": task.note,
        "subject": task.given_subject,
        "assignee_user_id": task.assignee_user_id,
        "priority": task.priority,
        "due_date": task.due_date.isoformat() if task.due_date else None,
        "due_time": task.due_time,
        "due_key": due_key(task, zone),
        "state": task.state,
        "complete_time": task.complete_time,
        "completer_user_id": task.completer_user_id,
        "update_time": task.update_time,
    }


def _task(row: sa.Row[Any]) -> Task:
    return Task(
        id=row.id,
        version=row.version,
        kind=row.kind,
        title=row.title,
        note=row.note,
        subject=row.root,
        given_subject=row.subject,
        assignee_user_id=row.assignee_user_id,
        creator_user_id=row.creator_user_id,
        priority=row.priority,
        due_date=date.fromisoformat(row.due_date) if row.due_date else None,
        due_time=row.due_time,
        state=row.state,
        complete_time=row.complete_time,
        completer_user_id=row.completer_user_id,
        create_time=row.create_time,
        update_time=row.update_time,
    )
