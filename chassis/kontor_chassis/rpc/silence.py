"""Gives up calls to a service that has fallen silent: stopped, hung, or behind a network that swallows.

Such a service takes connections and answers nothing, so its callers would wait out their whole deadline. A call that takes long is
no proof, because some methods do. Therefore the service is asked for its health beside the call: whoever is at work still answers
that. (HTTP/2 pings do not tell: gRPC's keepalive does not notice a stopped process whose kernel goes on acknowledging.)
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol


class _Call(Protocol):
    def cancel(self) -> bool: ...


class SilenceWatch:
    """`alive` asks whether anything answers, and takes a bounded time itself. It is asked only while some call is older than
    `patience` seconds, once for all calls."""

    def __init__(self, alive: Callable[[], Awaitable[bool]], *, patience: float) -> None:
        self._alive = alive
        self._patience = patience
        # With the times at which they began; the oldest first.
        self._calls: dict[_Call, float] = {}
        self._task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, call: _Call) -> None:
        loop = asyncio.get_running_loop()
        self._calls[call] = loop.time()
        if self._timer is None and self._task is None:
            self._timer = loop.call_later(self._patience, self._look)

    def end(self, call: _Call) -> bool:
        """The call is over; False where it was given up and cancelled."""
        return self._calls.pop(call, None) is not None

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._task is not None:
            self._task.cancel()

    def _look(self) -> None:
        self._timer = None
        oldest = next(iter(self._calls.values()), None)
        if oldest is None:
            return
        loop = asyncio.get_running_loop()
        wait = oldest + self._patience - loop.time()
        if wait > 0:
            self._timer = loop.call_later(wait, self._look)
        else:
            self._task = asyncio.create_task(self._ask())

    async def _ask(self) -> None:
        loop = asyncio.get_running_loop()
        # Only those that waited at least as long as the question.
        asked = list(self._calls)
        began = loop.time()
        alive = await self._alive()
        if not alive:
            for call in asked:
                if self._calls.pop(call, None) is not None:
                    call.cancel()
        self._task = None
        # Where the service is at work, the same calls are asked about again after another while.
        pause = self._patience if alive else max(0.0, self._patience - (loop.time() - began))
        self._timer = loop.call_later(pause, self._look) if self._calls else None
