"""kontor.type.v1.DocumentSource: notes and tasks as search sees them. Messages are mail-ingest's."""

from kontor.type.v1 import document_pb2 as pb
from kontor_chassis.db.sessions import ReadSession
from kontor_chassis.paging import open_page
from kontor_chassis.proto import to_timestamp
from kontor_tasks.domain.notes import Note
from kontor_tasks.domain.tasks import Task
from kontor_tasks.rpc.pages import fitting
from kontor_tasks.store import notes, tasks

_MAX_SIZE = 100


def batch_get_documents(request: pb.BatchGetDocumentsRequest, session: ReadSession) -> pb.BatchGetDocumentsResponse:
    wanted: dict[str, list[str]] = {"notes": [], "tasks": []}
    for ref in request.refs[:_MAX_SIZE]:
        noun, _, record_id = ref.partition("/")
        if noun in wanted:
            wanted[noun].append(record_id)
    documents = [_of_note(item) for item in notes.by_ids(session, wanted["notes"])] if wanted["notes"] else []
    if wanted["tasks"]:
        documents += [_of_task(item) for item in tasks.by_ids(session, wanted["tasks"])]
    return pb.BatchGetDocumentsResponse(documents=documents)


def list_documents(request: pb.ListDocumentsRequest, session: ReadSession) -> pb.ListDocumentsResponse:
    """Notes by id, then tasks by id."""
    page = open_page(request, position=(str, str), max_size=_MAX_SIZE)
    noun, after = page.after or ("notes", "")
    documents: list[tuple[tuple[str, str], pb.Document]] = []
    if noun == "notes":
        documents = [(("notes", item.id), _of_note(item)) for item in notes.all_after(session, after, page.size + 1)]
        after = ""
    if len(documents) <= page.size:
        rest = tasks.all_after(session, after, page.size + 1 - len(documents))
        documents += [(("tasks", item.id), _of_task(item)) for item in rest]
    page = fitting(page, documents, lambda item: len(item[1].text))
    kept, next_page_token = page.cut(documents, lambda item: item[0])
    return pb.ListDocumentsResponse(documents=[document for _, document in kept], next_page_token=next_page_token)


def _of_note(note: Note) -> pb.Document:
    return pb.Document(
        ref=note.ref,
        kind="note",
        title=note.title,
        text=note.text,
        subjects=[note.subject],
        owner_user_id=note.author_user_id,
        update_time=to_timestamp(note.update_time),
        sequence=note.version,
    )


def _of_task(task: Task) -> pb.Document:
    return pb.Document(
        ref=task.ref,
        kind="task",
        title=task.title,
        text=task.note,
        subjects=[task.subject] if task.subject else [],
        owner_user_id=task.assignee_user_id,
        update_time=to_timestamp(task.update_time),
        sequence=task.version,
    )
