"""Making the index anew from the owners, while the present one serves."""

import asyncio

import structlog

from kontor_chassis.errors import KontorError
from kontor_search.clients import Owners
from kontor_search.index.live import Index

log = structlog.get_logger()

_MAX_PAUSE_SECONDS = 30.0


async def rebuild(index: Index, owners: Owners) -> tuple[int, int]:
    """Fill a new generation and let it serve; answers how many documents and accounts.

    Raises FailedPrecondition while another rebuild runs, Unavailable where an owner or the index is away; the present index
    goes on serving then.
    """
    documents = accounts = 0
    async with await index.begin_rebuild() as generation:
        async for account_id in owners.accounts():
            accounts += 1
            async for page in owners.all_documents(account_id):
                await generation.add(page)
                documents += len(page)
        await generation.commit()
    log.info("search_rebuilt", documents=documents, accounts=accounts)
    return documents, accounts


async def fill_when_empty(index: Index, owners: Owners) -> None:
    """Rebuild an index that began empty, as soon as all owners answer."""
    pause = 0.2
    while index.needs_rebuild:
        try:
            await rebuild(index, owners)
        except KontorError as error:
            log.warning("search_rebuild_waits", error=str(error), pause=pause)
            await asyncio.sleep(pause)
            pause = min(_MAX_PAUSE_SECONDS, pause * 2)
