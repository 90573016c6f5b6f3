"""Background tasks of a service: one that does what is due and rests until it is woken or some time has passed, and one that only
comes again."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import sqlalchemy as sa
import structlog

from kontor_chassis.errors import KontorError

log = structlog.get_logger()

_POLL_SECONDS = 1.0


async def rest(awake: asyncio.Event, seconds: float = _POLL_SECONDS) -> None:
    """Return when `awake` is set, or after `seconds`."""
    try:
        async with asyncio.timeout(seconds):
            await awake.wait()
    except TimeoutError:
        return


@asynccontextmanager
async def repeated(name: str, work: Callable[[], Awaitable[object]], *, seconds: float) -> AsyncIterator[None]:
    """Do it every so many seconds, until closed. What a database or a disk that is away raises is left for the next time."""

    async def repeat() -> None:
        while True:
            await asyncio.sleep(seconds)
            try:
                await work()
            except (KontorError, sa.exc.SQLAlchemyError, OSError) as error:
                log.warning(f"{name}_waits", error=str(error))

    task = asyncio.create_task(repeat(), name=name)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class Worker(ABC):
    """One process's share of work that stands in the database, so that nothing of it is lost with the process; a task between `start` and
    `stop`. What `work` raises but KontorError and errors of the database ends it, which `running` tells."""

    def __init__(self, name: str, *, rest_seconds: float = _POLL_SECONDS) -> None:
        self._name = name
        self._rest_seconds = rest_seconds
        self._awake = asyncio.Event()
        self._rests = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @abstractmethod
    async def work(self) -> bool:
        """Do some of what is due; whether there was anything to do here."""

    def start(self) -> asyncio.Task[None]:
        """Begin; the task ends only by `stop`, or with the error that it cannot live with."""
        self._task = asyncio.create_task(self._run(), name=self._name)
        return self._task

    @property
    def running(self) -> bool:
        return self._task is not None and not self._task.done()

    async def settled(self) -> None:
        """Return when nothing is due (tests)."""
        self._rests.clear()
        self._awake.set()
        await self._rests.wait()

    async def stop(self) -> None:
        """A transaction that is under way ends by itself; the database is closed after that."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            self._awake.clear()
            try:
                worked = await self.work()
            except (KontorError, sa.exc.SQLAlchemyError) as error:
                log.warning(f"{self._name}_waits", error=str(error))
                await rest(self._awake, self._rest_seconds)
                continue
            if not worked:
                if not self._awake.is_set():
                    self._rests.set()
                await rest(self._awake, self._rest_seconds)
