"""kontor.tasks.v1.NoteService."""

from google.protobuf.empty_pb2 import Empty

from kontor.tasks.v1 import notes_pb2 as pb
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.etags import etag_of
from kontor_chassis.proto import from_timestamp, to_timestamp
from kontor_chassis.references import Answers, write
from kontor_chassis.rpc.dispatch import Call
from kontor_tasks.clients import OWNERS
from kontor_tasks.domain.notes import Note
from kontor_tasks.usecases import notes


async def create_note(request: pb.CreateNoteRequest, call: Call) -> pb.Note:
    return await write(call, request, pb.Note, _create, owners=OWNERS)


def get_note(request: pb.GetNoteRequest, session: ReadSession) -> pb.Note:
    return _note_to(notes.get(session, request.id))


async def update_note(request: pb.UpdateNoteRequest, call: Call) -> pb.Note:
    return await write(call, request, pb.Note, _update, owners=OWNERS)


def delete_note(request: pb.DeleteNoteRequest, session: WriteSession) -> Empty:
    notes.delete(session, request.id, etag=request.etag)
    return Empty()


def _create(request: pb.CreateNoteRequest, session: WriteSession, answers: Answers) -> pb.Note:
    return _note_to(notes.create(session, _note_from(request.note), answers))


def _update(request: pb.UpdateNoteRequest, session: WriteSession, answers: Answers) -> pb.Note:
    note, etag = request.note, request.etag or request.note.etag
    return _note_to(notes.update(session, note.id, _note_from(note), answers, mask=request.update_mask, etag=etag))


def _note_from(message: pb.Note) -> Note:
    return Note(
        subject=message.subject,
        text=message.text,
        occur_time=from_timestamp(message.occur_time, field="occur_time") if message.HasField("occur_time") else None,
    )


def _note_to(note: Note) -> pb.Note:
    return pb.Note(
        id=note.id,
        etag=etag_of(note.version),
        subject=note.subject,
        text=note.text,
        author_user_id=note.author_user_id,
        occur_time=to_timestamp(note.occur_time),
        create_time=to_timestamp(note.create_time),
        update_time=to_timestamp(note.update_time),
    )
