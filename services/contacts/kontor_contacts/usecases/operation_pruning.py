"""Forgets operations and their results when they have ended long ago."""

from contextlib import AbstractAsyncContextManager
from datetime import timedelta

import structlog

from kontor_chassis.principal import EVERY_ACCOUNT, service_principal
from kontor_chassis.service import Context
from kontor_chassis.worker import repeated
from kontor_contacts.store import operation_results, operations

log = structlog.get_logger()

KEPT = timedelta(days=30)
_EVERY_SECONDS = 3600
_AT_ONCE = 100
_ROWS_AT_ONCE = 1000


def open_pruning(context: Context) -> AbstractAsyncContextManager[None]:
    """Prune every hour, until closed."""
    return repeated("operation_pruning", lambda: prune(context), seconds=_EVERY_SECONDS)


async def prune(context: Context) -> int:
    """Forget what is old, in small transactions; answers how many. An operation's own row goes last: what dies in between is done again."""
    everybody = service_principal(context.service.name, account_id=EVERY_ACCOUNT)
    pruned = 0

    def find() -> list[tuple[str, str]]:
        with context.sessions.read(everybody) as session:
            return operations.ended_before(session, session.now - KEPT, limit=_AT_ONCE)

    def forget(account_id: str, operation_id: str) -> bool:
        """Whether all of it is gone."""
        with context.sessions.write(everybody, means=context.service.name) as session:
            if operation_results.delete_some(session, account_id, operation_id, limit=_ROWS_AT_ONCE) == _ROWS_AT_ONCE:
                return False
            operations.delete(session, account_id, operation_id)
            return True

    while found := await context.database.read(find):
        for account_id, operation_id in found:
            while not await context.database.write(forget, account_id, operation_id):
                pass
        pruned += len(found)
    if pruned:
        log.info("operations_pruned", operations=pruned)
    return pruned
