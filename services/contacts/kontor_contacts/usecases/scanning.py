"""Compares all records of an account in the background, a step at a time.

- Where the work is stands in the database and moves in the transaction that keeps a step's results: a process may die at any line, and the
  next one goes on there. Pairs are written so that twice is once.
- A step looks and compares without a write transaction, and writes only if nobody has gone on from the same place meanwhile.
- One worker holds an operation, by a lease that every step renews; what fails is tried again when the lease is over.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa
import structlog

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.errors import Aborted, KontorError
from kontor_chassis.principal import EVERY_ACCOUNT, Principal
from kontor_chassis.service import Context
from kontor_chassis.worker import Worker
from kontor_contacts.domain.blocking import keys_of
from kontor_contacts.domain.duplicates import POSSIBLE, match
from kontor_contacts.domain.scans import Position, blocks, read_position
from kontor_contacts.store import duplicate_keys, duplicates, likely, operations
from kontor_contacts.store.duplicates import Found
from kontor_contacts.store.operations import Operation

log = structlog.get_logger()

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


def look(session: ReadSession, position: Position) -> Step:
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


def keep(session: WriteSession, operation: Operation, position: Position, step: Step) -> Operation:
    """The operation after this step. Raises Aborted where somebody else has done it meanwhile."""
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


class Scanner(Worker):
    """Finishes one operation after the other."""

    def __init__(self, context: Context) -> None:
        super().__init__("scan")
        self._context = context

    async def work(self) -> bool:
        try:
            operation = await self._context.database.read(self._due)
            if operation is not None:
                await self._finish(operation)
            return operation is not None
        except (KontorError, sa.exc.SQLAlchemyError) as error:
            log.warning("scan_waits", error=str(error))
        except Exception as error:  # whatever it is, the next operation must have its turn
            log.error("scan_failed", exc_info=error)
        return False

    async def _finish(self, operation: Operation) -> None:
        if not await self._context.database.write(self._claim, operation):
            return
        while operation.state == "running":
            operation = await self.step(operation)
        log.info("scan_finished", account_id=operation.account_id, found=operation.found, skipped=operation.skipped)

    async def step(self, operation: Operation) -> Operation:
        """Do one step of the operation; answers it as it is then."""
        position = read_position(operation.position)
        found = await self._context.database.read(self._look, operation, position)
        return await self._context.database.write(self._keep, operation, position, found)

    def _due(self) -> Operation | None:
        with self._context.sessions.read(Principal(EVERY_ACCOUNT, service=self._context.service.name)) as session:
            return operations.due(session)

    def _claim(self, operation: Operation) -> bool:
        with self._context.sessions.write(self._principal(operation), means="scan") as session:
            return operations.claim(session, operation)

    def _look(self, operation: Operation, position: Position) -> Step:
        with self._context.sessions.read(self._principal(operation)) as session:
            return look(session, position)

    def _keep(self, operation: Operation, position: Position, found: Step) -> Operation:
        with self._context.sessions.write(self._principal(operation), means="scan") as session:
            return keep(session, operation, position, found)

    def _principal(self, operation: Operation) -> Principal:
        return Principal(operation.account_id, user_id=operation.creator_user_id, service=self._context.service.name)
