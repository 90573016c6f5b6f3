"""Our facts, written to the outbox of the session in which they become true."""

from collections.abc import Sequence

from kontor.tasks.events.v1 import events_pb2 as pb
from kontor_chassis.db.sessions import WriteSession
from kontor_chassis.proto import to_date, to_timestamp
from kontor_tasks.domain.notes import Note
from kontor_tasks.domain.tasks import Task

_EXCERPT = 200


def task_created(session: WriteSession, task: Task) -> None:
    session.publish(pb.TaskCreated(task=_task(task)), subject=task.ref, sequence=task.version)


def task_updated(session: WriteSession, task: Task, changed: Sequence[str]) -> None:
    session.publish(pb.TaskUpdated(task=_task(task), changed_fields=changed), subject=task.ref, sequence=task.version)


def task_completed(session: WriteSession, task: Task) -> None:
    session.publish(pb.TaskCompleted(task=_task(task)), subject=task.ref, sequence=task.version)


def task_reopened(session: WriteSession, task: Task) -> None:
    session.publish(pb.TaskReopened(task=_task(task)), subject=task.ref, sequence=task.version)


def task_deleted(session: WriteSession, task: Task) -> None:
    session.publish(pb.TaskDeleted(id=task.id), subject=task.ref, sequence=task.version + 1)


def note_created(session: WriteSession, note: Note) -> None:
    session.publish(pb.NoteCreated(note=_note(note)), subject=note.ref, sequence=note.version)


def note_updated(session: WriteSession, note: Note) -> None:
    session.publish(pb.NoteUpdated(note=_note(note)), subject=note.ref, sequence=note.version)


def note_deleted(session: WriteSession, note: Note) -> None:
    session.publish(pb.NoteDeleted(id=note.id), subject=note.ref, sequence=note.version + 1)


def _task(task: Task) -> pb.TaskFacts:
    return pb.TaskFacts(
        id=task.id,
        title=task.title,
        subject=task.subject,
        assignee_user_id=task.assignee_user_id,
        creator_user_id=task.creator_user_id,
        state=task.state,
        due_date=to_date(task.due_date),
        due_time=to_timestamp(task.due_time),
    )


def _note(note: Note) -> pb.NoteFacts:
    return pb.NoteFacts(id=note.id, subject=note.subject, author_user_id=note.author_user_id, excerpt=note.text[:_EXCERPT])
