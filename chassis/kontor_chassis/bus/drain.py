"""Waiting until a bus has come to rest: for tests, and before a backup or a move."""

import asyncio
from typing import Protocol


class Part(Protocol):
    """What can come to rest: a Bus, but also an outbox relay. `activity` must have grown whenever something that `idle`
    would not see any more was begun or finished."""

    async def idle(self) -> bool: ...

    def activity(self) -> int: ...


async def drain(*parts: Part, timeout: float = 30.0) -> None:
    """Return when all parts are at rest at the same moment; raises TimeoutError.

    The moment is certain although the parts are asked one after the other: each was at rest at some time between two
    looks at the counters, and as no counter moved between these looks, nothing can have left its rest. Whatever publishes
    or consumes must be among `parts`.
    """
    async with asyncio.timeout(timeout):
        while True:
            before = [part.activity() for part in parts]
            at_rest = [await part.idle() for part in parts]
            if all(at_rest) and before == [part.activity() for part in parts]:
                return
            await asyncio.sleep(0.01)
