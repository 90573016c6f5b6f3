"""Compares all records of an account, a step at a time (usecases/operation_worker.py). Pairs are written so that twice is once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.errors import Aborted
from kontor_contacts.domain.blocking import keys_of
from kontor_contacts.domain.duplicates import POSSIBLE, match
from kontor_contacts.domain.scans import Position, blocks, read_position
from kontor_contacts.store import duplicate_keys, duplicates, likely, operations
from kontor_contacts.store.duplicates import Found
from kontor_contacts.store.operations import Operation

_RECORDS = 500
_KEYS = 2000
_SWEPT = 1000


@dataclass(frozen=True)
class Step:
    """What a step found, and where it ends (None: with its phase)."""

    end: str | int | None
    # Records whose keys are not as they should be.
    stale: Sequence[str] = ()
    found: Sequence[Found] = ()
    skipped: int = 0


def look(session: ReadSession, operation: Operation) -> Step:
    position = read_position(operation.position)
    if position.phase == "keys":
        return _compare_keys(session, position)
    return _compare_records(session, position) if position.phase == "pairs" else Step(None)


def _compare_keys(session: ReadSession, position: Position) -> Step:
    records = likely.all_after(session, position.noun, position.after, _RECORDS)
    kept = duplicate_keys.of(session, list(records))
    stale = [record_id for record_id, record in records.items() if keys_of(record) != kept[record_id]]
    return Step(max(records) if len(records) == _RECORDS else None, stale=stale)


def _compare_records(session: ReadSession, position: Position) -> Step:
    rows = duplicate_keys.walk(session, position.noun, after=position.key, limit=_KEYS)
    if not rows:
        return Step(None)
    whole = len(rows) < _KEYS
    found = blocks([(row.key, row.record_id) for row in rows], whole=whole)
    ids = {record_id for pair in found.pairs for record_id in pair}
    records = likely.by_ids(session, position.noun, sorted(ids)) if ids else {}
    matches = [
        Found(left, right, match(records[left], records[right])) for left, right in found.pairs if left in records and right in records
    ]
    possible = [item for item in matches if item.match.score >= POSSIBLE]
    return Step(None if whole else found.last_key, found=possible, skipped=found.skipped)


def keep(session: WriteSession, operation: Operation, step: Step) -> Operation:
    """The operation after this step. Raises Aborted where somebody else has done it meanwhile."""
    position = read_position(operation.position)
    after: Position | None = position.next_phase() if step.end is None else position.reached(step.end)
    if position.phase == "sweep":
        swept = duplicates.delete_unseen(
            session, position.noun, operation_id=operation.id, before=operation.create_time or session.now, limit=_SWEPT
        )
        after = position.reached(int(position.after or 0) + swept) if swept == _SWEPT else position.next_phase()
    if step.stale:
        _put_keys_right(session, position.noun, step.stale)
    if step.found:
        _keep_pairs(session, operation, position.noun, step.found)
    done_with_noun = position.phase == "sweep" and (after is None or after.phase != "sweep")
    # Not counted on the way: a pair has several keys in common.
    found = duplicates.count(session, position.noun, operation_id=operation.id) if done_with_noun else 0
    end = replace(
        operation,
        position=str(after) if after else "",
        progress=after.progress if after else 100,
        found=operation.found + found,
        skipped=operation.skipped + step.skipped,
        state="running" if after else "done",
        end_time=None if after else session.now,
    )
    if not operations.advance(session, operation, end):
        raise Aborted("Somebody else has gone on with the operation.")
    return end


def _put_keys_right(session: WriteSession, noun: str, ids: Sequence[str]) -> None:
    present = likely.hold(session, noun, ids)
    # Read again, now that nobody else changes them.
    records = likely.by_ids(session, noun, sorted(present))
    for record_id in ids:
        duplicate_keys.delete(session, record_id)
    duplicate_keys.insert_many(session, noun, {record_id: keys_of(record) for record_id, record in records.items()})


def _keep_pairs(session: WriteSession, operation: Operation, noun: str, found: Sequence[Found]) -> None:
    present = likely.hold(session, noun, sorted({record_id for item in found for record_id in (item.left_id, item.right_id)}))
    those = [item for item in found if item.left_id in present and item.right_id in present]
    duplicates.keep(session, noun, those, operation_id=operation.id)
