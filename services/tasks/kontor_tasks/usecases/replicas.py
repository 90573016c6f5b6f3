"""What other services' records mean for where entries show: ties come, change and go; records are deleted."""

from collections.abc import Sequence

import structlog

from kontor_chassis.audit import deleted
from kontor_chassis.db.sessions import WriteSession
from kontor_tasks.domain.notes import Note
from kontor_tasks.domain.ties import Tie
from kontor_tasks.domain.wording import DEFAULT_LOCALE
from kontor_tasks.domain.zones import is_zone
from kontor_tasks.events import published
from kontor_tasks.store import accounts, entries, limits, links, locks, notes, records, tasks, ties
from kontor_tasks.store.tables import MERGES
from kontor_tasks.usecases import merges, rolling_up

log = structlog.get_logger()


def tied(session: WriteSession, source: str, subject: str, wanted: Sequence[Tie], *, sequence: int) -> None:
    """Let these be the ties that `source` makes from `subject`, and bring the links in step. Older news is dropped, and so
    are ties from or to what is gone."""
    before = _hold(session, source, subject)
    if not records.keep(session, source, sequence=sequence):
        return
    there = merges.living(session, {subject, *(tie.target for tie in wanted)})
    # One per target, the first one.
    living = {tie.target: tie for tie in reversed(wanted) if {tie.subject, tie.target} <= there}
    if set(before) == set(living.values()):
        return
    ties.replace(session, source, list(living.values()), root=MERGES.root(session, subject), zone=accounts.get(session).time_zone)
    _refresh(session, {subject, *(tie.subject for tie in before)})


def untied(session: WriteSession, source: str, subject: str, *, sequence: int) -> None:
    """The record that made ties from `subject` is deleted; that of a late older event stays so."""
    before = _hold(session, source, subject)
    if not records.keep(session, source, sequence=sequence, deleted=True):
        return
    if before:
        ties.delete(session, source)
        _refresh(session, {tie.subject for tie in before})


def record_deleted(session: WriteSession, ref: str, *, sequence: int) -> None:
    """A person, organisation, deal or project is gone: its timeline is empty, and what hung on nothing else is removed, notes
    for good. What hangs on others too stays there. Tasks stay as they are; only their entries go.

    With it goes what stood there because of merges, for an undo of these is at an end. What is told of one that was merged concerns
    only what was given its name."""
    root = merges.claim(session, [ref])[ref]
    if records.keep(session, ref, sequence=sequence, deleted=True):
        _empty(session, MERGES.members(session, ref) if root == ref else [ref])


def record_merged(session: WriteSession, ref: str, survivor: str, *, sequence: int) -> None:
    """Another one answers for this person or organisation. What stands at one that is gone goes the way of all that stood there."""
    roots = merges.merged(session, ref, survivor, sequence=sequence)
    if ties.are_there(session, roots):
        _refresh(session, roots)
    for root in records.gone(session, roots):
        _empty(session, MERGES.members(session, root))


def record_unmerged(session: WriteSession, ref: str, *, sequence: int) -> None:
    """It answers for itself again, and all that was given its name is its own again."""
    record_merged(session, ref, ref, sequence=sequence)


def visibility_told(session: WriteSession, ref: str, visible_to: Sequence[str], *, sequence: int) -> None:
    """Who may see this person from now on, and so what they sent; none named: everyone. Older news is dropped."""
    limits.keep(session, ref, visible_to, sequence=sequence)


def visibility_of_sender(session: WriteSession, ref: str, visible_to: Sequence[str]) -> None:
    """Who could see this person when they sent something. Any event about the person, heard before or after, counts more."""
    if visible_to:
        limits.keep_first(session, ref, visible_to)


def _hold(session: WriteSession, source: str, subject: str) -> list[Tie]:
    """The ties of the source, held together with what they tie now and shall tie."""
    locks.claim(session, [source])
    before = ties.of_source(session, source)
    merges.claim(session, {subject, *(tie.subject for tie in before)})
    return before


def _refresh(session: WriteSession, subjects: set[str]) -> None:
    """Bring in step what hangs on these, or on those who were merged with them."""
    rolling_up.refresh(session, {member for subject in subjects for member in MERGES.members(session, subject)})


def _empty(session: WriteSession, subjects: Sequence[str]) -> None:
    removed = 0
    while batch := links.orphans(session, subjects):
        _delete_notes(session, notes.by_ids(session, batch))
        links.delete(session, batch)
        entries.delete(session, batch)
        removed += len(batch)
    ties.delete_of(session, subjects)
    for subject in subjects:
        after = None
        while after := links.refresh(session, subject, after=after, limit=rolling_up.MOST_AT_ONCE):
            pass
        links.delete_at(session, subject)
    log.info("subject_deleted", subjects=list(subjects), entries_removed=removed)


def user_changed(session: WriteSession, user_id: str, *, active: bool, sequence: int) -> None:
    """Tasks are given to active users only. Those that a deactivated user has stay theirs."""
    records.keep(session, f"users/{user_id}", sequence=sequence, deleted=not active)


def _delete_notes(session: WriteSession, gone: Sequence[Note]) -> None:
    for note in gone:
        deleted(session, note.ref, {"subject": note.subject, "text": note.text})
        published.note_deleted(session, note)


def account_changed(session: WriteSession, account: accounts.Account, *, sequence: int) -> None:
    """Remember time zone and language. Another time zone moves the days of tasks and positions."""
    locks.claim_account(session)
    before = accounts.get(session)
    accounts.keep(session, _usable(account), sequence=sequence)
    after = accounts.get(session)
    if before.time_zone == after.time_zone:
        return
    tasks.move_days(session, before=before.time_zone, after=after.time_zone)
    for subjects in ties.move_days(session, zone=after.time_zone):
        rolling_up.refresh(session, subjects)


def _usable(account: accounts.Account) -> accounts.Account:
    if is_zone(account.time_zone):
        return accounts.Account(time_zone=account.time_zone, locale=account.locale or DEFAULT_LOCALE)
    log.warning("time_zone_unknown", time_zone=account.time_zone)
    return accounts.Account(locale=account.locale or DEFAULT_LOCALE)
