"""What can happen to a task."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from kontor_chassis import audit
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.errors import Aborted, NotFound
from kontor_chassis.etags import check_etag, etag_of
from kontor_chassis.filters.grammar import parse
from kontor_chassis.filters.lists import places
from kontor_chassis.filters.order import Order
from kontor_chassis.filters.tree import narrowed
from kontor_chassis.ids import is_id, new_id
from kontor_chassis.references import Answers
from kontor_tasks.domain.subjects import checked_subject, checked_user_id
from kontor_tasks.domain.tasks import Task, changed_fields, checked_task, entry_of, with_changes
from kontor_tasks.events import published
from kontor_tasks.store import accounts, task_fields, tasks
from kontor_tasks.usecases import merges, references, timeline


def create(session: WriteSession, wanted: Task, answers: Answers) -> Task:
    """Raises InvalidArgument, Unanswered. Without an assignee it is the caller's; about a record that was merged: about the one that
    answers for it."""
    task = replace(
        checked_task(replace(wanted, assignee_user_id=wanted.assignee_user_id or session.user_id)),
        id=new_id(),
        version=1,
        creator_user_id=session.user_id,
        create_time=session.now,
        update_time=session.now,
    )
    roots = merges.hold(session, [task.subject])
    if task.subject:
        task = replace(task, subject=roots[task.subject], given_subject=roots[task.subject])
    references.require(session, _named(session, task, ("subject", "assignee_user_id")), answers)
    tasks.insert(session, task, zone=accounts.get(session).time_zone)
    audit.created(session, task.ref, {name: getattr(task, name) for name in changed_fields(Task(title=""), task)})
    published.task_created(session, task)
    return task


def get(session: ReadSession, task_id: str) -> Task:
    """Raises NotFound."""
    task = tasks.get(session, task_id) if is_id(task_id) else None
    if task is None:
        raise NotFound("The task does not exist.")
    return task


def find(session: ReadSession, *, filters: Mapping[str, str], after: tasks.After | None, limit: int) -> list[tuple[tasks.After, Task]]:
    """Tasks by due date, each with its place in the list. Empty filters mean nothing. Raises InvalidArgument."""
    return tasks.page(session, filters=_checked(filters), after=after, limit=limit)


def find_filtered(
    session: ReadSession, text: str, *, filters: Mapping[str, str], order: Order, after: tuple[Any, ...] | None, limit: int
) -> list[tuple[tuple[Any, str], Task]]:
    """Those that a filter in words lets through, too, in any order, each with its place in the list. Raises InvalidArgument."""
    listing = task_fields.listing(session)
    node = parse(text)
    for name, value in _checked(filters).items():
        node = narrowed(node, name.removesuffix("_user_id"), [value])
    found = places(session, listing, task_fields.compiler(session, listing), node, order=order, after=after, limit=limit)
    return tasks.filtered(session, found, descending=order.descending)


def _checked(filters: Mapping[str, str]) -> dict[str, str]:
    wanted = {name: value for name, value in filters.items() if value}
    checked_subject(wanted.get("subject", ""))
    for name in ("assignee_user_id", "creator_user_id"):
        if name in wanted:
            checked_user_id(wanted[name], field=name)
    return wanted


def update(session: WriteSession, task_id: str, wanted: Task, answers: Answers, *, mask: Collection[str], etag: str) -> Task:
    """Set the fields in `mask`. Nothing happens where nothing differs. Raises NotFound, Aborted, InvalidArgument, Unanswered."""
    before, root = _lock(session, task_id, etag, wanted.subject if "subject" in mask else "")
    after = checked_task(with_changes(before, replace(wanted, subject=root), mask))
    changed = changed_fields(before, after)
    if not changed:
        return before
    if "subject" in changed:
        after = replace(after, given_subject=after.subject)
    references.require(session, _named(session, after, changed), answers)
    after = replace(after, version=before.version + 1, update_time=session.now)
    _store(session, before, after)
    audit.updated(session, after.ref, {name: (getattr(before, name), getattr(after, name)) for name in changed})
    published.task_updated(session, after, changed)
    return after


def complete(session: WriteSession, task_id: str, *, etag: str) -> Task:
    """Mark as done, by the caller and now; a task that is done stays as it is. Raises NotFound, Aborted."""
    before, _ = _lock(session, task_id, etag)
    if before.state == "done":
        return before
    after = replace(
        before,
        state="done",
        complete_time=session.now,
        completer_user_id=session.user_id,
        version=before.version + 1,
        update_time=session.now,
    )
    _store(session, before, after)
    session.audit(after.ref, "complete", {"state": (before.state, after.state)})
    published.task_completed(session, after)
    return after


def reopen(session: WriteSession, task_id: str, *, etag: str) -> Task:
    """Open a done task again; an open one stays as it is. Raises NotFound, Aborted."""
    before, _ = _lock(session, task_id, etag)
    if before.state == "open":
        return before
    after = replace(before, state="open", complete_time=None, completer_user_id="", version=before.version + 1, update_time=session.now)
    _store(session, before, after)
    session.audit(after.ref, "reopen", {"state": (before.state, after.state)})
    published.task_reopened(session, after)
    return after


def delete(session: WriteSession, task_id: str, *, etag: str) -> None:
    """The task and its entry are gone; the audit keeps what it was. Raises NotFound, Aborted."""
    task, _ = _lock(session, task_id, etag)
    if task.state == "done":
        timeline.hide(session, task.id)
    tasks.delete(session, task.id)
    audit.deleted(session, task.ref, {name: getattr(task, name) for name in ("title", "subject", "state")})
    published.task_deleted(session, task)


def _named(session: WriteSession, task: Task, fields: Collection[str]) -> dict[str, str]:
    """The records of others that these fields name, but for the caller, who is there."""
    named = {}
    if "subject" in fields and task.subject:
        named[task.subject] = "subject"
    if "assignee_user_id" in fields and task.assignee_user_id != session.user_id:
        named[f"users/{task.assignee_user_id}"] = "assignee_user_id"
    return named


def _store(session: WriteSession, before: Task, after: Task) -> None:
    """Write the task, and let its subject's timeline show it as long as it is done."""
    tasks.update(session, after, zone=accounts.get(session).time_zone)
    if before.state == "done":
        timeline.hide(session, after.id)
    if after.state == "done" and after.subject:
        timeline.show(session, entry_of(after), [after.given_subject])


def _lock(session: WriteSession, task_id: str, etag: str, new_subject: str = "") -> tuple[Task, str]:
    """The task, held together with its subject and the one that it is to get (see store/locks.py); and who answers for that one."""
    seen = get(session, task_id)
    roots = merges.hold(session, [seen.subject, checked_subject(new_subject)])
    task = tasks.lock(session, task_id)
    if task is None:
        raise NotFound("The task does not exist.")
    check_etag(etag, task.version)
    if task.subject != seen.subject:
        raise Aborted("It was moved in the meantime; read it again.", detail={"etag": etag_of(task.version)})
    return task, roots.get(new_subject, "")
