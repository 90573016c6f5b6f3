"""Others' facts: who is in the address book, and who the colleagues are."""

from kontor.contacts.events.v1 import events_pb2 as contacts
from kontor.identity.events.v1 import events_pb2 as identity
from kontor.identity.v1 import users_pb2 as users
from kontor_chassis.db.sessions import WriteSession
from kontor_chassis.events import Event
from kontor_mail_ingest.usecases import replicas


def person_changed(event: Event[contacts.PersonCreated | contacts.PersonUpdated], session: WriteSession) -> None:
    person = event.body.person
    replicas.keep_person(session, person.id, addresses=person.email_addresses, sequence=event.sequence, time=event.time)


def person_deleted(event: Event[contacts.PersonDeleted], session: WriteSession) -> None:
    replicas.forget_person(session, event.body.id, sequence=event.sequence, time=event.time)


def person_merged(event: Event[contacts.PersonMerged], session: WriteSession) -> None:
    person_id, survivor_id = event.body.id, event.body.survivor_id
    if person_id and survivor_id:
        replicas.merge_person(session, person_id, survivor_id, sequence=event.sequence, time=event.time)


def person_unmerged(event: Event[contacts.PersonUnmerged], session: WriteSession) -> None:
    person = event.body.person
    if person.id:
        replicas.unmerge_person(session, person.id, addresses=person.email_addresses, sequence=event.sequence, time=event.time)


def user_changed(event: Event[identity.UserCreated | identity.UserUpdated], session: WriteSession) -> None:
    user = event.body.user
    replicas.keep_user(session, user.id, email=user.email, active=user.active, role=_role(user.role), sequence=event.sequence)


def _role(number: int) -> str:
    """Empty where it was not told, or is of a newer release."""
    return users.Role.Name(number).removeprefix("ROLE_").lower() if number and number in users.Role.values() else ""  # type: ignore[arg-type]
