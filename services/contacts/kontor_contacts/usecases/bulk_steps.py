"""The steps of a bulk action: first the records are gathered into its results, then they are treated one batch after the other.

- What is gathered is settled before the first record changes, so an action that moves records into or out of its own filter neither
  misses any nor meets one twice.
- A record is treated as it is when its turn comes; what it does not need is not written. In place of one that was merged meanwhile the
  survivor is changed; it is not deleted, which nobody who chose the other one has asked for.
- A step's records, results, audit entries and events commit together with the place that it has reached, so a process may die at any line.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kontor_chassis.audit import updated
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.errors import Aborted, InvalidArgument, NotFound
from kontor_contacts.domain import custom_values as custom_rules
from kontor_contacts.domain.bulk import Action, Choice, task_from, with_tags, with_values
from kontor_contacts.domain.custom_values import Change
from kontor_contacts.domain.tags import tag_key
from kontor_contacts.store import bulk, custom_fields, likely, operation_results, operations, tags
from kontor_contacts.store.operation_results import Outcome
from kontor_contacts.store.operations import Operation
from kontor_contacts.usecases.bulk import chosen
from kontor_contacts.usecases.bulk_nouns import BY_KIND, Noun
from kontor_contacts.usecases.moved import survivor_of

# A write transaction keeps single writers of SQLite waiting, so it treats no more than takes some ten milliseconds.
_TREATED = 25
_GATHERED = 500
_GATHERING, _TREATING = "gather", "treat"


@dataclass(frozen=True)
class Batch:
    """What a step is about: ids to be gathered, and whether these are the last; or places and ids of those to be treated."""

    gathered: Sequence[str] = ()
    whole: bool = False
    treated: Sequence[tuple[int, str]] = ()


def look(session: ReadSession, operation: Operation) -> Batch:
    """Raises InvalidArgument where the filter cannot be used any more."""
    noun = BY_KIND[operation.kind]
    choice, action = task_from(operation.task)
    phase, after = _position(operation)
    if phase == _GATHERING:
        return _gathered(session, noun, choice, after)
    limit = noun.deleted_at_once if action.delete else _TREATED
    return Batch(treated=operation_results.next_ones(session, operation.id, after=int(after), limit=limit))


def _gathered(session: ReadSession, noun: Noun, choice: Choice, after: str) -> Batch:
    if choice.ids:
        return Batch(gathered=choice.ids, whole=True)
    ids = bulk.gather(session, noun.name, chosen(session, noun, choice), after=after, limit=_GATHERED)
    return Batch(gathered=ids, whole=len(ids) < _GATHERED)


def keep(session: WriteSession, operation: Operation, batch: Batch) -> Operation:
    """The operation after this step. Raises Aborted where somebody else has done it meanwhile, or it was cancelled."""
    lost = Aborted("Somebody else has gone on with the operation, or it has ended.")
    if not operations.hold_at(session, operation):
        raise lost
    phase, _ = _position(operation)
    end = _after_gathering(session, operation, batch) if phase == _GATHERING else _after_treating(session, operation, batch)
    if not operations.advance(session, operation, end):
        raise lost
    return end


def _after_gathering(session: WriteSession, operation: Operation, batch: Batch) -> Operation:
    operation_results.insert(session, operation.id, batch.gathered, after=operation.total)
    total = operation.total + len(batch.gathered)
    if batch.whole and not total:
        return _ended(session, operation)
    position = f"{_TREATING}/0" if batch.whole else f"{_GATHERING}/{batch.gathered[-1]}"
    return replace(operation, total=total, position=position)


def _after_treating(session: WriteSession, operation: Operation, batch: Batch) -> Operation:
    noun, (_, action) = BY_KIND[operation.kind], task_from(operation.task)
    treat = _delete if action.delete else _change
    outcomes = treat(session, noun, action, [record_id for _, record_id in batch.treated])
    operation_results.settle(session, operation.id, {place: outcomes[record_id] for place, record_id in batch.treated})
    words = [outcome.word for outcome in outcomes.values()]
    counted = {word: getattr(operation, word) + words.count(word) for word in ("changed", "unchanged", "failed", "gone")}
    place = batch.treated[-1][0]
    end = replace(operation, **counted, position=f"{_TREATING}/{place}", progress=min(99, 100 * place // operation.total))
    return end if place < operation.total else _ended(session, end)


def _ended(session: WriteSession, operation: Operation) -> Operation:
    return replace(operation, state="done", progress=100, end_time=session.now)


def _position(operation: Operation) -> tuple[str, str]:
    phase, _, after = (operation.position or f"{_GATHERING}/").partition("/")
    return phase, after


def _delete(session: WriteSession, noun: Noun, _action: Action, ids: Sequence[str]) -> dict[str, Outcome]:
    noun.hold_to_delete(session, ids)
    names = likely.names(session, noun.name, ids)
    outcomes = {}
    for record_id in sorted(ids):
        try:
            noun.delete(session, record_id, etag="")
        except NotFound as error:
            outcomes[record_id] = Outcome("gone", _merged_into(error.detail.get("moved_to", "")))
        else:
            outcomes[record_id] = Outcome("changed", name=names.get(record_id, ""))
    return outcomes


def _merged_into(ref: str) -> str:
    return f"was merged into {ref}" if ref else ""


@dataclass(frozen=True)
class _Plan:
    """What becomes of one record."""

    before: Any
    after: Any
    changed: list[str]
    custom: Sequence[Change]


def _change(session: WriteSession, noun: Noun, action: Action, ids: Sequence[str]) -> dict[str, Outcome]:
    if action.custom:
        custom_fields.keep_as_they_are(session, noun.name)
    fields = custom_fields.by_key(session, noun.name) if action.custom else {}
    add = _tags_to_add(session, action)
    survivors = _survivors(session, noun, ids)
    present = list(dict.fromkeys(survivors.get(record_id, record_id) for record_id in ids))
    bulk.hold(session, noun.name, present)
    outcomes = dict.fromkeys(present, Outcome("gone"))
    plans: list[_Plan] = []
    for before in noun.by_ids(session, present):
        try:
            plan = _planned(noun, before, action, add=list(add.values()), fields=fields)
        except InvalidArgument as error:
            outcomes[before.id] = Outcome("failed", error.message)
        else:
            outcomes[before.id] = Outcome("changed" if plan.changed else "unchanged")
            plans += [plan] if plan.changed else []
    if plans:
        _write(session, noun, action, sorted(plans, key=lambda plan: plan.before.id), add=add)
    # What is merged between the look for survivors and the lock is not treated, but told.
    survivors |= _survivors(session, noun, [record_id for record_id in ids if outcomes.get(record_id) == Outcome("gone")])
    return {record_id: _outcome(noun, outcomes, record_id, survivors.get(record_id, "")) for record_id in ids}


def _survivors(session: ReadSession, noun: Noun, ids: Sequence[str]) -> dict[str, str]:
    """By the ids of those that were merged since they were gathered, whoever took their place and is to be seen."""
    merged = sorted(bulk.merged(session, noun.name, ids)) if ids else []
    found = {record_id: survivor_of(session, noun.name, record_id) for record_id in merged}
    return {record_id: survivor_id for record_id, survivor_id in found.items() if survivor_id}


def _outcome(noun: Noun, outcomes: Mapping[str, Outcome], record_id: str, survivor_id: str) -> Outcome:
    if not survivor_id:
        return outcomes[record_id]
    outcome = outcomes.get(survivor_id, Outcome("gone"))
    return Outcome(outcome.word, outcome.reason or _merged_into(f"{noun.name}/{survivor_id}"))


def _tags_to_add(session: WriteSession, action: Action) -> dict[str, str]:
    """Ids and names of the tags as they are kept, made where they are missing and held before any record is."""
    if not action.add_tags:
        return {}
    bulk.hold_tags(session, [row.id for row in tags.ensure(session, action.add_tags)])
    # One of them may have gone before it was held.
    return {row.id: row.name for row in tags.ensure(session, action.add_tags)}


def _planned(noun: Noun, before: Any, action: Action, *, add: Sequence[str], fields: Mapping[str, Any]) -> _Plan:
    """Raises InvalidArgument where the record cannot be so."""
    made = custom_rules.changes(before.custom, action.custom, fields) if action.custom else []
    after = replace(
        with_values(before, action.values),
        tags=with_tags(before.tags, add=add, remove={tag_key(name) for name in action.remove_tags}),
        custom=custom_rules.after(before.custom, made),
    )
    changed = noun.changed_fields(before, after)
    return _Plan(before, replace(after, version=before.version + 1) if changed else before, changed, made)


def _write(session: WriteSession, noun: Noun, action: Action, plans: Sequence[_Plan], *, add: Mapping[str, str]) -> None:
    ids = [plan.before.id for plan in plans]
    bulk.write(session, noun.name, ids, action.values)
    removed = tags.named(session, action.remove_tags).values()
    added = [(plan.after, tag_id) for plan in plans for tag_id, name in add.items() if name not in plan.before.tags]
    bulk.change_tags(session, noun.name, ids, removed=list(removed), added=added)
    bulk.write_custom(session, {plan.before.id: plan.custom for plan in plans})
    for plan in plans:
        after = replace(plan.after, update_time=session.now, tags=tuple(sorted(plan.after.tags, key=str.casefold)))
        changes = {name: (noun.value_of(plan.before, name), noun.value_of(after, name)) for name in plan.changed}
        updated(session, f"{noun.name}/{after.id}", changes)
        noun.updated(session, after, plan.changed)
