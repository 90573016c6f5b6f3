"""kontor.tasks.v1.TaskService."""

from collections.abc import Sequence
from typing import Any

from google.protobuf.empty_pb2 import Empty

from kontor.tasks.v1 import tasks_pb2 as pb
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.etags import etag_of
from kontor_chassis.filters.lists import position_type, token_position
from kontor_chassis.filters.order import parse_order
from kontor_chassis.paging import open_page, open_time_page
from kontor_chassis.proto import Words, from_date, from_timestamp, to_date, to_timestamp
from kontor_chassis.references import Answers, write
from kontor_chassis.rpc.dispatch import Call
from kontor_tasks.clients import OWNERS
from kontor_tasks.domain.tasks import Task
from kontor_tasks.rpc.pages import fitting
from kontor_tasks.store import task_fields
from kontor_tasks.usecases import tasks

_KINDS = Words(pb.TaskKind)
_STATES = Words(pb.TaskState)
_PRIORITIES = Words(pb.Priority)


async def create_task(request: pb.CreateTaskRequest, call: Call) -> pb.Task:
    return await write(call, request, pb.Task, _create, owners=OWNERS)


def get_task(request: pb.GetTaskRequest, session: ReadSession) -> pb.Task:
    return _task_to(tasks.get(session, request.id))


def list_tasks(request: pb.ListTasksRequest, session: ReadSession) -> pb.ListTasksResponse:
    order = parse_order(request.order_by, fields=task_fields.ORDERS, default=task_fields.DEFAULT, custom=False)
    filters = {
        "state": _STATES.word(request.state, field="state"),
        "kind": _KINDS.word(request.kind, field="kind"),
        "assignee_user_id": request.assignee_user_id,
        "creator_user_id": request.creator_user_id,
        "subject": request.subject,
    }
    found: Sequence[tuple[tuple[Any, str], Task]]
    if request.filter or order != task_fields.DEFAULT:
        page = open_page(request, position=(position_type(task_fields.ORDERS[order.field]), str))
        found = tasks.find_filtered(session, request.filter, filters=filters, order=order, after=page.after, limit=page.size + 1)
    else:
        page, after = open_time_page(request)
        found = tasks.find(session, filters=filters, after=after, limit=page.size + 1)
    page = fitting(page, found, lambda item: len(item[1].note))
    kept, next_page_token = page.cut(found, lambda item: token_position(*item[0]))
    return pb.ListTasksResponse(tasks=[_task_to(task) for _, task in kept], next_page_token=next_page_token)


async def update_task(request: pb.UpdateTaskRequest, call: Call) -> pb.Task:
    return await write(call, request, pb.Task, _update, owners=OWNERS)


def delete_task(request: pb.DeleteTaskRequest, session: WriteSession) -> Empty:
    tasks.delete(session, request.id, etag=request.etag)
    return Empty()


def complete_task(request: pb.CompleteTaskRequest, session: WriteSession) -> pb.Task:
    return _task_to(tasks.complete(session, request.id, etag=request.etag))


def reopen_task(request: pb.ReopenTaskRequest, session: WriteSession) -> pb.Task:
    return _task_to(tasks.reopen(session, request.id, etag=request.etag))


def _create(request: pb.CreateTaskRequest, session: WriteSession, answers: Answers) -> pb.Task:
    return _task_to(tasks.create(session, _task_from(request.task), answers))


def _update(request: pb.UpdateTaskRequest, session: WriteSession, answers: Answers) -> pb.Task:
    task, etag = request.task, request.etag or request.task.etag
    return _task_to(tasks.update(session, task.id, _task_from(task), answers, mask=request.update_mask, etag=etag))


def _task_from(message: pb.Task) -> Task:
    return Task(
        title=message.title,
        kind=_KINDS.word(message.kind, field="kind") or "task",
        note=message.note,
        subject=message.subject,
        assignee_user_id=message.assignee_user_id,
        priority=_PRIORITIES.word(message.priority, field="priority") or "normal",
        due_date=from_date(message.due_date, field="due_date") if message.HasField("due_date") else None,
        due_time=from_timestamp(message.due_time, field="due_time") if message.HasField("due_time") else None,
    )


def _task_to(task: Task) -> pb.Task:
    return pb.Task(
        id=task.id,
        etag=etag_of(task.version),
        kind=_KINDS.number(task.kind),
        title=task.title,
        note=task.note,
        subject=task.subject,
        assignee_user_id=task.assignee_user_id,
        creator_user_id=task.creator_user_id,
        priority=_PRIORITIES.number(task.priority),
        due_date=to_date(task.due_date),
        due_time=to_timestamp(task.due_time),
        state=_STATES.number(task.state),
        complete_time=to_timestamp(task.complete_time),
        completer_user_id=task.completer_user_id,
        create_time=to_timestamp(task.create_time),
        update_time=to_timestamp(task.update_time),
    )
