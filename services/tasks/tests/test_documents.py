"""Notes and tasks as search sees them (F1)."""

from dataclasses import replace

import pytest

from kontor.tasks.v1 import notes_pb2 as notes
from kontor.tasks.v1 import tasks_pb2
from kontor.type.v1 import document_pb2 as pb
from kontor_chassis.errors import PermissionDenied
from kontor_chassis.ids import new_id
from kontor_chassis.principal import Principal, service_principal
from kontor_chassis.testing import Harness


def search(tasks: Harness) -> Principal:
    return service_principal("operator", account_id=tasks.user.account_id, scopes=["documents.read"])


async def test_a_document_says_what_a_note_or_task_is_about(tasks: Harness) -> None:
    subject, colleague = f"persons/{new_id()}", new_id()
    note = await tasks.call(notes.CreateNoteRequest(note=notes.Note(subject=subject, text="Erste Zeile\nZweite")))
    wanted = tasks_pb2.Task(title="Anruf", note="wegen Wartung", subject=subject, assignee_user_id=colleague)
    task = await tasks.call(tasks_pb2.CreateTaskRequest(task=wanted))
    refs = [f"tasks/{task.id}", f"notes/{note.id}", f"notes/{new_id()}", f"notes/{task.id}", f"persons/{new_id()}", "nonsense"]
    answered = await tasks.call(pb.BatchGetDocumentsRequest(refs=refs), user=search(tasks))
    of_note, of_task = answered.documents
    assert (of_note.ref, of_note.kind, of_note.title, of_note.text) == (f"notes/{note.id}", "note", "Erste Zeile", "Erste Zeile\nZweite")
    assert (list(of_note.subjects), of_note.owner_user_id, of_note.sequence) == ([subject], tasks.user.user_id, 1)
    assert (of_task.ref, of_task.kind, of_task.title, of_task.text) == (f"tasks/{task.id}", "task", "Anruf", "wegen Wartung")
    assert (list(of_task.subjects), of_task.owner_user_id, of_task.sequence) == ([subject], colleague, 1)


async def test_all_documents_are_listed_page_by_page(tasks: Harness) -> None:
    subject = f"persons/{new_id()}"
    refs = [f"notes/{(await tasks.call(notes.CreateNoteRequest(note=notes.Note(subject=subject, text='x')))).id}" for _ in range(3)]
    for title in "abc":
        task = await tasks.call(tasks_pb2.CreateTaskRequest(task=tasks_pb2.Task(title=title, subject=subject)))
        refs.append(f"tasks/{task.id}")
    # Its entry is no document of its own.
    await tasks.call(tasks_pb2.CompleteTaskRequest(id=task.id))
    for size in (1, 2, 3, 4, 500):
        seen: list[str] = []
        token = ""
        while True:
            page = await tasks.call(pb.ListDocumentsRequest(page_size=size, page_token=token), user=search(tasks))
            seen += [document.ref for document in page.documents]
            token = page.next_page_token
            if not token:
                break
        assert seen == refs


async def test_documents_are_for_services_only_and_of_one_account(tasks: Harness) -> None:
    await tasks.call(tasks_pb2.CreateTaskRequest(task=tasks_pb2.Task(title="x")))
    user = replace(tasks.user, scopes=frozenset({"documents.read"}))
    with pytest.raises(PermissionDenied):
        await tasks.call(pb.ListDocumentsRequest(), user=user)
    stranger = replace(search(tasks), account_id=new_id())
    assert (await tasks.call(pb.ListDocumentsRequest(), user=stranger)).documents == []
