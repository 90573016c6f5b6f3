"""kontor.tasks.v1.TaskService."""

from collections.abc import Mapping
from typing import Any

from google.protobuf.empty_pb2 import Empty

from kontor.tasks.v1 import tasks_pb2 as pb
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.db.types import micros
from kontor_chassis.errors import invalid
from kontor_chassis.etags import etag_of
from kontor_chassis.paging import open_page
from kontor_chassis.proto import from_date, from_timestamp, to_date, to_timestamp
from kontor_tasks.domain.tasks import Task
from kontor_tasks.rpc.pages import fitting, moment
from kontor_tasks.usecases import tasks

_KINDS = {number: name.removeprefix("TASK_KIND_").lower() for name, number in pb.TaskKind.items() if number}
_STATES = {number: name.removeprefix("TASK_STATE_").lower() for name, number in pb.TaskState.items() if number}
_PRIORITIES = {number: name.removeprefix("PRIORITY_").lower() for name, number in pb.Priority.items() if number}
_KIND_OF = {word: pb.TaskKind.ValueType(number) for number, word in _KINDS.items()}
_STATE_OF = {word: pb.TaskState.ValueType(number) for number, word in _STATES.items()}
_PRIORITY_OF = {word: pb.Priority.ValueType(number) for number, word in _PRIORITIES.items()}


def create_task(request: pb.CreateTaskRequest, session: WriteSession) -> pb.Task:
    return _task_to(tasks.create(session, _task_from(request.task)))


def get_task(request: pb.GetTaskRequest, session: ReadSession) -> pb.Task:
    return _task_to(tasks.get(session, request.id))


def list_tasks(request: pb.ListTasksRequest, session: ReadSession) -> pb.ListTasksResponse:
    page = open_page(request, position=(int, str))
    filters = {
        "state": _word(_STATES, request.state, field="state"),
        "kind": _word(_KINDS, request.kind, field="kind"),
        "assignee_user_id": request.assignee_user_id,
        "creator_user_id": request.creator_user_id,
        "subject": request.subject,
    }
    after = (moment(page.after[0]), page.after[1]) if page.after else None
    found = tasks.find(session, filters=filters, after=after, limit=page.size + 1)
    page = fitting(page, found, lambda item: len(item[1].note))
    kept, next_page_token = page.cut(found, lambda item: (micros(item[0][0]), item[0][1]))
    return pb.ListTasksResponse(tasks=[_task_to(task) for _, task in kept], next_page_token=next_page_token)


def update_task(request: pb.UpdateTaskRequest, session: WriteSession) -> pb.Task:
    task = request.task
    return _task_to(tasks.update(session, task.id, _task_from(task), mask=request.update_mask, etag=request.etag or task.etag))


def delete_task(request: pb.DeleteTaskRequest, session: WriteSession) -> Empty:
    tasks.delete(session, request.id, etag=request.etag)
    return Empty()


def complete_task(request: pb.CompleteTaskRequest, session: WriteSession) -> pb.Task:
    return _task_to(tasks.complete(session, request.id, etag=request.etag))


def reopen_task(request: pb.ReopenTaskRequest, session: WriteSession) -> pb.Task:
    return _task_to(tasks.reopen(session, request.id, etag=request.etag))


def _word(words: Mapping[Any, str], number: int, *, field: str) -> str:
    """The word of an enum's number; empty for none. Raises InvalidArgument for a number of a newer release."""
    if number and number not in words:
        raise invalid(field, "is not known")
    return words.get(number, "")


def _task_from(message: pb.Task) -> Task:
    return Task(
        title=message.title,
        kind=_word(_KINDS, message.kind, field="kind") or "task",
        note=message.note,
        subject=message.subject,
        assignee_user_id=message.assignee_user_id,
        priority=_word(_PRIORITIES, message.priority, field="priority") or "normal",
        due_date=from_date(message.due_date, field="due_date") if message.HasField("due_date") else None,
        due_time=from_timestamp(message.due_time, field="due_time") if message.HasField("due_time") else None,
    )


def _task_to(task: Task) -> pb.Task:
    return pb.Task(
        id=task.id,
        etag=etag_of(task.version),
        kind=_KIND_OF[task.kind],
        title=task.title,
        note=task.note,
        subject=task.subject,
        assignee_user_id=task.assignee_user_id,
        creator_user_id=task.creator_user_id,
        priority=_PRIORITY_OF[task.priority],
        due_date=to_date(task.due_date),
        due_time=to_timestamp(task.due_time),
        state=_STATE_OF[task.state],
        complete_time=to_timestamp(task.complete_time),
        completer_user_id=task.completer_user_id,
        create_time=to_timestamp(task.create_time),
        update_time=to_timestamp(task.update_time),
    )
