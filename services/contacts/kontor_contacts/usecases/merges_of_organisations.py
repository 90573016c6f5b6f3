"""Two organisations are one, and are two again. Whatever is held is held in the order in which everybody does: the account's trees,
definitions of custom fields, organisations by their ids, people by theirs, the merge."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kontor_chassis.audit import updated
from kontor_chassis.db.sessions import WriteSession
from kontor_chassis.errors import invalid
from kontor_contacts.domain import merged_positions
from kontor_contacts.domain.custom_fields import CustomField
from kontor_contacts.domain.merged_positions import Moved
from kontor_contacts.domain.merged_records import choosable, in_order, organisation_with, values_of
from kontor_contacts.domain.merges import Merge, check_undo
from kontor_contacts.domain.merging import Choices, check_choices, merged, parted
from kontor_contacts.domain.organisations import Organisation, changed_fields, value_of
from kontor_contacts.domain.positions import Position
from kontor_contacts.domain.trees import MAX_LEVELS, check_levels, merged_parent
from kontor_contacts.events import published
from kontor_contacts.store import (
    address_origins,
    custom_fields,
    duplicates,
    main_contacts,
    merge_snapshots,
    merges,
    organisation_trees,
    organisations,
    persons,
    positions,
)
from kontor_contacts.store import custom_values as values
from kontor_contacts.store.merge_snapshots import Snapshot, definitions
from kontor_contacts.store.organisations import NOUN
from kontor_contacts.usecases import custom_values, merge_parts
from kontor_contacts.usecases.moved import missing, present_id, unknown, way_of
from kontor_contacts.usecases.touching import touch_organisations, touch_persons


@dataclass(frozen=True)
class _Shown:
    """Who shows something of an organisation that is another now."""

    organisations: frozenset[str] = frozenset()
    people: frozenset[str] = frozenset()

    def __or__(self, other: "_Shown") -> "_Shown":
        return _Shown(self.organisations | other.organisations, self.people | other.people)


def merge(
    session: WriteSession, survivor_id: str, duplicate_id: str, chosen: Choices, *, etag: str, duplicate_etag: str
) -> tuple[Organisation, Merge]:
    """Raises NotFound for the survivor, Aborted, and InvalidArgument naming duplicate_id, a choice, or a field that would hold too much."""
    if duplicate_id == survivor_id:
        raise invalid("duplicate_id", "must be another organisation")
    session.means = merge_parts.MEANS
    survivor, duplicate = _lock_both(session, survivor_id, duplicate_id)
    merge_parts.check_etags((etag, duplicate_etag), (survivor.version, duplicate.version))
    fields = custom_fields.by_key(session, NOUN)
    check_choices(chosen, choosable(survivor, fields))
    content = in_order(merged(values_of(survivor), values_of(duplicate), chosen), fields)
    content["parent_id"] = _merged_parent(session, survivor, duplicate, chosen, content["parent_id"])
    moved = _moved_positions(session, survivor, duplicate)
    after = organisation_with(survivor, content)
    after = replace(after, version=survivor.version + 1, update_time=session.now, address_origin_id=_origin(session, after))
    made = merge_parts.made(session, NOUN, after, (survivor.name, duplicate.name), duplicate.id)
    snapshot = Snapshot(
        before=survivor,
        duplicate=duplicate,
        after=after,
        tags=merge_parts.tag_ids(session, survivor, duplicate),
        fields=definitions(fields),
        pairs_before=duplicates.all_of(session, survivor.id),
        pairs_duplicate=duplicates.all_of(session, duplicate.id),
        positions=[position.id for position in moved.moved],
        children=[child_id for child_id in organisation_trees.children(session, duplicate.id) if child_id != survivor.id],
        absorbed=moved.absorbed,
    )
    _write_merged(session, made, snapshot, moved, fields)
    _tell_merged(session, made, snapshot, moved)
    return organisations.get(session, survivor.id) or after, made


def _lock_both(session: WriteSession, survivor_id: str, duplicate_id: str) -> tuple[Organisation, Organisation]:
    """With all values of custom fields, those of archived ones too."""
    organisation_trees.hold(session)
    custom_values.hold_definitions(session, NOUN)
    found = {organisation_id: organisations.lock(session, organisation_id) for organisation_id in sorted((survivor_id, duplicate_id))}
    survivor, duplicate = found[survivor_id], found[duplicate_id]
    if survivor is None:
        raise missing(session, NOUN, survivor_id)
    if duplicate is None:
        raise unknown(session, NOUN, duplicate_id, field="duplicate_id")
    return _with_all_values(session, survivor), _with_all_values(session, duplicate)


def _with_all_values(session: WriteSession, organisation: Organisation) -> Organisation:
    return replace(organisation, custom=values.every(session, organisation.id))


def _merged_parent(session: WriteSession, survivor: Organisation, duplicate: Organisation, chosen: Choices, wanted: str) -> str:
    parent_id = merged_parent(
        _line(session, survivor.id),
        _line(session, duplicate.id),
        take_duplicates=wanted != survivor.parent_id,
        explicit="parent_id" in chosen,
    )
    below = max(organisation_trees.height(session, item.id) for item in (survivor, duplicate))
    check_levels(len(_line(session, parent_id)), below, field="duplicate_id")
    return parent_id


def _line(session: WriteSession, organisation_id: str) -> list[str]:
    """Ids of an organisation itself and all above it."""
    return [above_id for above_id, _ in organisation_trees.lineage(session, organisation_id)] if organisation_id else []


def _origin(session: WriteSession, organisation: Organisation) -> str:
    if organisation.points.addresses:
        return organisation.id
    return address_origins.origin_at(session, organisation.parent_id) if organisation.parent_id else ""


def _moved_positions(session: WriteSession, survivor: Organisation, duplicate: Organisation) -> Moved:
    """Nobody begins anywhere here while both rows are held."""
    persons.hold(session, sorted({position.person_id for position in positions.of_organisation(session, duplicate.id)}))
    theirs = positions.of_organisation(session, duplicate.id)
    return merged_positions.move(positions.of_organisation(session, survivor.id), theirs, survivor_id=survivor.id)


def _write_merged(
    session: WriteSession, made: Merge, snapshot: Snapshot[Organisation], moved: Moved, fields: Mapping[str, CustomField]
) -> None:
    before, duplicate, after = snapshot.before, snapshot.duplicate, snapshot.after
    positions.delete(session, [position.id for position, _ in moved.absorbed])
    positions.move_all(session, snapshot.positions, organisation_id=after.id)
    for position in moved.marked:
        positions.update(session, replace(position, primary=True, version=position.version + 1))
    organisation_trees.move_children(session, duplicate.id, parent_id=after.id)
    organisations.delete(session, duplicate.id)
    merge_parts.inherit_pairs(session, made, snapshot.pairs_before, snapshot.pairs_duplicate)
    organisations.update(session, before, after)
    values.write(session, after.id, merge_parts.custom_changes(before.custom, after.custom, fields))
    address_origins.pass_on(session, after.id, after.address_origin_id)
    merges.insert(session, made, merge_snapshots.dump(snapshot))


def _tell_merged(session: WriteSession, made: Merge, snapshot: Snapshot[Organisation], moved: Moved) -> None:
    before, duplicate, after = snapshot.before, snapshot.duplicate, snapshot.after
    changes = _Changes()
    for position in moved.moved:
        changes.add(position, _at(position, after))
    for position in moved.marked:
        changes.add(position, replace(position, primary=True, version=position.version + 1))
    for position, _ in moved.absorbed:
        changes.add(position, None)
    changes.tell(session)
    for child_id in snapshot.children:
        updated(session, f"{NOUN}/{child_id}", {"parent_id": (duplicate.id, after.id)})
    _tell_changed(session, before, after, {"merged": (None, f"{NOUN}/{duplicate.id}")}, action="merge")
    gone = {"name": (duplicate.name, None), "merged_into": (None, f"{NOUN}/{after.id}")}
    updated(session, f"{NOUN}/{duplicate.id}", gone, action="merge")
    published.organisation_merged(session, duplicate, made)
    shown = _showing(session, [after.id] if _shows_otherwise(before, after) else snapshot.children)
    _touch(session, after, shown, children=snapshot.children, people=changes.people, renamed=before.name != after.name)


def undo(session: WriteSession, merge: Merge) -> Organisation:
    """The survivor as it is then. Raises FailedPrecondition."""
    session.means = merge_parts.MEANS
    organisation_trees.hold(session)
    custom_values.hold_definitions(session, NOUN)
    survivor = organisations.lock(session, merge.survivor_id)
    merge = merges.lock(session, merge.id) or merge
    check_undo(merge, now=session.now, survivor_there=survivor is not None, later_id=merges.later(session, merge))
    assert survivor is not None
    fields = custom_fields.by_key(session, NOUN)
    kept = merge_parts.present_snapshot(session, merge, Organisation, fields)
    persons.hold(session, _people_of(session, survivor, kept))
    return _Undoing(session, merge, kept, fields, _with_all_values(session, survivor)).run()


def _people_of(session: WriteSession, survivor: Organisation, kept: Snapshot[Organisation]) -> list[str]:
    """Whose positions are about to change."""
    moved = set(kept.positions)
    there = {position.person_id for position in positions.of_organisation(session, survivor.id) if position.id in moved}
    absorbed = {present_id(session, persons.NOUN, position.person_id) for position, _ in kept.absorbed}
    return sorted(there | absorbed)


class _Undoing:
    """One undoing: the steps share what the ones before have found."""

    def __init__(
        self, session: WriteSession, merge: Merge, kept: Snapshot[Organisation], fields: Mapping[str, CustomField], now: Organisation
    ) -> None:
        self._session = session
        self._merge = merge
        self._kept = kept
        self._fields = fields
        self._now = now
        self._changes = _Changes()

    def run(self) -> Organisation:
        kept, now = self._kept, self._now
        # From here on the duplicate's id leads to itself.
        merges.finish(self._session, self._merge.id)
        content = parted(values_of(kept.before), values_of(kept.duplicate), values_of(kept.after), values_of(now))
        after = organisation_with(now, in_order(content, self._fields))
        after = replace(after, version=now.version + 1, update_time=self._session.now)
        duplicate = self._insert_duplicate()
        self._move_positions(duplicate)
        children = self._move_children(duplicate)
        after = replace(after, parent_id=self._parent_of_survivor(after.parent_id))
        after = replace(after, main_contact_person_id=self._main_contact(after.main_contact_person_id, after.id))
        organisations.update(self._session, now, after)
        values.write(self._session, after.id, merge_parts.custom_changes(now.custom, after.custom, self._fields))
        standing_for = self._main_contact(kept.duplicate.main_contact_person_id, duplicate.id)
        main_contacts.hand_over(self._session, [duplicate.id], standing_for)
        after, duplicate = self._place(after, replace(duplicate, main_contact_person_id=standing_for))
        merge_parts.restore_pairs(self._session, self._merge, kept)
        self._tell(after, duplicate, children)
        return after

    def _insert_duplicate(self) -> Organisation:
        """Still without a main contact: nobody works there yet."""
        kept = self._kept.duplicate
        parent_id = self._there(kept.parent_id)
        duplicate = replace(
            kept,
            # One above what was told of its end.
            version=kept.version + 2,
            update_time=self._session.now,
            parent_id=parent_id if len(_line(self._session, parent_id)) < MAX_LEVELS else "",
            main_contact_person_id="",
            main_contact=None,
        )
        organisations.insert(self._session, duplicate)
        values.write(self._session, duplicate.id, merge_parts.custom_changes({}, duplicate.custom, self._fields))
        return duplicate

    def _there(self, organisation_id: str) -> str:
        """The organisation, or the one that has taken its place; empty where neither is there."""
        there_id = present_id(self._session, NOUN, organisation_id) if organisation_id else ""
        return there_id if there_id and organisations.get(self._session, there_id) is not None else ""

    def _move_positions(self, duplicate: Organisation) -> None:
        session, kept = self._session, self._kept
        here = {position.id: position for position in positions.of_organisation(session, self._now.id)}
        back = [here[position_id] for position_id in kept.positions if position_id in here]
        positions.move_all(session, [position.id for position in back], organisation_id=duplicate.id)
        for position in back:
            self._changes.add(position, _at(position, duplicate))
        for position, keeper_id in kept.absorbed:
            self._restore(position, here.get(keeper_id), duplicate)

    def _restore(self, position: Position, keeper: Position | None, duplicate: Organisation) -> None:
        """A position that was absorbed, with its mark where that went to the one that absorbed it and is there still."""
        session = self._session
        person_id = present_id(session, persons.NOUN, position.person_id)
        if persons.get(session, person_id) is None:
            return
        for merge in way_of(session, persons.NOUN, position.person_id):
            merges.add_position(session, merge.id, position.id)
        marked = position.primary and keeper is not None and keeper.primary and keeper.person_id == person_id
        again = replace(position, person_id=person_id, primary=marked, version=position.version + 2, organisation_name=duplicate.name)
        if marked and keeper is not None:
            unmarked = replace(keeper, primary=False, version=keeper.version + 1)
            positions.update(session, unmarked)
            self._changes.add(keeper, unmarked)
        positions.insert(session, again)
        self._changes.add(None, again)

    def _move_children(self, duplicate: Organisation) -> list[str]:
        """Those that are still where the merge put them, unless the duplicate belongs to them now."""
        session = self._session
        present = {child.id for child in organisations.by_ids(session, list(self._kept.children)) if child.parent_id == self._now.id}
        line = _line(session, duplicate.id)
        moved = []
        for child_id in sorted(present.difference(line)):
            if len(line) + 1 + organisation_trees.height(session, child_id) <= MAX_LEVELS:
                organisation_trees.move(session, child_id, parent_id=duplicate.id)
                moved.append(child_id)
        return moved

    def _parent_of_survivor(self, wanted: str) -> str:
        """What it belonged to, unless that is gone, or belongs to it now."""
        session, now = self._session, self._now
        if wanted == now.parent_id:
            return wanted
        parent_id = self._there(wanted)
        line = _line(session, parent_id)
        fits = len(line) + 1 + organisation_trees.height(session, now.id) <= MAX_LEVELS
        return parent_id if (parent_id or not wanted) and now.id not in line and fits else now.parent_id

    def _main_contact(self, person_id: str, organisation_id: str) -> str:
        there_id = present_id(self._session, persons.NOUN, person_id) if person_id else ""
        return there_id if there_id and main_contacts.works_at(self._session, there_id, organisation_id) else ""

    def _place(self, after: Organisation, duplicate: Organisation) -> tuple[Organisation, Organisation]:
        """Both with whose addresses count there; the upper one of the two first."""
        found = {after.id: after, duplicate.id: duplicate}
        upper_first = [duplicate.id, after.id] if duplicate.id in _line(self._session, after.id) else [after.id, duplicate.id]
        for organisation_id in upper_first:
            origin_id = _origin(self._session, found[organisation_id])
            address_origins.write(self._session, organisation_id, origin_id)
            address_origins.pass_on(self._session, organisation_id, origin_id)
            found[organisation_id] = replace(found[organisation_id], address_origin_id=origin_id)
        return found[after.id], found[duplicate.id]

    def _tell(self, after: Organisation, duplicate: Organisation, children: Sequence[str]) -> None:
        session, now = self._session, self._now
        self._changes.tell(session)
        for child_id in children:
            updated(session, f"{NOUN}/{child_id}", {"parent_id": (after.id, duplicate.id)})
        _tell_changed(session, now, after, {"merged": (f"{NOUN}/{duplicate.id}", None)}, action="undo_merge")
        again = {"name": (None, duplicate.name), "merged_into": (f"{NOUN}/{after.id}", None)}
        updated(session, f"{NOUN}/{duplicate.id}", again, action="undo_merge")
        published.organisation_unmerged(session, duplicate, self._merge)
        shown = _showing(session, children) | _showing(session, [after.id] if _shows_otherwise(now, after) else ())
        shown = _Shown(shown.organisations - {duplicate.id}, shown.people)
        _touch(session, after, shown, children=children, people=self._changes.people, renamed=now.name != after.name)


# Both ways --------------------------------------------------------------------------------------------------------------------


class _Changes:
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


def _at(position: Position, organisation: Organisation) -> Position:
    """As `positions.move_all` writes it."""
    return replace(position, organisation_id=organisation.id, organisation_name=organisation.name, version=position.version + 1)


def _tell_changed(
    session: WriteSession, before: Organisation, after: Organisation, more: Mapping[str, tuple[Any, Any]], *, action: str
) -> None:
    """What became of the survivor, once."""
    changed = changed_fields(before, after)
    audited = {name: (value_of(before, name), value_of(after, name)) for name in changed}
    updated(session, f"{NOUN}/{after.id}", {**audited, **more}, action=action)
    published.organisation_updated(session, after, changed)


def _shows_otherwise(before: Organisation, after: Organisation) -> bool:
    """Whether those that inherit from it show something else."""
    if before.address_origin_id != after.address_origin_id:
        return True
    return after.address_origin_id == after.id and (before.points.addresses != after.points.addresses or before.name != after.name)


def _showing(session: WriteSession, organisation_ids: Iterable[str]) -> _Shown:
    """Who shows what counts at these organisations."""
    shown = _Shown()
    for organisation_id in organisation_ids:
        below = frozenset(address_origins.inheriting(session, organisation_id))
        shown |= _Shown(below, frozenset(address_origins.people_showing(session, organisation_id)))
    return shown


def _touch(
    session: WriteSession, survivor: Organisation, shown: _Shown, *, children: Sequence[str], people: frozenset[str], renamed: bool
) -> None:
    """Raise the versions of all who show something of it, each once; of the survivor and the duplicate they are raised already."""
    if renamed:
        people |= {position.person_id for position in positions.of_organisation(session, survivor.id)}
    touch_organisations(session, children, "parent_id")
    touch_organisations(session, sorted(shown.organisations.difference(children, {survivor.id})), "effective_addresses")
    touch_persons(session, sorted(people), "positions")
    touch_persons(session, sorted(shown.people - people), "effective_addresses")
