"""Which records a caller can see."""

from kontor_chassis.db.sessions import ReadSession
from kontor_contacts.store import organisations, persons, tags, web_forms

_SCOPE = "contacts.read"


def sees(session: ReadSession, ref: str) -> bool:
    """Whether `persons/0193…` is a record that exists and that the caller may read."""
    if _SCOPE not in session.principal.scopes:
        return False
    noun, _, record_id = ref.partition("/")
    match noun:
        case persons.NOUN:
            return persons.get(session, record_id) is not None
        case organisations.NOUN:
            return organisations.get(session, record_id) is not None
        case "tags":
            return tags.get(session, record_id) is not None
        case "web-forms":
            return web_forms.get(session, record_id) is not None
    return False
