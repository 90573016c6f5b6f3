"""A person changes employer: one call, one transaction, and nothing of the past is lost."""

from dataclasses import replace
from zoneinfo import ZoneInfo

from kontor_chassis.audit import updated
from kontor_chassis.db.sessions import WriteSession
from kontor_chassis.ids import new_id
from kontor_contacts.domain.employers import EmployerChange, decide
from kontor_contacts.domain.persons import Person
from kontor_contacts.domain.positions import check_room
from kontor_contacts.events import published
from kontor_contacts.store import accounts, organisations, positions
from kontor_contacts.store.main_contacts import hold as hold_main_contact
from kontor_contacts.usecases import main_contacts, persons
from kontor_contacts.usecases.positions import employer, unmark_others
from kontor_contacts.usecases.touching import touch_persons


def change(session: WriteSession, person_id: str, wanted: EmployerChange, *, etag: str) -> Person:
    """What the person does at an organisation that the caller does not see goes on, only that it is not primary any more.
    Raises NotFound, Aborted, InvalidArgument naming organisation_id, date, role or department, FailedPrecondition where the person has too
    many positions."""
    hold_main_contact(session, person_id)
    organisations.keep(session, wanted.organisation_id)
    person = persons.lock(session, person_id, etag)
    # Before anything is compared with it: who does not see the organisation is told nothing else.
    there = employer(session, wanted.organisation_id)
    present = [position for position in person.positions if position.to_date is None and not position.hidden]
    today = session.now.astimezone(ZoneInfo(accounts.home(session).time_zone)).date()
    decision = decide(person.id, present, wanted, today=today)
    begun = replace(decision.begun, id=new_id(), organisation_name=there.name, limited=there.visibility.is_limited)
    check_room(person.positions)
    before = {position.id: position for position in present}
    for position in decision.ended:
        positions.update(session, position)
        published.position_updated(session, position)
    positions.insert(session, begun)
    published.position_created(session, begun)
    ended_ids = {position.id for position in decision.ended}
    unmarked = unmark_others(session, [position for position in person.positions if position.id not in ended_ids], begun)
    changes = {f"positions/{position.id}": (before[position.id], position) for position in decision.ended}
    updated(session, f"persons/{person.id}", {**changes, **unmarked, f"positions/{begun.id}": (None, begun)})
    touch_persons(session, [person.id], "positions")
    after = persons.get(session, person.id)
    limits = organisations.limits(session, [position.organisation_id for position in (*decision.ended, begun)])
    # The former one may have been deleted at this moment.
    left = next((position for position in decision.ended if position.organisation_id in limits), None)
    published.person_employer_changed(session, after, left, begun, limits)
    main_contacts.release(session, person.id)
    return after
