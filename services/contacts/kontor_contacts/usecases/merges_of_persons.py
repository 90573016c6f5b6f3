"""Two people are one, and are two again. Whatever is held is held in the order in which everybody does: definitions of custom fields,
organisations for which they stand, people by their ids, the merge."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from kontor_chassis.audit import updated
from kontor_chassis.db.sessions import WriteSession
from kontor_chassis.errors import invalid
from kontor_contacts.domain.custom_fields import CustomField
from kontor_contacts.domain.merged_positions import added, join, part
from kontor_contacts.domain.merged_records import choosable, in_order, person_with, values_of
from kontor_contacts.domain.merges import Merge, check_undo
from kontor_contacts.domain.merging import BACKGROUND, Choices, check_choices, merged, parted
from kontor_contacts.domain.persons import Person, changed_fields, value_of
from kontor_contacts.domain.positions import Position
from kontor_contacts.events import published
from kontor_contacts.store import custom_fields, duplicates, merge_snapshots, merges, organisations, persons, photos, positions
from kontor_contacts.store import custom_values as values
from kontor_contacts.store import form_submissions as submissions
from kontor_contacts.store import main_contacts as main_contact_rows
from kontor_contacts.store.merge_snapshots import Snapshot, definitions
from kontor_contacts.store.persons import NOUN, position_order
from kontor_contacts.store.survivors import present_id
from kontor_contacts.usecases import custom_values, main_contacts, merge_parts
from kontor_contacts.usecases.merge_parts import Present
from kontor_contacts.usecases.moved import missing, unknown, way_of
from kontor_contacts.usecases.touching import touch_organisations


def merge(
    session: WriteSession, survivor_id: str, duplicate_id: str, chosen: Choices, *, etag: str, duplicate_etag: str
) -> tuple[Person, Merge]:
    """Raises NotFound for the survivor, Aborted, and InvalidArgument naming duplicate_id, a choice, or a field that would hold too much."""
    if duplicate_id == survivor_id:
        raise invalid("duplicate_id", "must be another person")
    session.means = merge_parts.MEANS
    survivor, duplicate = _lock_both(session, survivor_id, duplicate_id)
    merge_parts.check_etags((etag, duplicate_etag), (survivor.version, duplicate.version))
    fields = custom_fields.by_key(session, NOUN)
    check_choices(chosen, choosable(survivor, fields))
    content = in_order(merged(values_of(survivor), values_of(duplicate), chosen), fields)
    joined = join(survivor.positions, duplicate.positions, survivor_id=survivor.id)
    after = person_with(survivor, content)
    after = replace(after, version=survivor.version + 1, update_time=session.now, positions=joined.positions)
    made = merge_parts.made(session, NOUN, (survivor, duplicate), (survivor.display_name, duplicate.display_name))
    snapshot = Snapshot(
        before=survivor,
        duplicate=duplicate,
        after=after,
        tags=merge_parts.tag_ids(session, survivor, duplicate),
        fields=definitions(fields),
        pairs_before=duplicates.all_of(session, survivor.id),
        pairs_duplicate=duplicates.all_of(session, duplicate.id),
        main_contact_of=main_contact_rows.organisations_of(session, duplicate.id),
        submissions=submissions.ids_of_person(session, duplicate.id),
        absorbed=joined.absorbed,
    )
    _write_merged(session, made, snapshot, fields)
    _tell_merged(session, made, snapshot)
    return persons.get(session, survivor.id) or after, made


def _lock_both(session: WriteSession, survivor_id: str, duplicate_id: str) -> tuple[Person, Person]:
    """With all values of custom fields, those of archived ones too."""
    custom_values.hold_definitions(session, NOUN)
    both = sorted((survivor_id, duplicate_id))
    for person_id in both:
        main_contact_rows.hold(session, person_id)
    found = {person_id: persons.lock(session, person_id) for person_id in both}
    survivor, duplicate = found[survivor_id], found[duplicate_id]
    if survivor is None:
        raise missing(session, NOUN, survivor_id)
    if duplicate is None:
        raise unknown(session, NOUN, duplicate_id, field="duplicate_id")
    return _with_all_values(session, survivor), _with_all_values(session, duplicate)


def _with_all_values(session: WriteSession, person: Person) -> Person:
    return replace(person, custom=values.every(session, person.id))


def _write_merged(session: WriteSession, made: Merge, snapshot: Snapshot[Person], fields: Mapping[str, CustomField]) -> None:
    before, duplicate, after = snapshot.before, snapshot.duplicate, snapshot.after
    _write_positions(session, (*before.positions, *duplicate.positions), after.positions)
    positions.delete(session, [position.id for position, _ in snapshot.absorbed])
    photos.keep_for_merge(session, made.id, [before.photo_id, duplicate.photo_id])
    persons.delete(session, duplicate.id)
    merge_parts.inherit_pairs(session, made, snapshot.pairs_before, snapshot.pairs_duplicate)
    if after.photo_id != before.photo_id:
        photos.give(session, after.id, after.photo_id)
    persons.update(session, before, after)
    values.write(session, after.id, merge_parts.custom_changes(before.custom, after.custom, fields))
    main_contact_rows.hand_over(session, snapshot.main_contact_of, after.id)
    submissions.hand_over(session, snapshot.submissions, duplicate.id, after.id)
    merges.insert(session, made, merge_snapshots.dump(snapshot))


def _tell_merged(session: WriteSession, made: Merge, snapshot: Snapshot[Person]) -> None:
    before, duplicate, after = snapshot.before, snapshot.duplicate, snapshot.after
    _tell_positions(session, (*before.positions, *duplicate.positions), after.positions)
    for position, _ in snapshot.absorbed:
        published.position_deleted(session, position)
    _tell_changed(session, before, after, {"merged": (None, f"{NOUN}/{duplicate.id}")}, action="merge")
    gone = {"name": (duplicate.display_name, None), "merged_into": (None, f"{NOUN}/{after.id}")}
    updated(session, f"{NOUN}/{duplicate.id}", gone, action="merge")
    published.person_merged(session, duplicate, made)
    _hand_over(session, snapshot.main_contact_of, duplicate.id, after.id)
    _show_anew(session, before, after, but=snapshot.main_contact_of)


def undo(session: WriteSession, merge: Merge) -> Person:
    """The survivor as it is then. Raises FailedPrecondition."""
    session.means = merge_parts.MEANS
    custom_values.hold_definitions(session, NOUN)
    main_contact_rows.hold(session, merge.survivor_id)
    survivor = persons.lock(session, merge.survivor_id)
    merge = merges.lock(session, merge.id) or merge
    check_undo(merge, now=session.now, survivor_there=survivor is not None, later_id=merges.later(session, merge))
    assert survivor is not None
    now = _with_all_values(session, survivor)
    fields = custom_fields.by_key(session, NOUN)
    found = merge_parts.present_snapshot(session, merge, Person, fields)
    kept = found.kept
    theirs = _positions_again(session, merge, kept)
    divided = part(kept.before.positions, theirs, kept.after.positions, now.positions, duplicate_id=merge.duplicate_id, also=kept.positions)
    more = added(kept.before.positions, divided.ours)
    content = parted(values_of(kept.before), values_of(kept.duplicate), values_of(kept.after), values_of(now), more=more)
    content[BACKGROUND] = found.left_of_survivor.below(content[BACKGROUND])
    after = replace(person_with(now, in_order(content, fields)), version=now.version + 1, update_time=session.now, positions=divided.ours)
    duplicate = replace(
        kept.duplicate,
        # One above what was told of its end.
        version=kept.duplicate.version + 2,
        update_time=session.now,
        background=found.left_of_duplicate.below(kept.duplicate.background),
        positions=divided.theirs,
    )
    _write_undone(session, merge, now, after, duplicate, fields)
    submissions.hand_over(session, kept.submissions, after.id, duplicate.id)
    merge_parts.restore_pairs(session, merge, kept)
    _tell_undone(session, merge, found, now, after, duplicate)
    return after


def _positions_again(session: WriteSession, merge: Merge, kept: Snapshot[Person]) -> list[Position]:
    """The duplicate's positions, as far as the organisations are there, or another has taken their place."""
    absorbed = {position.id for position, _ in kept.absorbed}
    found = [position if position.id not in absorbed else _organisation_now(session, position) for position in kept.duplicate.positions]
    return [position for position in found if position is not None]


