"""Drives operations of every kind in the background, a step at a time.

- Where the work is stands in the database and moves in the transaction that keeps a step's results: a process may die at any line, and the
  next one goes on there.
- A step looks without a write transaction, and keeps what it found only if nobody has gone on from the same place meanwhile.
- One worker holds an operation, by a lease that every step renews. After a while it lets go, so that the others have their turn.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.errors import Aborted, Unavailable
from kontor_chassis.principal import EVERY_ACCOUNT, Principal
from kontor_chassis.rpc.status import opaque
from kontor_chassis.service import Context
from kontor_chassis.worker import Worker
from kontor_contacts.store import operations
from kontor_contacts.store.operations import Operation
from kontor_contacts.usecases import bulk_steps, scanning
from kontor_contacts.usecases.bulk_nouns import BY_KIND
from kontor_contacts.usecases.operations import SCAN_DUPLICATES

log = structlog.get_logger()

_STEPS_AT_A_TIME = 200
# How long others have after a step, in lengths of the step.
_PAUSE = 2


@dataclass(frozen=True)
class Kind:
    """How operations of a kind are done. `look` gives what `keep` gets; `keep` answers the operation after the step, and raises Aborted
    where somebody else has gone on with it."""

    look: Callable[[ReadSession, Operation], Any]
    keep: Callable[[WriteSession, Operation, Any], Operation]
    # What the audit says how changes came about.
    means: str
    # Whether it pauses after every step: who writes a single record must not wait for thousands.
    gives_way: bool = False


_BULK = Kind(bulk_steps.look, bulk_steps.keep, "bulk", gives_way=True)
KINDS: Mapping[str, Kind] = {SCAN_DUPLICATES: Kind(scanning.look, scanning.keep, "scan"), **dict.fromkeys(BY_KIND, _BULK)}


class OperationWorker(Worker):
    """Finishes one operation after the other."""

    def __init__(self, context: Context) -> None:
        super().__init__("operations")
        self._context = context
        self._held: Operation | None = None

    def wake(self) -> None:
        """Something was begun."""
        self._awake.set()

    async def work(self) -> bool:
        operation = await self._context.database.read(self._due)
        if operation is not None and await self._context.database.write(self._claim, operation):
            self._held = operation
            await self._go_on(operation)
            self._held = None
        return operation is not None

    async def stop(self) -> None:
        """Whoever comes next need not wait for the lease to be over."""
        await super().stop()
        if self._held is not None:
            with suppress(Unavailable):
                await self._context.database.write(self._let_go, self._held)

    async def _go_on(self, operation: Operation) -> None:
        try:
            for _ in range(_STEPS_AT_A_TIME):
                operation = await self.step(operation)
                if operation.state != "running":
                    log.info("operation_ended", operation_id=operation.id, kind=operation.kind, account_id=operation.account_id)
                    return
        except Aborted:
            # Cancelled, or somebody else has it: it is not ours any more.
            return
        except Unavailable as error:
            log.warning("operation_waits", operation_id=operation.id, error=str(error))
            await self._context.database.write(self._let_go, operation)
            raise
        except Exception as error:  # whatever it is, the next operation must have its turn
            log.error("operation_failed", operation_id=operation.id, exc_info=error)
            await self._context.database.write(self._fail, operation, error)
            return
        await self._context.database.write(self._let_go, operation)

    async def step(self, operation: Operation) -> Operation:
        """Do one step of the operation; answers it as it is then."""
        found = await self._context.database.read(self._look, operation)
        clock = asyncio.get_running_loop().time
        began = clock()
        after = await self._context.database.write(self._keep, operation, found)
        if KINDS[operation.kind].gives_way:
            await asyncio.sleep(_PAUSE * (clock() - began))
        return after

    def _due(self) -> Operation | None:
        with self._context.sessions.read(Principal(EVERY_ACCOUNT, service=self._context.service.name)) as session:
            return operations.due(session)

    def _claim(self, operation: Operation) -> bool:
        with self._write(operation) as session:
            return operations.claim(session, operation)

    def _let_go(self, operation: Operation) -> None:
        with self._write(operation) as session:
            operations.let_go(session, operation)

    def _fail(self, operation: Operation, error: Exception) -> None:
        told = opaque(error, method=f"operations/{operation.id}")
        incident = told.detail.get("incident")
        with self._write(operation) as session:
            operations.end(session, operation.id, "failed", failure=f"{told.message} Incident {incident}." if incident else told.message)

    def _look(self, operation: Operation) -> Any:
        with self._context.sessions.read(self._principal(operation)) as session:
            return KINDS[operation.kind].look(session, operation)

    def _keep(self, operation: Operation, found: Any) -> Operation:
        with self._write(operation) as session:
            return KINDS[operation.kind].keep(session, operation, found)

    def _write(self, operation: Operation) -> Any:
        return self._context.sessions.write(self._principal(operation), means=KINDS[operation.kind].means)

    def _principal(self, operation: Operation) -> Principal:
        """Whoever began it, with the rights that they had; a scan sees everything, as the service itself."""
        actor = operation.actor
        if not actor:
            return Principal(operation.account_id, user_id=operation.creator_user_id, service=self._context.service.name)
        return Principal(
            operation.account_id,
            user_id=operation.creator_user_id,
            role=actor["role"],
            scopes=frozenset(actor["scopes"]),
            groups=frozenset(actor["groups"]),
            api_key_id=actor.get("api_key_id", ""),
            api_key_name=actor.get("api_key_name", ""),
        )
