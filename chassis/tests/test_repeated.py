"""What comes again and again in the background."""

import asyncio

from kontor_chassis.errors import Unavailable
from kontor_chassis.worker import repeated


async def test_it_comes_again_after_what_passes_and_not_after_its_end() -> None:
    came = asyncio.Semaphore(0)
    times = 0

    async def work() -> None:
        nonlocal times
        times += 1
        came.release()
        if times == 1:
            raise Unavailable("away")
        if times == 2:
            raise OSError("full")

    async with asyncio.timeout(30), repeated("probe", work, seconds=0.001):
        for _ in range(4):
            await came.acquire()
    ended = times
    await asyncio.sleep(0.01)
    assert times == ended
