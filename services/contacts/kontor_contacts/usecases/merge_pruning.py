"""Forgets what undoing a merge would take, when it is too late for that; where the duplicate went stays known for ever."""

from contextlib import AbstractAsyncContextManager

import structlog

from kontor_chassis.principal import EVERY_ACCOUNT, service_principal
from kontor_chassis.service import Context
from kontor_chassis.worker import repeated
from kontor_contacts.store import merges, photos

log = structlog.get_logger()

_EVERY_SECONDS = 600
_AT_ONCE = 100


def open_pruning(context: Context) -> AbstractAsyncContextManager[None]:
    """Prune every ten minutes, until closed."""
    return repeated("merge_pruning", lambda: prune(context), seconds=_EVERY_SECONDS)


async def prune(context: Context) -> int:
    """Forget what is due; answers of how many merges. Each in a transaction of its own: what dies in between is done again."""
    everybody = service_principal(context.service.name, account_id=EVERY_ACCOUNT)
    pruned = 0

    def read() -> list[tuple[str, str]]:
        with context.sessions.read(everybody) as session:
            return merges.due(session, session.now, limit=_AT_ONCE)

    def forget(account_id: str, merge_id: str) -> None:
        owner = service_principal(context.service.name, account_id=account_id)
        with context.sessions.write(owner, means=context.service.name) as session:
            merges.prune(session, merge_id)
            photos.let_go(session, merge_id)

    while found := await context.database.read(read):
        for account_id, merge_id in found:
            await context.database.write(forget, account_id, merge_id)
        pruned += len(found)
    if pruned:
        log.info("merges_pruned", merges=pruned)
    return pruned
