"""The relay: carries committed facts from the outbox to the bus, at least once, in order per subject.

Guarantees and traps:
- A fact is in the outbox in the transaction of its change. It leaves the outbox only after the bus has confirmed it, so a
  relay that dies in between publishes it again; consumers keep an inbox.
- Rows are picked by being there. A slow transaction's rows turn up later and are picked then, though their position is lower.
- Per subject the order of positions is the order of versions: rows are inserted after the record's own row was locked.
- On PostgreSQL one relay per service holds an advisory lock; others stand by and take over when its connection ends. Two
  relays could otherwise overtake each other within one record.
- While the bus is away facts pile up here and writes go on.
"""

import asyncio
import threading
from collections.abc import Sequence

import sqlalchemy as sa
import structlog

from kontor_chassis.bus.port import Bus, Envelope
from kontor_chassis.db.database import Database
from kontor_chassis.db.plumbing import OUTBOX
from kontor_chassis.errors import KontorError
from kontor_chassis.principal import EVERY_ACCOUNT

log = structlog.get_logger()

_BATCH = 500
_NEXT = sa.select(OUTBOX).order_by(OUTBOX.c.position).limit(_BATCH)
# A wake-up can be lost (another process committed); the poll finds what it would have told.
_POLL_SECONDS = 1.0
# Gathers the facts of neighbouring commits into one hand-over.
_LINGER_SECONDS = 0.02
_MAX_PAUSE_SECONDS = 5.0
# "KO" and a hash of nothing: any constant does, the lock is per database.
_LEADER_LOCK = 0x4B4F_0001


class Relay:
    """One service's relay; a background task between `start` and `stop`."""

    def __init__(self, database: Database, bus: Bus, source: str) -> None:
        self._database = database
        self._bus = bus
        self._source = source
        self._loop: asyncio.AbstractEventLoop | None = None
        self._awake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._leader: sa.Connection | None = None
        # Guards the leader's connection, which a worker thread may still be opening while `stop` runs.
        self._leading = threading.Lock()
        self._stopped = False
        self._handed_over = 0

    def start(self) -> asyncio.Task[None]:
        """Begin; the task ends only by `stop`, or with the error that it cannot live with."""
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.create_task(self._run(), name=f"{self._source}-relay")
        return self._task

    async def stop(self) -> None:
        """End after the hand-over that is under way. What is left stays in the outbox."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await asyncio.to_thread(self._resign)

    def wake(self) -> None:
        """Called from any thread after a commit that left facts."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._awake.set)

    async def idle(self) -> bool:
        """Whether the outbox is empty."""
        return await self._database.read(self._count) == 0

    def activity(self) -> int:
        """Grows with every fact handed over; see `kontor_chassis.bus.drain`."""
        return self._handed_over

    async def _run(self) -> None:
        pause = 0.0
        while True:
            try:
                handed_over = await self._hand_over()
                pause = 0.0
            except (KontorError, sa.exc.SQLAlchemyError) as error:
                pause = min(_MAX_PAUSE_SECONDS, pause * 2 or 0.2)
                log.warning("outbox_waits", service=self._source, error=str(error), pause=pause)
                await asyncio.sleep(pause)
                continue
            if handed_over == _BATCH:
                continue
            try:
                # Not wait_for: in Python 3.11 that one can swallow the cancellation by which `stop` ends this task.
                async with asyncio.timeout(_POLL_SECONDS):
                    await self._awake.wait()
            except TimeoutError:
                continue
            await asyncio.sleep(_LINGER_SECONDS)

    async def _hand_over(self) -> int:
        self._awake.clear()
        if not await self._database.read(self._lead):
            return 0
        rows = await self._database.read(self._pick)
        if rows:
            await self._bus.publish([envelope for _, envelope in rows])
            self._handed_over += len(rows)
            await self._database.write(self._remove, [position for position, _ in rows])
        return len(rows)

    def _resign(self) -> None:
        with self._leading:
            self._stopped = True
            if self._leader is not None:
                # Closed, not returned to the pool: the lock belongs to the connection.
                self._leader.invalidate()
                self._leader.close()
                self._leader = None

    def _lead(self) -> bool:
        if self._database.dialect != "postgresql":
            return True
        with self._leading:
            return not self._stopped and self._hold()

    def _hold(self) -> bool:
        if self._leader is not None:
            try:
                self._leader.exec_driver_sql("SELECT 1")
                return True
            except sa.exc.DBAPIError:
                self._leader.invalidate()
                self._leader.close()
                self._leader = None
        connection = self._database.engine.connect()
        if connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({_LEADER_LOCK})").scalar():
            self._leader = connection
            return True
        connection.close()
        return False

    def _pick(self) -> list[tuple[int, Envelope]]:
        with self._database.reading(EVERY_ACCOUNT) as connection:
            rows = connection.execute(_NEXT).all()
        return [(row.position, self._envelope(row)) for row in rows]

    def _envelope(self, row: sa.Row[tuple[object, ...]]) -> Envelope:
        return Envelope(
            id=row.id,
            type=row.type,
            source=self._source,
            subject=row.subject,
            account_id=row.account_id,
            sequence=row.sequence,
            time=row.time,
            data=bytes(row.data),
            actor_user_id=row.actor_user_id,
            traceparent=row.traceparent,
        )

    def _remove(self, positions: Sequence[int]) -> None:
        with self._database.writing(EVERY_ACCOUNT) as connection:
            connection.execute(sa.delete(OUTBOX).where(OUTBOX.c.position.in_(positions)))

    def _count(self) -> int:
        with self._database.reading(EVERY_ACCOUNT) as connection:
            return connection.execute(sa.select(sa.func.count()).select_from(OUTBOX)).scalar_one()
