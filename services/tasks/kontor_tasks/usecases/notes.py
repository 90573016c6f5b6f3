"""What can happen to a note."""

from collections.abc import Collection
from dataclasses import replace

from kontor_chassis import audit
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.errors import Aborted, NotFound
from kontor_chassis.etags import check_etag, etag_of
from kontor_chassis.ids import is_id, new_id
from kontor_chassis.references import Answers
from kontor_tasks.domain.notes import WRITABLE, Note, changed_fields, checked_note, entry_of, with_changes
from kontor_tasks.domain.subjects import checked_subject
from kontor_tasks.events import published
from kontor_tasks.store import entries, links, notes
from kontor_tasks.usecases import merges, references, timeline


def create(session: WriteSession, wanted: Note, answers: Answers) -> Note:
    """On a record that was merged: on the one that answers for it. Raises InvalidArgument, Unanswered."""
    note = replace(
        checked_note(replace(wanted, occur_time=wanted.occur_time or session.now)),
        id=new_id(),
        version=1,
        author_user_id=session.user_id,
        create_time=session.now,
        update_time=session.now,
    )
    note = replace(note, subject=merges.hold(session, [note.subject])[note.subject])
    references.require(session, {note.subject: "subject"}, answers)
    timeline.put(session, entry_of(note), [note.subject])
    audit.created(session, note.ref, {name: getattr(note, name) for name in sorted(WRITABLE)})
    published.note_created(session, note)
    return note


def get(session: ReadSession, note_id: str) -> Note:
    """Raises NotFound."""
    note = notes.get(session, note_id) if is_id(note_id) else None
    if note is None:
        raise NotFound("The note does not exist.")
    return note


def update(session: WriteSession, note_id: str, wanted: Note, answers: Answers, *, mask: Collection[str], etag: str) -> Note:
    """Set the fields in `mask`. Nothing happens where nothing differs. Raises NotFound, Aborted, InvalidArgument, Unanswered."""
    before, root = _lock(session, note_id, etag, wanted.subject if "subject" in mask else "")
    after = checked_note(with_changes(before, replace(wanted, subject=root), mask))
    changed = changed_fields(before, after)
    if not changed:
        return before
    after = replace(after, version=before.version + 1, update_time=session.now)
    if "subject" in changed:
        references.require(session, {after.subject: "subject"}, answers)
    entries.update(session, entry_of(after))
    if changed != ["text"]:
        # As it was given: an undone merge gives it back, unless somebody has hung it elsewhere since.
        subjects = {after.subject} if "subject" in changed else links.direct_subjects(session, after.id)
        links.delete(session, [after.id])
        links.add(session, entry_of(after), subjects)
    audit.updated(session, after.ref, {name: (getattr(before, name), getattr(after, name)) for name in changed})
    published.note_updated(session, after)
    return after


def delete(session: WriteSession, note_id: str, *, etag: str) -> None:
    """Raises NotFound, Aborted."""
    note, _ = _lock(session, note_id, etag)
    timeline.hide(session, note.id)
    audit.deleted(session, note.ref, {"subject": note.subject, "text": note.text})
    published.note_deleted(session, note)


def _lock(session: WriteSession, note_id: str, etag: str, new_subject: str = "") -> tuple[Note, str]:
    """The note, held together with its subject and the one that it is to get (see store/locks.py); and who answers for that one."""
    seen = get(session, note_id)
    roots = merges.hold(session, [seen.subject, checked_subject(new_subject)])
    note = notes.lock(session, note_id)
    if note is None:
        raise NotFound("The note does not exist.")
    check_etag(etag, note.version)
    if note.subject != seen.subject:
        raise Aborted("It was moved in the meantime; read it again.", detail={"etag": etag_of(note.version)})
    return note, roots.get(new_subject, "")
