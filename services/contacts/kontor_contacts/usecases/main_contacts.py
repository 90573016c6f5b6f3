"""Who stands for an organisation: a person who works there now, and nobody as soon as they no longer do."""

from kontor_chassis.audit import updated
from kontor_chassis.db.sessions import WriteSession
from kontor_chassis.errors import invalid
from kontor_contacts.domain.organisations import MainContact, Organisation
from kontor_contacts.store import main_contacts, persons
from kontor_contacts.usecases.moved import unknown
from kontor_contacts.usecases.touching import touch_organisations

# What an organisation shows of the person who stands for it.
SHOWN = frozenset({"title", "first_name", "last_name", "emails", "visibility"})


def of(session: WriteSession, organisation: Organisation) -> MainContact | None:
    """The person who is to stand for it, as shown; their row is held, so that their positions stay as they are.
    Raises InvalidArgument naming main_contact_person_id where they do not work there."""
    if not organisation.main_contact_person_id:
        return None
    person = persons.lock(session, organisation.main_contact_person_id)
    if person is None:
        raise unknown(session, persons.NOUN, organisation.main_contact_person_id, field="main_contact_person_id")
    if not any(position.organisation_id == organisation.id and position.to_date is None for position in person.positions):
        raise invalid("main_contact_person_id", "does not work there now")
    return MainContact(person.display_name, next((email.address for email in person.points.emails if email.primary), ""))


def release(session: WriteSession, person_id: str) -> None:
    """Take the person off the organisations for which they stood and where they no longer work. The caller has called
    `store.main_contacts.hold` before it held the person."""
    left = main_contacts.left(session, person_id)
    if not left:
        return
    main_contacts.clear(session, left)
    for organisation_id in left:
        updated(session, f"organisations/{organisation_id}", {"main_contact_person_id": (person_id, "")})
    touch_organisations(session, left, "main_contact_person_id")


def show_anew(session: WriteSession, person_id: str) -> None:
    """The person is called otherwise now, or has another address: so it is shown with the organisations."""
    touch_organisations(session, main_contacts.organisations_of(session, person_id), "main_contact")
