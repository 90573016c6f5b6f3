"""A merge of two organisations is undone; held as in usecases/merges_of_organisations.py."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from kontor_chassis.audit import updated
from kontor_chassis.db.sessions import WriteSession
from kontor_contacts.domain.custom_fields import CustomField
from kontor_contacts.domain.merged_records import in_order, organisation_with, values_of
from kontor_contacts.domain.merges import Merge, check_undo
from kontor_contacts.domain.merging import BACKGROUND, parted
from kontor_contacts.domain.organisations import Organisation
from kontor_contacts.domain.positions import Position
from kontor_contacts.domain.trees import MAX_LEVELS
from kontor_contacts.events import published
from kontor_contacts.store import (
    address_origins,
    custom_fields,
    main_contacts,
    merges,
    organisation_trees,
    organisations,
    persons,
    positions,
)
from kontor_contacts.store import custom_values as values
from kontor_contacts.store.merge_snapshots import Snapshot
from kontor_contacts.store.organisations import NOUN
from kontor_contacts.store.survivors import present_id
from kontor_contacts.usecases import custom_values, merge_parts
from kontor_contacts.usecases.merge_parts import Present
from kontor_contacts.usecases.merged_organisations import (
    PositionChanges,
    Shown,
    at,
    line_of,
    origin_of,
    showing,
    shows_otherwise,
    tell_changed,
    touch,
    with_all_values,
)
from kontor_contacts.usecases.moved import way_of


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
    found = merge_parts.present_snapshot(session, merge, Organisation, fields)
    persons.hold(session, _people_of(session, survivor, found.kept))
    return _Undoing(session, merge, found, fields, with_all_values(session, survivor)).run()


def _people_of(session: WriteSession, survivor: Organisation, kept: Snapshot[Organisation]) -> list[str]:
    """Whose positions are about to change."""
    moved = set(kept.positions)
    there = {position.person_id for position in positions.of_organisation(session, survivor.id) if position.id in moved}
    absorbed = {present_id(session, persons.NOUN, position.person_id) for position, _ in kept.absorbed}
    return sorted(there | absorbed)


class _Undoing:
    """One undoing: the steps share what the ones before have found."""

    def __init__(
        self, session: WriteSession, merge: Merge, found: Present[Organisation], fields: Mapping[str, CustomField], now: Organisation
    ) -> None:
        self._session = session
        self._merge = merge
        self._found = found
        self._kept = found.kept
        self._fields = fields
        self._now = now
        self._changes = PositionChanges()

    def run(self) -> Organisation:
        kept, now = self._kept, self._now
        # From here on the duplicate's id leads to itself.
        merges.finish(self._session, self._merge.id)
        content = parted(values_of(kept.before), values_of(kept.duplicate), values_of(kept.after), values_of(now))
        content[BACKGROUND] = self._found.left_of_survivor.below(content[BACKGROUND])
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
            background=self._found.left_of_duplicate.below(kept.background),
            parent_id=parent_id if len(line_of(self._session, parent_id)) < MAX_LEVELS else "",
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
            self._changes.add(position, at(position, duplicate))
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
        line = line_of(session, duplicate.id)
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
        line = line_of(session, parent_id)
        fits = len(line) + 1 + organisation_trees.height(session, now.id) <= MAX_LEVELS
        return parent_id if (parent_id or not wanted) and now.id not in line and fits else now.parent_id

    def _main_contact(self, person_id: str, organisation_id: str) -> str:
        there_id = present_id(self._session, persons.NOUN, person_id) if person_id else ""
        return there_id if there_id and main_contacts.works_at(self._session, there_id, organisation_id) else ""

    def _place(self, after: Organisation, duplicate: Organisation) -> tuple[Organisation, Organisation]:
        """Both with whose addresses count there; the upper one of the two first."""
        found = {after.id: after, duplicate.id: duplicate}
        upper_first = [duplicate.id, after.id] if duplicate.id in line_of(self._session, after.id) else [after.id, duplicate.id]
        for organisation_id in upper_first:
            origin_id = origin_of(self._session, found[organisation_id])
            address_origins.write(self._session, organisation_id, origin_id)
            address_origins.pass_on(self._session, organisation_id, origin_id)
            found[organisation_id] = replace(found[organisation_id], address_origin_id=origin_id)
        return found[after.id], found[duplicate.id]

    def _tell(self, after: Organisation, duplicate: Organisation, children: Sequence[str]) -> None:
        session, now = self._session, self._now
        self._changes.tell(session)
        for child_id in children:
            updated(session, f"{NOUN}/{child_id}", {"parent_id": (after.id, duplicate.id)})
        more = {**self._found.left_of_survivor.told, "merged": (f"{NOUN}/{duplicate.id}", None)}
        tell_changed(session, now, after, more, action="undo_merge")
        again = {"name": (None, duplicate.name), "merged_into": (f"{NOUN}/{after.id}", None)}
        left = self._found.left_of_duplicate.told_below(self._kept.duplicate.background)
        updated(session, f"{NOUN}/{duplicate.id}", {**again, **left}, action="undo_merge")
        published.organisation_unmerged(session, duplicate, self._merge)
        shown = showing(session, children) | showing(session, [after.id] if shows_otherwise(now, after) else ())
        shown = Shown(shown.organisations - {duplicate.id}, shown.people)
        shown_otherwise = (now.name, now.visibility) != (after.name, after.visibility)
        touch(session, after, shown, children=children, people=self._changes.people, shown_otherwise=shown_otherwise)
