"""Beginning to change many records at once. Everything that can be wrong with what is asked is said here, before anything is begun;
the work itself is in usecases/bulk_steps.py."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.errors import InvalidArgument, PermissionDenied, ResourceExhausted, invalid
from kontor_chassis.filters.fields import Condition
from kontor_chassis.filters.tree import restrictions
from kontor_chassis.ids import new_id
from kontor_contacts.domain import custom_values as custom_rules
from kontor_contacts.domain.bulk import Action, Choice, below, checked_action, checked_choice, task_to, with_values
from kontor_contacts.domain.tags import tag_key
from kontor_contacts.store import accounts, bulk, custom_fields, likely, operations, tags
from kontor_contacts.store.operations import Operation
from kontor_contacts.usecases import moved, segments
from kontor_contacts.usecases.bulk_nouns import Noun

# Of one account at the same time.
MAX_RUNNING = 20
_DELETING = "contacts.delete"


def begin(session: WriteSession, noun: Noun, choice: Choice, action: Action) -> Operation:
    """Raises InvalidArgument naming the field, PermissionDenied, FailedPrecondition where the segment is broken, and ResourceExhausted."""
    choice, action = _checked(session, noun, choice, action)
    if operations.count_running(session) >= MAX_RUNNING:
        raise ResourceExhausted(f"There are {MAX_RUNNING} operations under way already; wait for one, or cancel it.")
    principal = session.principal
    actor = {
        "role": principal.role,
        "scopes": sorted(principal.scopes),
        "groups": sorted(principal.groups),
        "api_key_id": principal.api_key_id,
        "api_key_name": principal.api_key_name,
    }
    operation = Operation(new_id(), noun.kind, task=task_to(choice, action), actor=actor)
    operations.insert(session, operation)
    session.audit(f"operations/{operation.id}", "create", {"kind": (None, noun.kind), "task": (None, _told(operation.task))})
    return replace(operation, create_time=session.now, creator_user_id=session.user_id)


def count(session: ReadSession, noun: Noun, choice: Choice, action: Action) -> int:
    """How many records it would be. Raises as `begin`."""
    choice, _ = _checked(session, noun, choice, action)
    if choice.ids:
        return len(likely.names(session, noun.name, choice.ids))
    return bulk.count(session, noun.name, chosen(session, noun, choice))


def chosen(session: ReadSession, noun: Noun, choice: Choice) -> list[Condition]:
    """What a record must fulfil. Raises InvalidArgument naming filter, with the position."""
    home = accounts.home(session)
    node, also = noun.asked(session, choice)
    return bulk.conditions(session, noun.listing(session, home), noun.name, node, also, home=home)


def _checked(session: ReadSession, noun: Noun, choice: Choice, action: Action) -> tuple[Choice, Action]:
    if action.delete and _DELETING not in session.principal.scopes:
        raise PermissionDenied(f"This needs the scope {_DELETING}.", reason="SCOPE_MISSING", detail={"scope": _DELETING})
    given = choice.ids
    choice = checked_choice(choice)
    _check_not_merged(session, noun, given)
    segment = segments.for_list(session, noun.name, choice.segment)
    choice = replace(choice, segment_filter=segment.filter if segment else "")
    if not choice.ids:
        _check_narrowed(session, noun, choice)
        chosen(session, noun, choice)
    action = checked_action(action)
    _check_removed(session, action)
    return choice, replace(action, values=_checked_values(session, noun, action))


def _check_not_merged(session: ReadSession, noun: Noun, ids: Sequence[str]) -> None:
    """As everywhere in bodies: whoever names a record that was merged learns of whom to speak instead."""
    merged = bulk.merged(session, noun.name, ids) if ids else set()
    for index, record_id in enumerate(ids):
        if record_id in merged and moved.survivor_of(session, noun.name, record_id):
            raise moved.unknown(session, noun.name, record_id, field=f"ids[{index}]")


def _check_narrowed(session: ReadSession, noun: Noun, choice: Choice) -> None:
    """What would mean everybody (nothing, blanks, a segment without a filter) must say so."""
    node, also = noun.asked(session, choice)
    if not (choice.everything or also or restrictions(node)):
        raise invalid("all", "must be true where neither ids nor anything that narrows a list is said")


def _check_removed(session: ReadSession, action: Action) -> None:
    """A tag to take off that does not exist is a slip of the pen."""
    known = tags.named(session, action.remove_tags)
    for index, name in enumerate(action.remove_tags):
        if tag_key(name) not in known:
            raise invalid(f"remove_tags[{index}]", "there is no such tag")


def _checked_values(session: ReadSession, noun: Noun, action: Action) -> Mapping[str, Any]:
    """The values cleaned."""
    try:
        custom_rules.changes(custom_rules.NO_VALUES, action.custom, custom_fields.by_key(session, noun.name))
        cleaned = noun.checked(with_values(noun.blank, action.values), country="")
    except InvalidArgument as error:
        raise below(error, "set") from error
    return {name: noun.value_of(cleaned, name) for name in action.values}


def _told(task: Mapping[str, Any]) -> dict[str, Any]:
    """What is said of it, for the audit."""
    both = {**task["choice"], **task["action"]}
    return {name: value for name, value in both.items() if value not in ("", [], (), {}, False)}