def _organisation_now(session: WriteSession, position: Position) -> Position | None:
    """The position where it would be if it had not been absorbed; its version is one above what was told of its end."""
    organisation = organisations.get(session, present_id(session, organisations.NOUN, position.organisation_id))
    if organisation is None:
        return None
    for merge in way_of(session, organisations.NOUN, position.organisation_id):
        merges.add_position(session, merge.id, position.id)
    return replace(position, organisation_id=organisation.id, organisation_name=organisation.name, version=position.version + 2)


def _write_undone(
    session: WriteSession, merge: Merge, now: Person, after: Person, duplicate: Person, fields: Mapping[str, CustomField]
) -> None:
    persons.insert(session, duplicate)
    values.write(session, duplicate.id, merge_parts.custom_changes({}, duplicate.custom, fields))
    photos.give(session, duplicate.id, duplicate.photo_id)
    known = {position.id for position in now.positions}
    _write_positions(session, now.positions, (*after.positions, *(item for item in duplicate.positions if item.id in known)))
    for position in duplicate.positions:
        if position.id not in known:
            positions.insert(session, position)
    if after.photo_id != now.photo_id:
        photos.give(session, after.id, after.photo_id)
    photos.let_go(session, merge.id)
    persons.update(session, now, after)
    values.write(session, after.id, merge_parts.custom_changes(now.custom, after.custom, fields))
    merges.finish(session, merge.id)


