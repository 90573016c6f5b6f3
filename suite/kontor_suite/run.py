"""Runs a profile until a signal or a failure ends it."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from typing import Protocol

import structlog
import uvloop

log = structlog.get_logger()


class Profile(Protocol):
    @property
    def failed(self) -> asyncio.Future[None]: ...

    async def start(self) -> None: ...

    async def stop(self) -> None: ...


def run(make: Callable[[], Profile], *, started: Callable[[Profile], Awaitable[None]]) -> int:
    """Make, start and serve; the exit status: 0 after SIGTERM or SIGINT, 1 where a part failed."""
    return uvloop.run(_run(make, started))


async def _run(make: Callable[[], Profile], started: Callable[[Profile], Awaitable[None]]) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    profile = make()
    failed = profile.failed
    try:
        await profile.start()
        await started(profile)
        failed.add_done_callback(lambda _: stop.set())
        await stop.wait()
    finally:
        # A second signal ends a stop that hangs.
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
        await profile.stop()
    if failed.done() and failed.exception() is not None:
        log.error("stopped_by_failure", error=repr(failed.exception()))
        return 1
    return 0
