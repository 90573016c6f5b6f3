"""What identity runs beside its database; calls find it at `context.parts`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from kontor_chassis.service import Context
from kontor_identity.hashing import Hashing, hasher_of
from kontor_identity.last_used import LastUsed


@dataclass(frozen=True)
class Parts:
    hashing: Hashing
    last_used: LastUsed


@asynccontextmanager
async def open_parts(context: Context) -> AsyncIterator[Parts]:
    parts = Parts(hashing=await asyncio.to_thread(Hashing, hasher_of(context.knobs)), last_used=LastUsed(context.sessions))
    task = asyncio.create_task(parts.last_used.run(), name="identity-last-used")
    context.checks["last_used"] = lambda: not task.done()
    try:
        yield parts
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await parts.last_used.flush()
        await asyncio.to_thread(parts.hashing.close)


def parts_of(context: Context) -> Parts:
    parts: Parts = context.parts
    return parts