def _tell_undone(session: WriteSession, merge: Merge, found: Present[Person], now: Person, after: Person, duplicate: Person) -> None:
    kept = found.kept
    known = {position.id for position in now.positions}
    _tell_positions(session, now.positions, (*after.positions, *(item for item in duplicate.positions if item.id in known)))
    for position in duplicate.positions:
        if position.id not in known:
            published.position_created(session, position)
    # First, so that nobody takes what is the duplicate's for that of a survivor who is opened with this.
    published.person_unmerged(session, duplicate, merge)
    more = {**found.left_of_survivor.told, "merged": (f"{NOUN}/{duplicate.id}", None)}
    _tell_changed(session, now, after, more, action="undo_merge")
    again = {"name": (None, duplicate.display_name), "merged_into": (f"{NOUN}/{after.id}", None)}
    left = found.left_of_duplicate.told_below(kept.duplicate.background)
    updated(session, f"{NOUN}/{duplicate.id}", {**again, **left}, action="undo_merge")
    present = {position.organisation_id for position in duplicate.positions if position.to_date is None}
    stands_for = main_contact_rows.organisations_of(session, after.id)
    back = sorted(present.intersection(stands_for, kept.main_contact_of))
    main_contact_rows.hand_over(session, back, duplicate.id)
    _hand_over(session, back, after.id, duplicate.id)
    main_contacts.release(session, after.id)
    _show_anew(session, now, after)


# Both ways --------------------------------------------------------------------------------------------------------------------


def _write_positions(session: WriteSession, before: Sequence[Position], after: Sequence[Position]) -> None:
    for position in _changed(before, after):
        positions.move(session, position)


def _tell_positions(session: WriteSession, before: Sequence[Position], after: Sequence[Position]) -> None:
    for position in _changed(before, after):
        published.position_updated(session, position)


def _changed(before: Sequence[Position], after: Sequence[Position]) -> list[Position]:
    """Those that differ, each with its next version."""
    known = {position.id: position for position in before}
    return [replace(position, version=position.version + 1) for position in after if position != known[position.id]]


def _tell_changed(session: WriteSession, before: Person, after: Person, more: Mapping[str, tuple[Any, Any]], *, action: str) -> None:
    """What became of the survivor, once."""
    changed = changed_fields(before, after)
    audited: dict[str, tuple[Any, Any]] = {name: (value_of(before, name), value_of(after, name)) for name in changed}
    if before.photo_id != after.photo_id:
        audited["photo"] = (before.photo_id, after.photo_id)
    had, has = ({position.id: position for position in person.positions} for person in (before, after))
    for position_id in sorted({*had, *has}):
        if had.get(position_id) != has.get(position_id):
            audited[f"positions/{position_id}"] = (had.get(position_id), has.get(position_id))
    updated(session, f"{NOUN}/{after.id}", {**more, **audited}, action=action)
    told = sorted({*changed, *(name.partition("/")[0] for name in audited)})
    shown = replace(after, positions=tuple(sorted(after.positions, key=position_order)))
    published.person_updated(session, shown, told)


def _hand_over(session: WriteSession, organisation_ids: Sequence[str], from_id: str, to_id: str) -> None:
    """Tell that another person stands for these organisations."""
    for organisation_id in organisation_ids:
        updated(session, f"organisations/{organisation_id}", {"main_contact_person_id": (from_id, to_id)})
    touch_organisations(session, organisation_ids, "main_contact_person_id")


def _show_anew(session: WriteSession, before: Person, after: Person, *, but: Sequence[str] = ()) -> None:
    """With the other organisations for which the survivor stands."""
    if main_contacts.SHOWN.intersection(changed_fields(before, after)):
        rest = set(main_contact_rows.organisations_of(session, after.id)).difference(but)
        touch_organisations(session, sorted(rest), "main_contact")
