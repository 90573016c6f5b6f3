"""What merging organisations and undoing it have in common: what becomes of positions, and who shows something else now."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kontor_chassis.audit import updated
from kontor_chassis.db.sessions import WriteSession
from kontor_contacts.domain.organisations import Organisation, changed_fields, value_of
from kontor_contacts.domain.positions import Position
from kontor_contacts.events import published
from kontor_contacts.store import address_origins, organisation_trees, positions
from kontor_contacts.store import custom_values as values
from kontor_contacts.store.organisations import NOUN
from kontor_contacts.usecases.touching import touch_organisations, touch_persons


@dataclass(frozen=True)
class Shown:
    """Who shows something of an organisation that is another now."""

    organisations: frozenset[str] = frozenset()
    people: frozenset[str] = frozenset()

    def __or__(self, other: "Shown") -> "Shown":
        return Shown(self.organisations | other.organisations, self.people | other.people)


def with_all_values(session: WriteSession, organisation: Organisation) -> Organisation:
    return replace(organisation, custom=values.every(session, organisation.id))


def line_of(session: WriteSession, organisation_id: str) -> list[str]:
    """Ids of an organisation itself and all above it."""
    return [above_id for above_id, _ in organisation_trees.lineage(session, organisation_id)] if organisation_id else []


def origin_of(session: WriteSession, organisation: Organisation) -> str:
    if organisation.points.addresses:
        return organisation.id
    return address_origins.origin_at(session, organisation.parent_id) if organisation.parent_id else ""


class PositionChanges:
    """What became of positions, told by position and by person."""

    def __init__(self) -> None:
        self._pairs: list[tuple[Position | None, Position | None]] = []

    def add(self, before: Position | None, after: Position | None) -> None:
        self._pairs.append((before, after))

    @property
    def people(self) -> frozenset[str]:
        return frozenset(position.person_id for pair in self._pairs for position in pair if position is not None)

    def tell(self, session: WriteSession) -> None:
        of_person: dict[str, dict[str, tuple[Any, Any]]] = {}
        for before, after in self._pairs:
            if after is None and before is not None:
                published.position_deleted(session, before)
            elif after is not None:
                (published.position_updated if before is not None else published.position_created)(session, after)
            position = after or before
            assert position is not None
            of_person.setdefault(position.person_id, {})[f"positions/{position.id}"] = (before, after)
        for person_id, changes in of_person.items():
            updated(session, f"persons/{person_id}", changes)


def at(position: Position, organisation: Organisation) -> Position:
    """As `positions.move_all` writes it."""
    return replace(position, organisation_id=organisation.id, organisation_name=organisation.name, version=position.version + 1)


def tell_changed(
    session: WriteSession, before: Organisation, after: Organisation, more: Mapping[str, tuple[Any, Any]], *, action: str
) -> None:
    """What became of the survivor, once."""
    changed = changed_fields(before, after)
    audited = {name: (value_of(before, name), value_of(after, name)) for name in changed}
    updated(session, f"{NOUN}/{after.id}", {**more, **audited}, action=action)
    published.organisation_updated(session, after, changed)


def shows_otherwise(before: Organisation, after: Organisation) -> bool:
    """Whether those that inherit from it show something else."""
    if before.address_origin_id != after.address_origin_id:
        return True
    return after.address_origin_id == after.id and (before.points.addresses != after.points.addresses or before.name != after.name)


def showing(session: WriteSession, organisation_ids: Iterable[str]) -> Shown:
    """Who shows what counts at these organisations."""
    shown = Shown()
    for organisation_id in organisation_ids:
        below = frozenset(address_origins.inheriting(session, organisation_id))
        shown |= Shown(below, frozenset(address_origins.people_showing(session, organisation_id)))
    return shown


def touch(
    session: WriteSession, survivor: Organisation, shown: Shown, *, children: Sequence[str], people: frozenset[str], shown_otherwise: bool
) -> None:
    """Raise the versions of all who show something of it, each once; of the survivor and the duplicate they are raised already.
    `shown_otherwise`: under another name or to others, so that who works there shows something else."""
    if shown_otherwise:
        people |= {position.person_id for position in positions.of_organisation(session, survivor.id)}
    touch_organisations(session, children, "parent_id")
    touch_organisations(session, sorted(shown.organisations.difference(children, {survivor.id})), "effective_addresses")
    touch_persons(session, sorted(people), "positions")
    touch_persons(session, sorted(shown.people - people), "effective_addresses")
