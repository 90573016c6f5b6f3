"""Records that are not there: merged into another one, which is told, or unknown."""

from collections.abc import Callable, Mapping

from kontor_chassis.db.sessions import ReadSession
from kontor_chassis.errors import FieldViolation, InvalidArgument, Moved, NotFound, invalid
from kontor_contacts.domain.merges import Merge
from kontor_contacts.store import merges, organisations, persons
from kontor_contacts.store.survivors import present_id

_WORDS = {persons.NOUN: "person", organisations.NOUN: "organisation"}
_READ: Mapping[str, Callable[[ReadSession, str], object]] = {persons.NOUN: persons.get, organisations.NOUN: organisations.get}


def missing(session: ReadSession, noun: str, record_id: str) -> NotFound:
    """What to raise where there is no such record: Moved where another one has taken its place."""
    survivor_id = survivor_of(session, noun, record_id)
    if not survivor_id:
        return NotFound(f"The {_WORDS[noun]} does not exist.")
    places = {"moved_from": f"{noun}/{record_id}", "moved_to": f"{noun}/{survivor_id}"}
    return Moved(f"The {_WORDS[noun]} was merged into another one.", detail=places)


def unknown(session: ReadSession, noun: str, record_id: str, *, field: str) -> InvalidArgument:
    """What to raise where a field of a request names a record that is not there."""
    survivor_id = survivor_of(session, noun, record_id)
    if survivor_id:
        message = f"was merged into {noun}/{survivor_id}; name that one"
        places = {"moved_from": f"{noun}/{record_id}", "moved_to": f"{noun}/{survivor_id}"}
        return InvalidArgument(f"{field}: {message}", violations=[FieldViolation(field, message)], detail=places)
    other = next((word for name, word in _WORDS.items() if name != noun and _READ[name](session, record_id) is not None), "")
    return invalid(field, f"is the id of a record of another kind: {other}" if other else f"there is no such {_WORDS[noun]}")


def survivor_of(session: ReadSession, noun: str, record_id: str) -> str:
    """Who has taken the place of a record that is not there; empty: nobody, or whoever did is gone, too."""
    survivor_id = present_id(session, noun, record_id)
    return survivor_id if survivor_id != record_id and _READ[noun](session, survivor_id) is not None else ""


def way_of(session: ReadSession, noun: str, record_id: str) -> list[Merge]:
    """The merges that lead from a record that is not there to the one that has taken its place: A into B, B into C."""
    way: list[Merge] = []
    # It ends: what was merged into others has no row that anything could be merged into.
    while (merge := merges.standing_of(session, noun, way[-1].survivor_id if way else record_id)) is not None:
        way.append(merge)
    return way
