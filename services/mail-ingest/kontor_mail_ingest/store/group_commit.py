"""Many small writes in few transactions: a commit costs a sync of the disk, whatever stands in it."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from kontor_chassis.db.database import Database
from kontor_chassis.errors import Unavailable

T = TypeVar("T")
R = TypeVar("R")


class GroupCommit(Generic[T, R]):
    """Carries out items together: while one transaction commits, the next one gathers what comes. Nobody waits for company.

    `work` gets the items of one transaction, runs in a worker thread and answers a result for each. Where it fails for another
    reason than an unavailable database, the items are tried one by one, so that a bad one spoils no other.
    """

    def __init__(self, database: Database, work: Callable[[Sequence[T]], Sequence[R]], *, most: int) -> None:
        self._database = database
        self._work = work
        self._most = most
        self._waiting: list[tuple[T, asyncio.Future[R]]] = []
        self._task: asyncio.Task[None] | None = None

    async def add(self, item: T) -> R:
        """The item's result, once it is committed. Raises what its work raised; a caller who is cancelled does not undo it."""
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        return await future

    async def close(self) -> None:
        """Return when nothing is under way any more."""
        if self._task is not None:
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            await self._carry_out(group)
        self._task = None

    async def _carry_out(self, group: list[tuple[T, asyncio.Future[R]]]) -> None:
        try:
            results = await self._database.write(self._work, [item for item, _ in group])
        except Exception as error:  # each caller gets its own
            if len(group) > 1 and not isinstance(error, Unavailable):
                for member in group:
                    await self._carry_out([member])
                return
            for _, future in group:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), result in zip(group, results, strict=True):
            if not future.done():
                future.set_result(result)
