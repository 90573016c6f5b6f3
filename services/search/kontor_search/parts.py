"""What the running service has beside its database: the index, and the way to the owners of what is in it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import cast

import sqlalchemy as sa
import structlog

from kontor_chassis.errors import Unavailable
from kontor_chassis.service import Context
from kontor_search.clients import Owners
from kontor_search.index.embedded import embedded_index
from kontor_search.index.live import Index
from kontor_search.settings import SearchSettings
from kontor_search.usecases.rebuild import fill_when_empty

log = structlog.get_logger()

# Between two tries to open an index that is away.
_PAUSE_SECONDS = 2.0


@dataclass(frozen=True)
class Parts:
    index: Index
    owners: Owners


def parts(context: Context) -> Parts:
    return cast(Parts, context.parts)


@asynccontextmanager
async def open_parts(context: Context) -> AsyncIterator[Parts]:
    """Open the index; one that is away is waited for and one that began empty is filled from the owners, both in the background."""
    knobs = cast(SearchSettings, context.knobs)
    index = _make_index(context, knobs)
    owners = Owners(context.channels, context.keyring, page_size=knobs.rebuild_page)
    context.checks["index"] = index.ready
    opened = await _opened(index)
    filling = asyncio.create_task(_fill(index, owners, opened=opened))
    try:
        yield Parts(index, owners)
    finally:
        filling.cancel()
        await asyncio.gather(filling, return_exceptions=True)
        await index.stop()


async def _opened(index: Index) -> bool:
    try:
        await index.start()
    except Unavailable as error:
        log.warning("search_index_waits", error=str(error), reason=error.reason)
        return False
    return True


async def _fill(index: Index, owners: Owners, *, opened: bool) -> None:
    """Everything else works meanwhile; a search is answered with Unavailable."""
    while not opened:
        await asyncio.sleep(_PAUSE_SECONDS)
        opened = await _opened(index)
    await fill_when_empty(index, owners)


def _make_index(context: Context, knobs: SearchSettings) -> Index:
    url = context.settings.search_url
    if not url:
        return embedded_index(context.settings.data_dir / "search-index", clock=context.clock)
    # Imported only where a server is used.
    from kontor_search.index.meilisearch import meilisearch_index  # noqa: PLC0415

    parsed = sa.make_url(url)
    key = str(parsed.password or "")
    port = f":{parsed.port}" if parsed.port else ""
    return meilisearch_index(f"{parsed.drivername}://{parsed.host}{port}", api_key=key, name=knobs.index, clock=context.clock)
