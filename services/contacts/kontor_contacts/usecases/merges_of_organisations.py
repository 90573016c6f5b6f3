"""Two organisations are one. Whatever is held is held in the order in which everybody does: the account's trees,
definitions of custom fields, organisations by their ids, people by theirs, the merge."""

from collections.abc import Mapping
from dataclasses import replace

from kontor_chassis.audit import updated
from kontor_chassis.db.sessions import WriteSession
from kontor_chassis.errors import invalid
from kontor_contacts.domain import merged_positions
from kontor_contacts.domain.custom_fields import CustomField
from kontor_contacts.domain.merged_positions import Moved
from kontor_contacts.domain.merged_records import choosable, in_order, organisation_with, values_of
from kontor_contacts.domain.merges import Merge
from kontor_contacts.domain.merging import Choices, check_choices, merged
from kontor_contacts.domain.organisations import Organisation
from kontor_contacts.domain.trees import check_levels, merged_parent
from kontor_contacts.events import published
from kontor_contacts.store import (
    address_origins,
    custom_fields,
    duplicates,
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
from kontor_contacts.usecases.merged_organisations import (
    PositionChanges,
    at,
    line_of,
    origin_of,
    showing,
    shows_otherwise,
    tell_changed,
    touch,
    with_all_values,
)
from kontor_contacts.usecases.moved import missing, unknown


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
    after = replace(after, version=survivor.version + 1, update_time=session.now, address_origin_id=origin_of(session, after))
    made = merge_parts.made(session, NOUN, (survivor, duplicate), (survivor.name, duplicate.name))
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
    return with_all_values(session, survivor), with_all_values(session, duplicate)


def _merged_parent(session: WriteSession, survivor: Organisation, duplicate: Organisation, chosen: Choices, wanted: str) -> str:
    parent_id = merged_parent(
        line_of(session, survivor.id),
        line_of(session, duplicate.id),
        take_duplicates=wanted != survivor.parent_id,
        explicit="parent_id" in chosen,
    )
    below = max(organisation_trees.height(session, item.id) for item in (survivor, duplicate))
    check_levels(len(line_of(session, parent_id)), below, field="duplicate_id")
    return parent_id


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
    changes = PositionChanges()
    for position in moved.moved:
        changes.add(position, at(position, after))
    for position in moved.marked:
        changes.add(position, replace(position, primary=True, version=position.version + 1))
    for position, _ in moved.absorbed:
        changes.add(position, None)
    changes.tell(session)
    for child_id in snapshot.children:
        updated(session, f"{NOUN}/{child_id}", {"parent_id": (duplicate.id, after.id)})
    tell_changed(session, before, after, {"merged": (None, f"{NOUN}/{duplicate.id}")}, action="merge")
    gone = {"name": (duplicate.name, None), "merged_into": (None, f"{NOUN}/{after.id}")}
    updated(session, f"{NOUN}/{duplicate.id}", gone, action="merge")
    published.organisation_merged(session, duplicate, made)
    shown = showing(session, [after.id] if shows_otherwise(before, after) else snapshot.children)
    shown_otherwise = (before.name, before.visibility) != (after.name, after.visibility)
    touch(session, after, shown, children=snapshot.children, people=changes.people, shown_otherwise=shown_otherwise)
