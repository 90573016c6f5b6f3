"""Our facts, written to the outbox of the session in which they become true."""

from collections.abc import Mapping

from google.type.date_pb2 import Date

from kontor.contacts.events.v1 import events_pb2 as pb
from kontor_chassis.db.sessions import WriteSession
from kontor_chassis.email_addresses import normalise_email
from kontor_chassis.proto import to_date
from kontor_contacts.domain.contact_points import ContactPoints
from kontor_contacts.domain.form_submissions import Submission
from kontor_contacts.domain.merges import Merge
from kontor_contacts.domain.organisations import Organisation
from kontor_contacts.domain.persons import Person
from kontor_contacts.domain.positions import Position
from kontor_contacts.domain.visibility import Visibility
from kontor_contacts.domain.web_forms import WebForm


def person_created(session: WriteSession, person: Person) -> None:
    session.publish(pb.PersonCreated(person=_person(person)), subject=f"persons/{person.id}", sequence=person.version)


def person_updated(session: WriteSession, person: Person, changed: list[str]) -> None:
    body = pb.PersonUpdated(person=_person(person), changed_fields=changed)
    session.publish(body, subject=f"persons/{person.id}", sequence=person.version)


def person_employer_changed(
    session: WriteSession, person: Person, left: Position | None, begun: Position, limits: Mapping[str, Visibility]
) -> None:
    """`left`: a position that has ended with this; None where there was none. `limits`: who may see the organisations of both."""
    body = pb.PersonEmployerChanged(
        person=_person(person),
        from_organisation_id=left.organisation_id if left else "",
        from_organisation_name=left.organisation_name if left else "",
        to_organisation_id=begun.organisation_id,
        to_organisation_name=begun.organisation_name,
        role=begun.role,
        change_date=to_date(begun.from_date),
        from_visible_to=limits[left.organisation_id].refs if left else (),
        to_visible_to=limits[begun.organisation_id].refs,
    )
    session.publish(body, subject=f"persons/{person.id}", sequence=person.version)


def person_deleted(session: WriteSession, person: Person) -> None:
    session.publish(pb.PersonDeleted(id=person.id), subject=f"persons/{person.id}", sequence=person.version + 1)


def person_merged(session: WriteSession, person: Person, merge: Merge) -> None:
    """`person`: the duplicate as it was."""
    body = pb.PersonMerged(id=person.id, survivor_id=merge.survivor_id, merge_id=merge.id)
    session.publish(body, subject=f"persons/{person.id}", sequence=person.version + 1)


def person_unmerged(session: WriteSession, person: Person, merge: Merge) -> None:
    body = pb.PersonUnmerged(person=_person(person), survivor_id=merge.survivor_id, merge_id=merge.id)
    session.publish(body, subject=f"persons/{person.id}", sequence=person.version)


def organisation_created(session: WriteSession, organisation: Organisation) -> None:
    body = pb.OrganisationCreated(organisation=_organisation(organisation))
    session.publish(body, subject=f"organisations/{organisation.id}", sequence=organisation.version)


def organisation_updated(session: WriteSession, organisation: Organisation, changed: list[str]) -> None:
    body = pb.OrganisationUpdated(organisation=_organisation(organisation), changed_fields=changed)
    session.publish(body, subject=f"organisations/{organisation.id}", sequence=organisation.version)


def organisation_deleted(session: WriteSession, organisation: Organisation) -> None:
    body = pb.OrganisationDeleted(id=organisation.id)
    session.publish(body, subject=f"organisations/{organisation.id}", sequence=organisation.version + 1)


def organisation_merged(session: WriteSession, organisation: Organisation, merge: Merge) -> None:
    """`organisation`: the duplicate as it was."""
    body = pb.OrganisationMerged(id=organisation.id, survivor_id=merge.survivor_id, merge_id=merge.id)
    session.publish(body, subject=f"organisations/{organisation.id}", sequence=organisation.version + 1)


def organisation_unmerged(session: WriteSession, organisation: Organisation, merge: Merge) -> None:
    body = pb.OrganisationUnmerged(organisation=_organisation(organisation), survivor_id=merge.survivor_id, merge_id=merge.id)
    session.publish(body, subject=f"organisations/{organisation.id}", sequence=organisation.version)


def position_created(session: WriteSession, position: Position) -> None:
    session.publish(pb.PositionCreated(position=_position(position)), subject=_position_ref(position), sequence=position.version)


def position_updated(session: WriteSession, position: Position) -> None:
    session.publish(pb.PositionUpdated(position=_position(position)), subject=_position_ref(position), sequence=position.version)


def position_deleted(session: WriteSession, position: Position) -> None:
    session.publish(pb.PositionDeleted(position=_position(position)), subject=_position_ref(position), sequence=position.version + 1)


def form_submitted(session: WriteSession, submission: Submission, form: WebForm, person: Person, text: str) -> None:
    """`person`: who was made or found; `text`: the entries for reading."""
    facts = pb.FormSubmissionFacts(
        id=submission.id,
        form_id=form.id,
        form_name=submission.form_name,
        person_id=submission.person_id,
        person_created=submission.person_created,
        text=text,
        campaign=submission.campaign,
        responsible_user_id=form.responsible_user_id,
        creator_user_id=form.creator_user_id,
        visible_to=person.visibility.refs,
    )
    session.publish(pb.FormSubmitted(submission=facts), subject=submission.ref, sequence=submission.version)


def _position_ref(position: Position) -> str:
    return f"persons/{position.person_id}/positions/{position.id}"


def _person(person: Person) -> pb.PersonFacts:
    return pb.PersonFacts(
        id=person.id,
        display_name=person.display_name,
        email_addresses=_addresses(person.points),
        tags=person.tags,
        visible_to=person.visibility.refs,
    )


def _organisation(organisation: Organisation) -> pb.OrganisationFacts:
    return pb.OrganisationFacts(
        id=organisation.id,
        name=organisation.name,
        email_addresses=_addresses(organisation.points),
        tags=organisation.tags,
        parent_id=organisation.parent_id,
        visible_to=organisation.visibility.refs,
    )


def _addresses(points: ContactPoints) -> list[str]:
    normalised = (normalise_email(email.address) for email in points.emails)
    return [address for address in normalised if address]


def _position(position: Position) -> pb.PositionFacts:
    first: Date | None = to_date(position.from_date)
    last: Date | None = to_date(position.to_date)
    return pb.PositionFacts(
        id=position.id,
        person_id=position.person_id,
        organisation_id=position.organisation_id,
        role=position.role,
        from_date=first,
        to_date=last,
    )
