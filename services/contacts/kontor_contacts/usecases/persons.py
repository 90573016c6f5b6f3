"""What can happen to a person."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from kontor_chassis.audit import created, deleted, updated
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.etags import check_etag
from kontor_chassis.filters.fields import Condition
from kontor_chassis.filters.grammar import parse
from kontor_chassis.filters.order import Order
from kontor_chassis.filters.tree import Node, narrowed
from kontor_chassis.ids import new_id
from kontor_chassis.text import fold
from kontor_contacts.domain.custom_values import NO_VALUES
from kontor_contacts.domain.custom_values import after as after_changes
from kontor_contacts.domain.persons import Person, changed_fields, checked_person, value_of, with_changes
from kontor_contacts.domain.segments import Segment
from kontor_contacts.domain.tags import tag_names
from kontor_contacts.events import published
from kontor_contacts.store import accounts, form_submissions, person_fields, persons, photos, positions, survivors, tag_counts, tags
from kontor_contacts.store import custom_values as values
from kontor_contacts.store.list_pages import read_page
from kontor_contacts.store.lists import Wanted
from kontor_contacts.store.main_contacts import hold as hold_main_contact
from kontor_contacts.store.tag_counts import TagCounts
from kontor_contacts.usecases import custom_values, main_contacts, merge_parts
from kontor_contacts.usecases.moved import missing
from kontor_contacts.usecases.segments import narrowed_by
from kontor_contacts.usecases.visibility import check_kept


def create(session: WriteSession, wanted: Person) -> Person:
    """Raises InvalidArgument."""
    given = custom_values.of_new(session, persons.NOUN, wanted.custom)
    person = replace(
        checked_person(wanted, country=accounts.home(session).country),
        custom=after_changes(NO_VALUES, given),
        id=new_id(),
        version=1,
        create_time=session.now,
        update_time=session.now,
        creator_user_id=session.user_id,
        positions=(),
    )
    check_kept(session, person.visibility)
    person = persons.insert(session, person)
    values.write(session, person.id, given)
    created(session, f"persons/{person.id}", {name: value_of(person, name) for name in changed_fields(Person(last_name=""), person)})
    published.person_created(session, person)
    return person


def get(session: ReadSession, person_id: str) -> Person:
    """Raises NotFound."""
    person = persons.get(session, person_id)
    if person is None:
        raise missing(session, persons.NOUN, person_id)
    return person


@dataclass(frozen=True)
class Narrowing:
    """The plain parameters of a list; several tags narrow it (AND)."""

    tag: Sequence[str] = ()
    organisation_id: str = ""
    name: str = ""
    segment: Segment | None = None


def find(session: ReadSession, narrowing: Narrowing, *, after: persons.After | None, limit: int) -> list[tuple[persons.After, Person]]:
    """By name, each with its place in the list. A tag that does not exist narrows to nobody. Raises InvalidArgument naming tag."""
    names = tag_names(narrowing.tag, field="tag")
    tag_ids = tags.rarest_first(session, persons.NOUN, names) if names else []
    if tag_ids is None:
        return []
    name = fold(narrowing.name)
    organisation_id = survivors.present_id(session, "organisations", narrowing.organisation_id)
    return persons.page(session, tag_ids=tag_ids, organisation_id=organisation_id, name=name, after=after, limit=limit)


def find_filtered(
    session: ReadSession, text: str, narrowing: Narrowing, *, order: Order, after: Any, limit: int
) -> list[tuple[Any, Person]]:
    """Those that a filter lets through, in any order, each with its place in the list. Raises InvalidArgument naming filter."""
    home = accounts.home(session)
    listing = person_fields.listing(session, home)
    node, also = asked(session, text, narrowing)
    wanted = Wanted(node, also, order, after, limit)

    def fetch(places: sa.Select[Any]) -> list[tuple[Any, Person]]:
        return persons.filtered(session, places, descending=order.descending)

    return read_page(session, listing, persons.NOUN, wanted, home=home, fetch=fetch)


def count_tags(session: ReadSession, text: str, narrowing: Narrowing) -> TagCounts:
    """The tags of those that a filter lets through. Raises InvalidArgument naming filter."""
    home = accounts.home(session)
    listing = person_fields.listing(session, home)
    node, also = asked(session, text, narrowing)
    return tag_counts.count(session, listing, persons.NOUN, node, also, home=home)


def asked(session: ReadSession, text: str, narrowing: Narrowing) -> tuple[Node, list[Condition]]:
    """What the filter and the plain parameters ask together. Raises InvalidArgument naming filter or tag."""
    node = narrowed(narrowed_by(narrowing.segment, parse(text)), "tags", tag_names(narrowing.tag, field="tag"))
    name = fold(narrowing.name)
    also = [persons.named(name)] if name else []
    if narrowing.organisation_id:
        also.append(persons.works_at(session, survivors.present_id(session, "organisations", narrowing.organisation_id)))
    return node, also


def update(session: WriteSession, person_id: str, wanted: Person, *, mask: Collection[str], etag: str) -> Person:
    """Set the fields in `mask`. Nothing happens where nothing differs. Raises NotFound, Aborted, InvalidArgument."""
    if "custom" in mask:
        custom_values.hold_definitions(session, persons.NOUN)
    if main_contacts.SHOWN.intersection(mask):
        hold_main_contact(session, person_id)
    before = lock(session, person_id, etag)
    given = custom_values.changes(session, persons.NOUN, before.custom, wanted.custom) if "custom" in mask else ()
    wanted = replace(wanted, custom=after_changes(before.custom, given))
    after = checked_person(with_changes(before, wanted, mask), country=accounts.home(session).country)
    changed = changed_fields(before, after)
    if not changed:
        return before
    if "visibility" in changed:
        check_kept(session, after.visibility)
    after = replace(after, version=before.version + 1, update_time=session.now)
    after = persons.update(session, before, after)
    values.write(session, after.id, given)
    updated(session, f"persons/{after.id}", {name: (value_of(before, name), value_of(after, name)) for name in changed})
    published.person_updated(session, after, changed)
    if main_contacts.SHOWN.intersection(changed):
        main_contacts.show_anew(session, after.id)
    return after


def delete(session: WriteSession, person_id: str, *, etag: str) -> None:
    """Delete the person with their positions. Raises NotFound, Aborted."""
    hold_main_contact(session, person_id)
    person = lock(session, person_id, etag)
    positions.delete(session, [position.id for position in person.positions])
    photos.discard(session, person.photo_id)
    merge_parts.erase(session, persons.NOUN, person.id)
    form_submissions.delete_of_person(session, person.id)
    persons.delete(session, person.id)
    deleted(session, f"persons/{person.id}", {"name": person.display_name})
    for position in person.positions:
        published.position_deleted(session, position)
    published.person_deleted(session, person)
    main_contacts.release(session, person.id)


def lock(session: WriteSession, person_id: str, etag: str = "") -> Person:
    person = persons.lock(session, person_id)
    if person is None:
        raise missing(session, persons.NOUN, person_id)
    check_etag(etag, person.version)
    return person
