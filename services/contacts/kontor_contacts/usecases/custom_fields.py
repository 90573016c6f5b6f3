"""What can happen to the definition of a custom field.

What is shown with records changes their versions: archiving a field, or another type, touches every record that has a value.
Definitions are locked before records, and records before values, here and where values are written.
"""

from collections.abc import Collection
from dataclasses import asdict, replace
from typing import Any

from kontor_chassis.audit import created, deleted, updated
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.errors import AlreadyExists, FailedPrecondition, NotFound, invalid
from kontor_chassis.etags import check_etag
from kontor_chassis.ids import new_id
from kontor_contacts.domain.custom_fields import (
    CHOICE_TYPES,
    MAX_FIELDS,
    WRITABLE,
    CustomField,
    arranged,
    can_follow,
    changed_names,
    checked_field,
    with_changes,
)
from kontor_contacts.store import accounts, custom_fields, custom_values, persons
from kontor_contacts.usecases.custom_types import convert
from kontor_contacts.usecases.touching import touch_organisations, touch_persons


def create(session: WriteSession, wanted: CustomField) -> CustomField:
    """Raises InvalidArgument, AlreadyExists where the key is taken, FailedPrecondition where there are too many."""
    field = checked_field(wanted)
    present = custom_fields.lock_all(session, field.noun)
    if len(present) >= MAX_FIELDS:
        raise FailedPrecondition(f"There are {MAX_FIELDS} custom fields of this kind already.", reason="TOO_MANY_CUSTOM_FIELDS")
    field = replace(field, id=new_id(), version=1, create_time=session.now, update_time=session.now)
    placed = arranged(present, field)
    field = next(one for one in placed if one.id == field.id)
    if not custom_fields.insert(session, field):
        raise AlreadyExists(f"There is another custom field with the key {field.key}.", reason="CUSTOM_FIELD_EXISTS")
    _move_others(session, present, placed, but=field.id)
    created(session, f"custom-fields/{field.id}", {"key": field.key, "record_kind": field.noun, **_told(field)})
    return field


def get(session: ReadSession, field_id: str) -> CustomField:
    """Raises NotFound."""
    field = custom_fields.get(session, field_id)
    if field is None:
        raise NotFound("The custom field does not exist.")
    return field


def update(session: WriteSession, field_id: str, wanted: CustomField, *, mask: Collection[str], etag: str) -> CustomField:
    """Set what is in `mask`. Raises NotFound, Aborted, InvalidArgument, and FailedPrecondition where values forbid it."""
    before, present = _lock(session, field_id, etag)
    _check_fixed(before, wanted, mask)
    after = checked_field(with_changes(before, wanted, mask))
    placed = arranged(present, after)
    after = next(one for one in placed if one.id == before.id)
    changed = changed_names(before, after)
    if not changed:
        return before
    after = replace(after, version=before.version + 1, update_time=session.now)
    _check_choices(session, before, after)
    records = _check_type(session, before, after)
    custom_fields.update(session, after)
    _move_others(session, present, placed, but=after.id)
    if after.archived != before.archived:
        records = records or custom_values.carriers(session, after.id)
        _touch(session, after, records)
    elif after.type != before.type and not after.archived:
        _touch(session, after, records)
    if after.type != before.type:
        convert(session, before, after, records or custom_values.carriers(session, after.id), home=accounts.home(session))
    values = {name: (_told(before)[name], _told(after)[name]) for name in changed}
    updated(session, f"custom-fields/{after.id}", values)
    return after


def delete(session: WriteSession, field_id: str, *, etag: str) -> None:
    """Delete the field, and the values where it is archived. Raises NotFound, Aborted, FailedPrecondition."""
    field, present = _lock(session, field_id, etag)
    count = custom_values.count(session, field.id)
    if count and not field.archived:
        records, seen = _records(session, field)
        raise FailedPrecondition(
            f"{records} a value of {field.key}. Archive the field first; deleting it then deletes the values.",
            reason="CUSTOM_FIELD_IN_USE",
            detail={"count": str(seen)},
        )
    custom_fields.delete(session, field.id)
    left = [one for one in present if one.id != field.id]
    placed = [replace(one, position=place) for place, one in enumerate(left, start=1)]
    _move_others(session, left, placed, but="")
    deleted(session, f"custom-fields/{field.id}", {"key": field.key, "record_kind": field.noun, "values": count, **_told(field)})


def _lock(session: WriteSession, field_id: str, etag: str) -> tuple[CustomField, list[CustomField]]:
    """The field and all of its kind of record, in their order."""
    present = custom_fields.lock_all(session, get(session, field_id).noun)
    field = next((one for one in present if one.id == field_id), None)
    if field is None:
        raise NotFound("The custom field does not exist.")
    check_etag(etag, field.version)
    return field, present


def _check_fixed(before: CustomField, wanted: CustomField, mask: Collection[str]) -> None:
    """What was read may be sent back; another value is refused rather than ignored."""
    if "key" in mask and wanted.key != before.key:
        raise invalid("key", "cannot be changed")
    if "record_kind" in mask and wanted.noun != before.noun:
        raise invalid("record_kind", "cannot be changed")


def _check_choices(session: WriteSession, before: CustomField, after: CustomField) -> None:
    if not {before.type, after.type} <= CHOICE_TYPES:
        return
    kept = {choice.key for choice in after.choices}
    for choice in before.choices:
        if choice.key in kept:
            continue
        if custom_values.count_choice(session, before.id, choice.key):
            records, seen = _records(session, before, choice.key)
            raise FailedPrecondition(
                f"{records} the choice {choice.key}, so it cannot be taken away.",
                reason="CHOICE_IN_USE",
                detail={"choice": choice.key, "count": str(seen)},
            )


def _check_type(session: WriteSession, before: CustomField, after: CustomField) -> list[str]:
    """Ids of the records whose values get another type."""
    if before.type == after.type:
        return []
    records = custom_values.carriers(session, before.id)
    if records and not can_follow(before.type, after.type):
        told, seen = _records(session, before)
        raise FailedPrecondition(
            f"{told} a value of {before.key}, and not every {before.type} is a {after.type}.",
            reason="TYPE_CANNOT_CHANGE",
            detail={"from": before.type, "to": after.type, "count": str(seen)},
        )
    return records


def _records(session: WriteSession, field: CustomField, choice: str = "") -> tuple[str, int]:
    """What has a value, or this choice: how a sentence about it begins, and how many of them the caller sees. Where some may be hidden from
    them the sentence gives no number: it would be too low, or tell how many are."""
    seen = custom_values.count_seen(session, field, choice)
    if custom_values.may_be_hidden(session, field):
        return "Records have", seen
    return "1 record has" if seen == 1 else f"{seen} records have", seen


def _move_others(session: WriteSession, before: list[CustomField], after: list[CustomField], *, but: str) -> None:
    """Write the places of those that had to make room, or may close the gap."""
    places = {field.id: field.position for field in before}
    for field in after:
        if field.id != but and places.get(field.id) != field.position:
            custom_fields.update(session, replace(field, version=field.version + 1, update_time=session.now))


def _touch(session: WriteSession, field: CustomField, records: list[str]) -> None:
    touch = touch_persons if field.noun == persons.NOUN else touch_organisations
    touch(session, records, field.path)


def _told(field: CustomField) -> dict[str, Any]:
    """What the audit keeps of a definition."""
    return {name: [asdict(one) for one in field.choices] if name == "choices" else getattr(field, name) for name in sorted(WRITABLE)}
