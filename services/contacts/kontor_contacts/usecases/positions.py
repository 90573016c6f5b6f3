"""What can happen to a position. The person's row is held meanwhile, because their positions are shown with them."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from kontor_chassis.audit import updated
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.errors import NotFound
from kontor_chassis.etags import check_etag
from kontor_chassis.ids import new_id
from kontor_contacts.domain.organisations import Organisation
from kontor_contacts.domain.persons import Person
from kontor_contacts.domain.positions import Position, changed_fields, check_room, checked_position, with_changes
from kontor_contacts.events import published
from kontor_contacts.store import organisations, positions
from kontor_contacts.store.main_contacts import hold as hold_main_contact
from kontor_contacts.store.persons import NOUN as PERSONS
from kontor_contacts.usecases import main_contacts, persons
from kontor_contacts.usecases.moved import missing, survivor_of, unknown
from kontor_contacts.usecases.touching import touch_persons


def create(session: WriteSession, wanted: Position) -> Position:
    """Raises NotFound for the person, InvalidArgument naming organisation_id where there is no such organisation, FailedPrecondition where
    the person has too many."""
    organisations.keep(session, wanted.organisation_id)
    person = persons.lock(session, wanted.person_id)
    position = replace(checked_position(wanted), id=new_id(), version=1, primary=wanted.primary or not _has_primary(person))
    position = with_organisation(session, position)
    check_room(person.positions)
    positions.insert(session, position)
    published.position_created(session, position)
    unmarked = unmark_others(session, person.positions, position) if position.primary else {}
    updated(session, f"persons/{person.id}", {f"positions/{position.id}": (None, position), **unmarked})
    touch_persons(session, [person.id], "positions")
    return position


def get(session: ReadSession, person_id: str, position_id: str) -> Position:
    """Raises NotFound."""
    position = positions.get(session, person_id, position_id)
    if position is None:
        if survivor_of(session, PERSONS, person_id):
            raise missing(session, PERSONS, person_id)
        raise NotFound("The position does not exist.")
    return position


def update(session: WriteSession, wanted: Position, *, mask: Collection[str], etag: str) -> Position:
    """Set the fields in `mask`. Raises NotFound, Aborted, InvalidArgument."""
    hold_main_contact(session, wanted.person_id)
    if "organisation_id" in mask:
        organisations.keep(session, wanted.organisation_id)
    person = persons.lock(session, wanted.person_id)
    before = get(session, wanted.person_id, wanted.id)
    check_etag(etag, before.version)
    after = checked_position(with_changes(before, wanted, mask))
    changed = changed_fields(before, after)
    if not changed:
        return before
    after = with_organisation(session, replace(after, version=before.version + 1))
    positions.update(session, after)
    published.position_updated(session, after)
    unmarked = unmark_others(session, person.positions, after) if after.primary and not before.primary else {}
    updated(session, f"persons/{person.id}", {f"positions/{after.id}": (before, after), **unmarked})
    touch_persons(session, [person.id], "positions")
    main_contacts.release(session, person.id)
    return after


def delete(session: WriteSession, person_id: str, position_id: str, *, etag: str) -> None:
    """Raises NotFound, Aborted."""
    hold_main_contact(session, person_id)
    person = persons.lock(session, person_id)
    position = get(session, person_id, position_id)
    check_etag(etag, position.version)
    positions.delete(session, [position.id])
    updated(session, f"persons/{person.id}", {f"positions/{position.id}": (position, None)})
    published.position_deleted(session, position)
    touch_persons(session, [person.id], "positions")
    main_contacts.release(session, person.id)


def with_organisation(session: WriteSession, position: Position) -> Position:
    """With the organisation's name. Raises InvalidArgument naming organisation_id where there is no such organisation."""
    organisation = employer(session, position.organisation_id)
    return replace(position, organisation_name=organisation.name, limited=organisation.visibility.is_limited)


def employer(session: WriteSession, organisation_id: str) -> Organisation:
    """Raises InvalidArgument naming organisation_id where there is no such organisation."""
    organisation = organisations.get(session, organisation_id)
    if organisation is None:
        raise unknown(session, organisations.NOUN, organisation_id, field="organisation_id")
    return organisation


def _has_primary(person: Person) -> bool:
    """As far as the caller sees: one that they do not see must not be told by a first position that is not primary."""
    return any(position.primary and position.to_date is None and not position.hidden for position in person.positions)


def unmark_others(session: WriteSession, others: Sequence[Position], kept: Position) -> dict[str, tuple[Position, Position]]:
    """Take the mark of the primary position off all but `kept`, hidden ones too, because a person has one at most; answers what became
    of them, as the audit of the person holds it."""
    changed: dict[str, tuple[Position, Position]] = {}
    for position in others:
        if position.primary and position.id != kept.id:
            other = _as_it_is(session, position)
            unmarked = replace(other, primary=False, version=other.version + 1)
            positions.update(session, unmarked)
            published.position_updated(session, unmarked)
            changed[f"positions/{other.id}"] = (other, unmarked)
    return changed


def _as_it_is(session: WriteSession, position: Position) -> Position:
    """With the name that the caller may not see, for the log."""
    if not position.hidden:
        return position
    found = organisations.by_ids(session, [position.organisation_id], everything=True)
    return replace(position, organisation_name=found[0].name if found else "", hidden=False)
