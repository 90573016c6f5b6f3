"""Runs a profile until a signal or a failure ends it."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Protocol

import structlog
import uvloop

log = structlog.get_logger()

# How long a thread may keep the interpreter from others that want it. With Python's own 5 ms, threads that read from a database wait for
# each other after every row; a tenth of it costs a third less processor per request (measured with `make bench`).
_SWITCH_SECONDS = 0.0005


class Profile(Protocol):
    @property
    def failed(self) -> asyncio.Future[None]: ...

    async def start(self) -> None: ...

    async def stop(self) -> None: ...


def run(make: Callable[[], Profile], *, started: Callable[[Profile], Awaitable[None]]) -> int:
    """Make, start and serve; the exit status: 0 after SIGTERM or SIGINT, 1 where a part failed."""
    sys.setswitchinterval(_SWITCH_SECONDS)
    return uvloop.run(_run(make, started))


async def _run(make: Callable[[], Profile], started: Callable[[Profile], Awaitable[None]]) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    profile = make()
    failed = profile.failed
    starting = asyncio.create_task(_start(profile, started))
    stopped = asyncio.create_task(stop.wait())
    try:
        # A start may wait for a backend as long as it is away.
        await asyncio.wait([starting, stopped], return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            starting.result()
            failed.add_done_callback(lambda _: stop.set())
            await stopped
    finally:
        for task in (starting, stopped):
            task.cancel()
        await asyncio.gather(starting, stopped, return_exceptions=True)
        # A second signal ends a stop that hangs.
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
        await profile.stop()
    if failed.done() and failed.exception() is not None:
        log.error("stopped_by_failure", error=repr(failed.exception()))
        return 1
    return 0


async def _start(profile: Profile, started: Callable[[Profile], Awaitable[None]]) -> None:
    await profile.start()
    await started(profile)
