"""Forgets what undoing a merge would take, when it is too late for that; where the duplicate went stays known for ever."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import sqlalchemy as sa
import structlog

from kontor_chassis.errors import KontorError
from kontor_chassis.principal import EVERY_ACCOUNT, service_principal
from kontor_chassis.service import Context
from kontor_contacts.store import merges, photos

log = structlog.get_logger()

_EVERY_SECONDS = 600
_AT_ONCE = 100


@asynccontextmanager
async def open_pruning(context: Context) -> AsyncIterator[None]:
    """Prune every ten minutes, until closed."""
    task = asyncio.create_task(_keep_pruning(context), name="merge-pruning")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _keep_pruning(context: Context) -> None:
    while True:
        await asyncio.sleep(_EVERY_SECONDS)
        try:
            pruned = await prune(context)
        except (KontorError, sa.exc.SQLAlchemyError) as error:
            log.warning("merge_pruning_waits", error=str(error))
        else:
            if pruned:
                log.info("merges_pruned", merges=pruned)


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
    return pruned
