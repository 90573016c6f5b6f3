"""Others' facts that make watches and notifications. Inboxes drop repeated deliveries; beyond that every handler may run again."""

from collections.abc import Mapping
from typing import Any

from google.protobuf.message import Message

from kontor.contacts.events.v1 import events_pb2 as contacts
from kontor.identity.events.v1 import events_pb2 as identity
from kontor.mail.events.v1 import events_pb2 as mail
from kontor.sales.events.v1 import events_pb2 as sales
from kontor.tasks.events.v1 import events_pb2 as tasks
from kontor_chassis.db.sessions import WriteSession
from kontor_chassis.events import Event
from kontor_notify.domain.happenings import (
    DEAL_LOST,
    DEAL_MOVED,
    DEAL_WON,
    FORM_SUBMITTED,
    MAIL_FILED,
    NOTE_CREATED,
    TASK_ASSIGNED,
    Happening,
    at_each,
    bundle,
    doers_of,
    title_of,
)
from kontor_notify.domain.notifications import FORM_CREATOR, FORM_RESPONSIBLE
from kontor_notify.domain.watches import automatic, watchable
from kontor_notify.usecases import happenings, users, watches

Contact = contacts.PersonCreated | contacts.OrganisationCreated
DealChange = sales.DealMoved | sales.DealWon | sales.DealLost
Merged = contacts.PersonMerged | contacts.OrganisationMerged
Unmerged = contacts.PersonUnmerged | contacts.OrganisationUnmerged
Gone = contacts.PersonDeleted | contacts.OrganisationDeleted | sales.DealDeleted | sales.ProjectDeleted

_DEAL_KINDS: Mapping[type[Message], str] = {sales.DealMoved: DEAL_MOVED, sales.DealWon: DEAL_WON, sales.DealLost: DEAL_LOST}


def contact_created(event: Event[Contact], session: WriteSession) -> None:
    _watch(event, session)


def deal_created(event: Event[sales.DealCreated], session: WriteSession) -> None:
    _watch(event, session, responsible=event.body.deal.responsible_user_id)


def project_created(event: Event[sales.ProjectCreated], session: WriteSession) -> None:
    _watch(event, session, responsible=event.body.project.responsible_user_id)


def record_deleted(event: Event[Gone], session: WriteSession) -> None:
    watches.end(session, event.subject, time=event.time)


def deal_changed(event: Event[DealChange], session: WriteSession) -> None:
    occurred = at_each(
        [event.subject],
        kind=_DEAL_KINDS[type(event.body)],
        ref=event.subject,
        title=event.body.deal.name,
        doers=doers_of(event.actor_user_id),
        time=event.time,
        sequence=event.sequence,
        repeats=True,
    )
    happenings.tell(session, occurred)


def note_created(event: Event[tasks.NoteCreated], session: WriteSession) -> None:
    note = event.body.note
    occurred = at_each(
        [note.subject],
        kind=NOTE_CREATED,
        ref=event.subject,
        title=note.excerpt,
        doers=doers_of(note.author_user_id, event.actor_user_id),
        time=event.time,
        sequence=event.sequence,
    )
    happenings.tell(session, occurred)


def message_filed(event: Event[mail.MessageFiled], session: WriteSession) -> None:
    """Nobody is told of mail that a program has sent: absence notes, bounces, lists. Of what had waited a bundle is told."""
    message = event.body.message
    if message.automatic or event.body.waited:
        return
    occurred = at_each(
        event.body.subjects,
        kind=MAIL_FILED,
        ref=event.subject,
        title=message.subject,
        doers=doers_of(message.depositor_user_id, event.actor_user_id),
        time=event.time,
        sequence=event.sequence,
    )
    happenings.tell(session, occurred)


def bundle_filed(event: Event[mail.BundleFiled], session: WriteSession) -> None:
    """However many mails had waited for an address: its watchers are told once. It is who made it known whose act this is."""
    occurred = bundle(
        subject=event.body.subject,
        ref=event.subject,
        title=event.body.message.subject,
        count=event.body.count,
        doers=doers_of(event.actor_user_id),
        time=event.time,
        sequence=event.sequence,
    )
    happenings.tell(session, occurred)


def record_merged(event: Event[Merged], session: WriteSession) -> None:
    noun = event.subject.partition("/")[0]
    for survivor in watchable([f"{noun}/{event.body.survivor_id}"]):
        for subject in watchable([event.subject]):
            watches.follow(session, subject, survivor=survivor, sequence=event.sequence)


def record_unmerged(event: Event[Unmerged], session: WriteSession) -> None:
    for subject in watchable([event.subject]):
        watches.follow(session, subject, survivor=subject, sequence=event.sequence)


def task_created(event: Event[tasks.TaskCreated], session: WriteSession) -> None:
    task = event.body.task
    happening = Happening(
        kind=TASK_ASSIGNED,
        ref=event.subject,
        subject=task.subject,
        title=title_of(task.title),
        doers=doers_of(task.creator_user_id, event.actor_user_id),
        time=event.time,
        sequence=event.sequence,
        occasion=f"{TASK_ASSIGNED}:{event.subject}",
    )
    happenings.tell_assignee(session, happening, task.assignee_user_id)


def form_submitted(event: Event[contacts.FormSubmitted], session: WriteSession) -> None:
    """Whose form it is, and whoever watches the person, as far as they see the person. A user who let it through, after it was taken for
    a robot's, is not told."""
    submission = event.body.submission
    occurred = at_each(
        [f"persons/{submission.person_id}"],
        kind=FORM_SUBMITTED,
        ref=event.subject,
        title=submission.form_name,
        doers=doers_of(event.actor_user_id),
        time=event.time,
        sequence=event.sequence,
        visible_to=submission.visible_to,
    )
    for happening in occurred:
        reasons = [(submission.responsible_user_id, FORM_RESPONSIBLE), (submission.creator_user_id, FORM_CREATOR)]
        happenings.tell_first_active(session, happening, reasons)
    happenings.tell(session, occurred)


def user_updated(event: Event[identity.UserUpdated], session: WriteSession) -> None:
    user = event.body.user
    users.keep(session, user.id, active=user.active, time=event.time, sequence=event.sequence)


def _watch(event: Event[Any], session: WriteSession, *, responsible: str = "") -> None:
    for subject in watchable([event.subject]):
        reasons = automatic(creator=event.actor_user_id, responsible=responsible)
        watches.start_automatically(session, subject, reasons, time=event.time)
