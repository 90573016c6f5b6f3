"""Others' facts: what ties records together, what happened to deals, and filed mail.

Whatever an older or newer release has left out or made up is passed over: an event that raises would be tried again for ever.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date

from kontor.contacts.events.v1 import events_pb2 as contacts
from kontor.identity.events.v1 import events_pb2 as identity
from kontor.mail.events.v1 import events_pb2 as mail
from kontor.sales.events.v1 import events_pb2 as sales
from kontor_chassis.db.sessions import WriteSession
from kontor_chassis.events import Event
from kontor_tasks.domain.entries import Entry, foreign_line, foreign_text
from kontor_tasks.domain.milestones import Milestone
from kontor_tasks.domain.ties import Tie
from kontor_tasks.store.accounts import Account
from kontor_tasks.usecases import replicas, timeline


def account_changed(event: Event[identity.AccountCreated | identity.AccountUpdated], session: WriteSession) -> None:
    account = event.body.account
    replicas.account_changed(session, Account(time_zone=account.time_zone, locale=account.locale), sequence=event.sequence)


def user_changed(event: Event[identity.UserCreated | identity.UserUpdated], session: WriteSession) -> None:
    replicas.user_changed(session, event.body.user.id, active=event.body.user.active, sequence=event.sequence)


def position_changed(event: Event[contacts.PositionCreated | contacts.PositionUpdated], session: WriteSession) -> None:
    position = event.body.position
    tie = Tie(
        subject=f"persons/{position.person_id}",
        target=f"organisations/{position.organisation_id}",
        from_day=_day(position.from_date),
        to_day=_day(position.to_date),
    )
    replicas.tied(session, f"positions/{position.id}", tie.subject, [tie], sequence=event.sequence)


def position_deleted(event: Event[contacts.PositionDeleted], session: WriteSession) -> None:
    position = event.body.position
    replicas.untied(session, f"positions/{position.id}", f"persons/{position.person_id}", sequence=event.sequence)


def person_visible(event: Event[contacts.PersonCreated | contacts.PersonUpdated], session: WriteSession) -> None:
    """Most people are never limited, and nothing is kept of them."""
    body = event.body
    opened = isinstance(body, contacts.PersonUpdated) and "visibility" in body.changed_fields
    if body.person.visible_to or opened:
        replicas.visibility_told(session, event.subject, body.person.visible_to, sequence=event.sequence)


def person_deleted(event: Event[contacts.PersonDeleted], session: WriteSession) -> None:
    replicas.record_deleted(session, f"persons/{event.body.id}", sequence=event.sequence)


def organisation_deleted(event: Event[contacts.OrganisationDeleted], session: WriteSession) -> None:
    replicas.record_deleted(session, f"organisations/{event.body.id}", sequence=event.sequence)


def person_employer_changed(event: Event[contacts.PersonEmployerChanged], session: WriteSession) -> None:
    body = event.body
    person = f"persons/{body.person.id}"
    # Everyone reads timelines, so an organisation that not everyone sees is not named there, nor what somebody does at it.
    left = "" if body.from_visible_to else body.from_organisation_id
    begun = "" if body.to_visible_to else body.to_organisation_id
    if not left and not begun:
        return
    firms = [f"organisations/{item}" for item in (left, begun) if item]
    what = ("employer_changed" if left else "employer_begun") if begun else "employer_left"
    milestone = Milestone(
        key=event.id,
        ref=person,
        subjects=(person, *firms),
        version=event.sequence,
        what=what,
        told_time=event.time,
        day=_day(body.change_date),
        text=body.role if begun else "",
        facts={
            "person": body.person.display_name,
            "from": body.from_organisation_name if left else "",
            "to": body.to_organisation_name if begun else "",
        },
    )
    timeline.add_milestone(session, milestone)


def person_merged(event: Event[contacts.PersonMerged], session: WriteSession) -> None:
    replicas.record_merged(session, event.subject, f"persons/{event.body.survivor_id}", sequence=event.sequence)


def organisation_merged(event: Event[contacts.OrganisationMerged], session: WriteSession) -> None:
    replicas.record_merged(session, event.subject, f"organisations/{event.body.survivor_id}", sequence=event.sequence)


def person_unmerged(event: Event[contacts.PersonUnmerged], session: WriteSession) -> None:
    replicas.visibility_told(session, event.subject, event.body.person.visible_to, sequence=event.sequence)
    replicas.record_unmerged(session, event.subject, sequence=event.sequence)


def organisation_unmerged(event: Event[contacts.OrganisationUnmerged], session: WriteSession) -> None:
    replicas.record_unmerged(session, event.subject, sequence=event.sequence)


def deal_changed(event: Event[sales.DealCreated | sales.DealUpdated], session: WriteSession) -> None:
    _tie_deal(event, session)


def deal_moved(event: Event[sales.DealMoved], session: WriteSession) -> None:
    facts = {"from_stage": event.body.from_stage_name, "stage": event.body.deal.stage_name}
    _tie_deal(event, session)
    _reach(event, session, "deal_moved", facts)


def deal_won(event: Event[sales.DealWon], session: WriteSession) -> None:
    _tie_deal(event, session)
    _reach(event, session, "deal_won", {}, day=_day(event.body.deal.closed_date))


def deal_lost(event: Event[sales.DealLost], session: WriteSession) -> None:
    _tie_deal(event, session)
    _reach(event, session, "deal_lost", {"lost_reason": event.body.lost_reason}, day=_day(event.body.deal.closed_date))


def deal_reopened(event: Event[sales.DealReopened], session: WriteSession) -> None:
    _tie_deal(event, session)
    _reach(event, session, "deal_reopened", {})


def deal_deleted(event: Event[sales.DealDeleted], session: WriteSession) -> None:
    replicas.record_deleted(session, f"deals/{event.body.id}", sequence=event.sequence)


def project_created(event: Event[sales.ProjectCreated], session: WriteSession) -> None:
    """One that was born from a deal is a milestone of both."""
    _tie_project(event, session)
    project = event.body.project
    if not project.deal_id:
        return
    ref = f"projects/{project.id}"
    milestone = Milestone(
        key=f"{project.id}/begun",
        ref=ref,
        subjects=(ref, f"deals/{project.deal_id}"),
        version=event.sequence,
        what="project_begun",
        told_time=event.time,
        facts={"project": project.name},
    )
    timeline.add_milestone(session, milestone)


def project_changed(event: Event[sales.ProjectUpdated], session: WriteSession) -> None:
    _tie_project(event, session)


def project_deleted(event: Event[sales.ProjectDeleted], session: WriteSession) -> None:
    replicas.record_deleted(session, f"projects/{event.body.id}", sequence=event.sequence)


def message_filed(event: Event[mail.MessageFiled], session: WriteSession) -> None:
    message = event.body.message
    entry = Entry(
        id=message.id,
        kind="email",
        ref=f"messages/{message.id}",
        title=foreign_line(message.subject),
        text=foreign_text(message.text),
        occur_time=_moment(message.send_time) or event.time,
        author_user_id=message.depositor_user_id,
        facts={
            "from": message.from_address,
            "to": list(message.to_addresses),
            "cc": list(message.cc_addresses),
            "message_id": message.message_id,
        },
        version=event.sequence,
    )
    timeline.file_message(session, entry, event.body.subjects)


def form_submitted(event: Event[contacts.FormSubmitted], session: WriteSession) -> None:
    submission = event.body.submission
    entry = Entry(
        id=submission.id,
        kind="form",
        ref=f"form-submissions/{submission.id}",
        title=foreign_line(submission.form_name),
        text=foreign_text(submission.text),
        occur_time=event.time,
        version=event.sequence,
    )
    person = f"persons/{submission.person_id}"
    replicas.visibility_of_sender(session, person, submission.visible_to)
    timeline.add_once(session, entry, [person])


def _tie_deal(event: Event[Any], session: WriteSession) -> None:
    deal: sales.DealFacts = event.body.deal
    _tie_to_all(event, session, f"deals/{deal.id}", persons=deal.person_ids, organisations=[deal.organisation_id])


def _tie_project(event: Event[Any], session: WriteSession) -> None:
    project: sales.ProjectFacts = event.body.project
    _tie_to_all(event, session, f"projects/{project.id}", persons=project.person_ids, organisations=project.organisation_ids)


def _tie_to_all(event: Event[Any], session: WriteSession, subject: str, *, persons: Iterable[str], organisations: Iterable[str]) -> None:
    targets = [f"persons/{item}" for item in persons if item] + [f"organisations/{item}" for item in organisations if item]
    replicas.tied(session, subject, subject, [Tie(subject=subject, target=target) for target in targets], sequence=event.sequence)


def _reach(event: Event[Any], session: WriteSession, what: str, facts: dict[str, Any], *, day: date | None = None) -> None:
    deal: sales.DealFacts = event.body.deal
    ref = f"deals/{deal.id}"
    milestone = Milestone(
        key=f"{deal.id}/{event.sequence}",
        ref=ref,
        subjects=(ref,),
        version=event.sequence,
        what=what,
        told_time=event.time,
        day=day,
        text=str(facts.get("lost_reason", "")),
        facts={"deal": deal.name, **facts},
    )
    timeline.add_milestone(session, milestone)


def _day(value: Date) -> date | None:
    """None where it is not set, or no day of the calendar."""
    try:
        return date(value.year, value.month, value.day)
    except ValueError:
        return None


def _moment(value: Timestamp) -> datetime | None:
    """None where it is not set, or outside the years 1 to 9999."""
    if not value.seconds:
        return None
    try:
        return value.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
