"""What can happen to an organisation."""

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
from kontor_contacts.domain.organisations import Organisation, changed_fields, checked_organisation, value_of, with_changes
from kontor_contacts.domain.segments import Segment
from kontor_contacts.domain.tags import tag_names
from kontor_contacts.events import published
from kontor_contacts.store import accounts, organisation_fields, organisations, positions, tag_counts, tags
from kontor_contacts.store import custom_values as values
from kontor_contacts.store.list_pages import read_page
from kontor_contacts.store.lists import Wanted
from kontor_contacts.store.tag_counts import TagCounts
from kontor_contacts.usecases import custom_values, main_contacts, merge_parts, organisation_trees
from kontor_contacts.usecases.moved import missing
from kontor_contacts.usecases.segments import narrowed_by
from kontor_contacts.usecases.touching import touch_persons
from kontor_contacts.usecases.visibility import check_kept


def create(session: WriteSession, wanted: Organisation) -> Organisation:
    """Raises InvalidArgument."""
    if wanted.parent_id:
        organisation_trees.hold(session, ["parent_id"])
    given = custom_values.of_new(session, organisations.NOUN, wanted.custom)
    organisation = replace(
        checked_organisation(wanted, country=accounts.home(session).country),
        custom=after_changes(NO_VALUES, given),
        id=new_id(),
        version=1,
        create_time=session.now,
        update_time=session.now,
        creator_user_id=session.user_id,
    )
    check_kept(session, organisation.visibility)
    # Nobody works there yet: this refuses a main contact.
    main_contacts.of(session, organisation)
    organisation = organisations.insert(session, organisation_trees.placed(session, organisation, moved=True))
    values.write(session, organisation.id, given)
    names = changed_fields(Organisation(name=""), organisation)
    created(session, f"organisations/{organisation.id}", {name: value_of(organisation, name) for name in names})
    published.organisation_created(session, organisation)
    return organisation


def get(session: ReadSession, organisation_id: str) -> Organisation:
    """Raises NotFound."""
    organisation = organisations.get(session, organisation_id)
    if organisation is None:
        raise missing(session, organisations.NOUN, organisation_id)
    return organisation


@dataclass(frozen=True)
class Narrowing:
    """The plain parameters of a list; several tags narrow it (AND)."""

    tag: Sequence[str] = ()
    name: str = ""
    segment: Segment | None = None
    parent_id: str = ""


def find(session: ReadSession, narrowing: Narrowing, *, after: organisations.After | None, limit: int) -> list[Organisation]:
    """By name. A tag that does not exist narrows to nothing. Raises InvalidArgument naming tag."""
    names = tag_names(narrowing.tag, field="tag")
    tag_ids = tags.rarest_first(session, organisations.NOUN, names) if names else []
    if tag_ids is None:
        return []
    name = fold(narrowing.name)
    return organisations.page(session, tag_ids=tag_ids, name=name, after=after, limit=limit)


def find_filtered(
    session: ReadSession, text: str, narrowing: Narrowing, *, order: Order, after: Any, limit: int
) -> list[tuple[Any, Organisation]]:
    """Those that a filter lets through, in any order, each with its place in the list. Raises InvalidArgument naming filter."""
    home = accounts.home(session)
    listing = organisation_fields.listing(session, home)
    node, also = asked(session, text, narrowing)
    wanted = Wanted(node, also, order, after, limit)

    def fetch(places: sa.Select[Any]) -> list[tuple[Any, Organisation]]:
        return organisations.filtered(session, places, descending=order.descending)

    return read_page(session, listing, organisations.NOUN, wanted, home=home, fetch=fetch)


def count_tags(session: ReadSession, text: str, narrowing: Narrowing) -> TagCounts:
    """The tags of those that a filter lets through. Raises InvalidArgument naming filter."""
    home = accounts.home(session)
    listing = organisation_fields.listing(session, home)
    node, also = asked(session, text, narrowing)
    return tag_counts.count(session, listing, organisations.NOUN, node, also, home=home)


def asked(session: ReadSession, text: str, narrowing: Narrowing) -> tuple[Node, list[Condition]]:
    """What the filter and the plain parameters ask together. Raises InvalidArgument naming filter or tag."""
    node = narrowed(narrowed_by(narrowing.segment, parse(text)), "tags", tag_names(narrowing.tag, field="tag"))
    node = narrowed(node, "parent", [narrowing.parent_id] if narrowing.parent_id else [])
    name = fold(narrowing.name)
    also = [organisations.named(name)] if name else []
    return node, also


def update(session: WriteSession, organisation_id: str, wanted: Organisation, *, mask: Collection[str], etag: str) -> Organisation:
    """Set the fields in `mask`. Nothing happens where nothing differs. Raises NotFound, Aborted, InvalidArgument."""
    organisation_trees.hold(session, mask)
    if "custom" in mask:
        custom_values.hold_definitions(session, organisations.NOUN)
    before = _lock(session, organisation_id, etag)
    given = custom_values.changes(session, organisations.NOUN, before.custom, wanted.custom) if "custom" in mask else ()
    wanted = replace(wanted, custom=after_changes(before.custom, given))
    after = checked_organisation(with_changes(before, wanted, mask), country=accounts.home(session).country)
    changed = changed_fields(before, after)
    if not changed:
        return before
    if "visibility" in changed:
        check_kept(session, after.visibility)
    after = replace(after, version=before.version + 1, update_time=session.now)
    if {"parent_id", "addresses"}.intersection(changed):
        after = organisation_trees.placed(session, after, moved="parent_id" in changed)
    if "main_contact_person_id" in changed:
        after = replace(after, main_contact=main_contacts.of(session, after))
    after = organisations.update(session, before, after)
    values.write(session, after.id, given)
    updated(session, f"organisations/{after.id}", {name: (value_of(before, name), value_of(after, name)) for name in changed})
    published.organisation_updated(session, after, changed)
    if {"name", "visibility"}.intersection(changed):
        touch_persons(session, [position.person_id for position in positions.of_organisation(session, after.id)], "positions")
    organisation_trees.show_anew(session, before, after)
    return after


def delete(session: WriteSession, organisation_id: str, *, etag: str) -> None:
    """Delete the organisation and the positions there; the people stay, and what belonged to it moves up. Raises NotFound, Aborted."""
    organisation_trees.hold(session, ["parent_id"])
    organisation = _lock(session, organisation_id, etag)
    organisation_trees.close_up(session, organisation)
    ended = positions.of_organisation(session, organisation.id)
    positions.delete(session, [position.id for position in ended])
    merge_parts.erase(session, organisations.NOUN, organisation.id)
    organisations.delete(session, organisation.id)
    deleted(session, f"organisations/{organisation.id}", {"name": organisation.name})
    ended_of: dict[str, dict[str, tuple[Any, Any]]] = {}
    for position in ended:
        published.position_deleted(session, position)
        ended_of.setdefault(position.person_id, {})[f"positions/{position.id}"] = (position, None)
    for person_id, changes in ended_of.items():
        updated(session, f"persons/{person_id}", changes)
    touch_persons(session, [position.person_id for position in ended], "positions")
    published.organisation_deleted(session, organisation)


def _lock(session: WriteSession, organisation_id: str, etag: str) -> Organisation:
    organisation = organisations.lock(session, organisation_id)
    if organisation is None:
        raise missing(session, organisations.NOUN, organisation_id)
    check_etag(etag, organisation.version)
    return organisation
