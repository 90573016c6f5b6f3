"""What bulk actions need to know of people and of organisations, so that they are written once."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.filters.fields import Condition
from kontor_chassis.filters.tree import Node
from kontor_contacts.domain import organisations as organisation_rules
from kontor_contacts.domain import persons as person_rules
from kontor_contacts.domain.bulk import Choice
from kontor_contacts.domain.home import Home
from kontor_contacts.domain.organisations import Organisation, checked_organisation
from kontor_contacts.domain.persons import Person, checked_person
from kontor_contacts.domain.segments import Segment
from kontor_contacts.events import published
from kontor_contacts.store import main_contacts, organisation_fields, person_fields
from kontor_contacts.store import organisations as organisation_rows
from kontor_contacts.store import persons as person_rows
from kontor_contacts.store.lists import Listing
from kontor_contacts.usecases import organisation_trees, organisations, persons


@dataclass(frozen=True)
class Noun:
    name: str
    # Of its operations.
    kind: str
    listing: Callable[[ReadSession, Home], Listing]
    # What a list's parameters ask.
    asked: Callable[[ReadSession, Choice], tuple[Node, list[Condition]]]
    # A record that is right but for the values that are to be checked in it.
    blank: Any
    checked: Callable[..., Any]
    by_ids: Callable[[ReadSession, Sequence[str]], Sequence[Any]]
    changed_fields: Callable[[Any, Any], list[str]]
    value_of: Callable[[Any, str], object]
    updated: Callable[[WriteSession, Any, list[str]], None]
    # What is held before any of the records is deleted.
    hold_to_delete: Callable[[WriteSession, Collection[str]], None]
    delete: Callable[..., None]
    # So many are deleted in one transaction. What belongs to an organisation is touched with it, so one is enough.
    deleted_at_once: int


def _persons_asked(session: ReadSession, choice: Choice) -> tuple[Node, list[Condition]]:
    segment = Segment(person_rows.NOUN, "", choice.segment_filter) if choice.segment else None
    narrowing = persons.Narrowing(choice.tag, choice.organisation_id, choice.name, segment)
    return persons.asked(session, choice.filter, narrowing)


def _organisations_asked(session: ReadSession, choice: Choice) -> tuple[Node, list[Condition]]:
    segment = Segment(organisation_rows.NOUN, "", choice.segment_filter) if choice.segment else None
    narrowing = organisations.Narrowing(choice.tag, choice.name, segment, choice.parent_id)
    return organisations.asked(session, choice.filter, narrowing)


def _hold_main_contacts(session: WriteSession, ids: Collection[str]) -> None:
    for person_id in sorted(ids):
        main_contacts.hold(session, person_id)


def _hold_tree(session: WriteSession, _ids: Collection[str]) -> None:
    organisation_trees.hold(session, ["parent_id"])


PERSONS = Noun(
    name=person_rows.NOUN,
    kind="bulk_persons",
    listing=person_fields.listing,
    asked=_persons_asked,
    blank=Person(last_name="-"),
    checked=checked_person,
    by_ids=person_rows.by_ids,
    changed_fields=person_rules.changed_fields,
    value_of=person_rules.value_of,
    updated=published.person_updated,
    hold_to_delete=_hold_main_contacts,
    delete=persons.delete,
    deleted_at_once=10,
)
ORGANISATIONS = Noun(
    name=organisation_rows.NOUN,
    kind="bulk_organisations",
    listing=organisation_fields.listing,
    asked=_organisations_asked,
    blank=Organisation(name="-"),
    checked=checked_organisation,
    by_ids=organisation_rows.by_ids,
    changed_fields=organisation_rules.changed_fields,
    value_of=organisation_rules.value_of,
    updated=published.organisation_updated,
    hold_to_delete=_hold_tree,
    delete=organisations.delete,
    deleted_at_once=1,
)
BY_KIND: Mapping[str, Noun] = {noun.kind: noun for noun in (PERSONS, ORGANISATIONS)}
