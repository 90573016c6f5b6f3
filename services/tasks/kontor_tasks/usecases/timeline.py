"""What shows on timelines, and where."""

from collections.abc import Collection
from dataclasses import replace

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_tasks.domain.entries import Entry
from kontor_tasks.domain.milestones import Milestone, entry_of
from kontor_tasks.domain.subjects import checked_subject, is_subject
from kontor_tasks.store import accounts, entries, links
from kontor_tasks.usecases import merges


def find(session: ReadSession, subject: str, *, kinds: Collection[str], after: entries.After | None, limit: int) -> list[Entry]:
    """The history of a record, newest first; empty for one that is unknown or gone. Raises InvalidArgument."""
    return entries.page(session, checked_subject(subject, required=True), kinds=kinds, after=after, limit=limit)


def show(session: WriteSession, entry: Entry, subjects: Collection[str]) -> None:
    """Hang a new entry on those of the subjects that are not gone; nothing is kept of one that would show nowhere."""
    living = merges.living(session, set(subjects))
    if living:
        put(session, entry, living)


def put(session: WriteSession, entry: Entry, subjects: Collection[str]) -> None:
    """Hang a new entry on subjects that are held and known to be there."""
    entries.insert(session, entry)
    links.add(session, entry, subjects)


def add_once(session: WriteSession, entry: Entry, subjects: Collection[str]) -> None:
    """Show an entry that never changes, however often it is told."""
    named = {subject for subject in subjects if is_subject(subject)}
    if entries.get(session, entry.id) is None:
        show(session, entry, named)


def hide(session: WriteSession, entry_id: str) -> None:
    """Take an entry off all timelines. Nothing happens where there is none."""
    links.delete(session, [entry_id])
    entries.delete(session, [entry_id])


def file_message(session: WriteSession, message: Entry, subjects: Collection[str]) -> None:
    """A message was filed at these subjects, beside those where it was filed before. What an older event says of the message
    itself is dropped, its subjects are not."""
    named = {subject for subject in subjects if is_subject(subject)}
    merges.hold(session, named)
    known = entries.get(session, message.id)
    if known is None:
        show(session, message, named)
        return
    there = links.direct_subjects(session, message.id)
    living = merges.living(session, named)
    kept = message if message.version > known.version else known
    if kept is known and living <= there:
        return
    if kept is message:
        entries.update(session, replace(message, create_time=known.create_time))
    links.delete(session, [kept.id])
    links.add(session, kept, living | there)


def add_milestone(session: WriteSession, milestone: Milestone) -> None:
    """Once, in whatever order the events come."""
    account = accounts.get(session)
    entry = entry_of(milestone, author_user_id=session.user_id, zone=account.time_zone, locale=account.locale)
    if entries.get(session, entry.id) is None:
        merges.hold(session, milestone.subjects)
        show(session, entry, milestone.subjects)
