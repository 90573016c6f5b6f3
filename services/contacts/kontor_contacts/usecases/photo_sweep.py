"""Removes the blobs of photos that nobody shows: replaced and deleted ones, and uploads that died half-way."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from kontor_chassis.principal import EVERY_ACCOUNT, service_principal
from kontor_chassis.service import Context
from kontor_chassis.worker import repeated
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
    async with repeated("photo_sweep", lambda: sweep(context), seconds=_EVERY_SECONDS):
        yield asyncio.Semaphore(_AT_THE_SAME_TIME)


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
    if swept:
        log.info("photos_swept", photos=swept)
    return swept
