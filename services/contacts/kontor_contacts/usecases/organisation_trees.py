"""What belongs to what, and which addresses that brings along. Callers hold the account's tree (`hold`) before any row."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from kontor_chassis.audit import updated
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_contacts.domain.organisations import Organisation
from kontor_contacts.domain.trees import check_parent
from kontor_contacts.store import address_origins, organisation_trees, organisations
from kontor_contacts.usecases.moved import missing, unknown
from kontor_contacts.usecases.touching import touch_organisations, touch_persons

# Changing these changes the tree, or what is inherited in it.
_FIELDS = frozenset({"parent_id", "addresses"})


@dataclass(frozen=True)
class RollUp:
    """How many there are in a subtree."""

    organisations: int
    present_persons: int
    former_persons: int


def ancestors(session: ReadSession, organisation_id: str) -> Sequence[tuple[str, str]]:
    """(id, name) from the top down to the parent. Raises NotFound."""
    lineage = organisation_trees.shown_lineage(session, organisation_id)
    if not lineage:
        raise missing(session, organisations.NOUN, organisation_id)
    return lineage[:0:-1]


def roll_up(session: ReadSession, organisation_id: str) -> RollUp:
    """Raises NotFound."""
    row: sa.Row[Any] = organisation_trees.roll_up(session, organisation_id)
    if not row.organisations:
        raise missing(session, organisations.NOUN, organisation_id)
    return RollUp(row.organisations, row.present, row.persons - row.present)


def hold(session: WriteSession, mask: Collection[str]) -> None:
    """Keep other changes of the account's trees waiting, where one of these fields is about to change."""
    if _FIELDS.intersection(mask):
        organisation_trees.hold(session)


def placed(session: WriteSession, organisation: Organisation, *, moved: bool) -> Organisation:
    """The organisation with whose addresses count there. Where it is `moved`, its parent is checked first. Raises InvalidArgument
    naming parent_id."""
    if moved and organisation.parent_id:
        lineage = [ancestor_id for ancestor_id, _ in organisation_trees.lineage(session, organisation.parent_id)]
        if not lineage:
            raise unknown(session, organisations.NOUN, organisation.parent_id, field="parent_id")
        check_parent(organisation.id, lineage, height=organisation_trees.height(session, organisation.id))
    if organisation.points.addresses:
        return replace(organisation, address_origin_id=organisation.id)
    origin = address_origins.origin_at(session, organisation.parent_id) if organisation.parent_id else ""
    return replace(organisation, address_origin_id=origin)


def show_anew(session: WriteSession, before: Organisation, after: Organisation) -> None:
    """Pass on what counts at the organisation now, and raise the versions of everybody who shows it."""
    shown = any(getattr(before, name) != getattr(after, name) for name in ("name", "visibility"))
    lent_out = after.address_origin_id == after.id and (shown or before.points.addresses != after.points.addresses)
    if before.address_origin_id == after.address_origin_id and not lent_out:
        return
    address_origins.pass_on(session, after.id, after.address_origin_id)
    touch_organisations(session, address_origins.inheriting(session, after.id), "effective_addresses")
    touch_persons(session, address_origins.people_showing(session, after.id), "effective_addresses")


def close_up(session: WriteSession, organisation: Organisation) -> None:
    """Before an organisation goes: what belonged to it belongs to its parent from now on, and inherits from there."""
    children = organisation_trees.children(session, organisation.id)
    if not children:
        return
    inheriting, people = [], []
    if organisation.address_origin_id == organisation.id:
        inheriting = address_origins.inheriting(session, organisation.id)
        people = address_origins.people_showing(session, organisation.id)
        origin = address_origins.origin_at(session, organisation.parent_id) if organisation.parent_id else ""
        address_origins.pass_on(session, organisation.id, origin)
    organisation_trees.move_children(session, organisation.id, parent_id=organisation.parent_id)
    for child_id in children:
        updated(session, f"organisations/{child_id}", {"parent_id": (organisation.id, organisation.parent_id)})
    touch_organisations(session, children, "parent_id")
    touch_organisations(session, sorted(set(inheriting).difference(children)), "effective_addresses")
    touch_persons(session, people, "effective_addresses")
