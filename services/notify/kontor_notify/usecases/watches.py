"""What can happen to a watch. A user acts on their own ones only."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from kontor_chassis.audit import created, deleted
from kontor_chassis.db import locks
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.errors import NotFound, PermissionDenied
from kontor_chassis.ids import is_id, new_id
from kontor_chassis.references import Answers
from kontor_notify.domain.watches import ACTIVE, ENDED, WATCHER, Watch, checked_subject
from kontor_notify.store import watches
from kontor_notify.store.tables import MERGES
from kontor_notify.usecases import happenings, references


def start(session: WriteSession, subject: str, answers: Answers) -> Watch:
    """Let the caller watch a record, or the one into which it went; answers the watch that exists where they do already.

    Raises InvalidArgument, Unanswered, PermissionDenied where the caller is no user.
    """
    if not session.user_id:
        raise PermissionDenied("Only a user can watch.")
    records = _records(session, checked_subject(subject))
    subject = records[0]
    references.require_subject(session, subject, answers)
    if len(records) > 1 and (before := watches.active_at(session, records)):
        return replace(before[0], subject=subject)
    wanted = Watch(id=new_id(), user_id=session.user_id, subject=subject, reason=WATCHER, create_time=session.now)
    if not watches.insert(session, wanted):
        known = watches.lock_at(session, subject)
        if known.state == ACTIVE:
            return known
        wanted = replace(wanted, id=known.id)
        watches.restart(session, wanted)
    created(session, f"watches/{wanted.id}", {"subject": subject, "user_id": wanted.user_id})
    return wanted


def find(session: ReadSession, *, subject: str, after: watches.After | None, limit: int) -> list[Watch]:
    """Raises InvalidArgument."""
    among = _records(session, checked_subject(subject)) if subject else []
    return watches.page(session, among=among, after=after, limit=limit)


def stop(session: WriteSession, watch_id: str) -> None:
    """Of watches at records that were merged all end: for the user they are one. Raises NotFound."""
    watch = watches.lock(session, watch_id) if is_id(watch_id) else None
    records = _records(session, watch.subject) if watch is not None and watch.state == ACTIVE else []
    if watch is None or not records or watches.is_ended(session, records[0]):
        raise NotFound("The watch does not exist.")
    watches.stop_at(session, records)
    deleted(session, f"watches/{watch.id}", {"subject": records[0], "user_id": watch.user_id})


def start_automatically(session: WriteSession, subject: str, reasons: Mapping[str, str], *, time: datetime) -> None:
    """The record was made: these users watch it from its beginning, unless they had a watch there and stopped it. They are
    told of what happened there before its creation was heard of."""
    state = ENDED if watches.is_ended(session, subject) else ACTIVE
    for user_id, reason in sorted(reasons.items()):
        watches.insert(session, Watch(id=new_id(), user_id=user_id, subject=subject, reason=reason, create_time=time, state=state))
    happenings.catch_up(session, subject, reasons)


def end(session: WriteSession, subject: str, *, time: datetime) -> None:
    """The record was deleted at `time`. Its watchers are still told of what happened there before."""
    watches.end(session, subject, time=time)


def follow(session: WriteSession, subject: str, *, survivor: str, sequence: int) -> None:
    """The record was merged into another one, or is there again (itself). Watches and notifications stay as they are; where
    they are read, the one that is there stands for both."""
    locks.claim(session, [locks.ACCOUNT])
    MERGES.keep(session, subject, survivor, sequence=sequence)


def _records(session: ReadSession, subject: str) -> list[str]:
    """The record that answers for this one, and those that were merged into it."""
    return MERGES.members(session, subject)
