"""Removes the blobs of photos that nobody shows: replaced and deleted ones, and uploads that died half-way."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import sqlalchemy as sa
import structlog

from kontor_chassis.errors import KontorError
from kontor_chassis.principal import EVERY_ACCOUNT, service_principal
from kontor_chassis.service import Context
from kontor_contacts.domain.photos import SIZES, blob_key
from kontor_contacts.store import photos

log = structlog.get_logger()

_EVERY_SECONDS = 60
_AT_ONCE = 100
# Reading one may take a gigabyte for a moment.
_AT_THE_SAME_TIME = 2


@asynccontextmanager
async def open_sweep(context: Context) -> AsyncIterator[asyncio.Semaphore]:
    """Sweep every minute, until closed. Answers what is to be held while a picture is read."""
    task = asyncio.create_task(_keep_sweeping(context), name="photo-sweep")
    try:
        yield asyncio.Semaphore(_AT_THE_SAME_TIME)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _keep_sweeping(context: Context) -> None:
    while True:
        await asyncio.sleep(_EVERY_SECONDS)
        try:
            swept = await sweep(context)
        except (KontorError, sa.exc.SQLAlchemyError, OSError) as error:
            log.warning("photo_sweep_waits", error=str(error))
        else:
            if swept:
                log.info("photos_swept", photos=swept)


async def sweep(context: Context) -> int:
    """Remove what is due; answers how many photos. Their rows go last: what dies in between is done again."""
    everybody = service_principal(context.service.name, account_id=EVERY_ACCOUNT)
    swept = 0

    def read() -> list[tuple[str, str]]:
        with context.sessions.read(everybody) as session:
            return list(photos.due(session, session.now, limit=_AT_ONCE))

    def remove(found: list[tuple[str, str]]) -> None:
        for account_id, photo_id in found:
            for size in SIZES:
                context.blobs.delete(blob_key(account_id, photo_id, size))

    def forget(found: list[tuple[str, str]]) -> None:
        with context.sessions.write(everybody, means=context.service.name) as session:
            photos.forget(session, found)

    while found := await context.database.read(read):
        await asyncio.to_thread(remove, found)
        await context.database.write(forget, found)
        swept += len(found)
    return swept
