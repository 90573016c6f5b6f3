"""When sessions, keys and feeds were last used, written beside the calls that use them.

Proving a credential only reads; what it noticed is gathered here and written by a task, all that came up meanwhile in one
transaction. A process that dies loses some seconds of it, which nobody misses: the times are kept to the minute anyway.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from kontor_chassis.db.sessions import Sessions
from kontor_chassis.errors import KontorError
from kontor_chassis.principal import service_principal
from kontor_identity.store import credentials
from kontor_identity.store.credentials import Use

log = structlog.get_logger()

# How exact the times are; a credential in constant use costs one small write per this.
EVERY = timedelta(minutes=1)


class LastUsed:
    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._pending: dict[Use, datetime] = {}
        self._awake = asyncio.Event()
        self._writing = asyncio.Lock()

    def note(self, use: Use, *, before: datetime | None, now: datetime) -> None:
        """It was used now, and the last time that is written down is `before`. On the event loop only."""
        if before is None or now - before >= EVERY:
            self._pending[use] = now
            self._awake.set()

    async def run(self) -> None:
        """Write what is noted, until cancelled."""
        while True:
            await self._awake.wait()
            await self.flush()

    async def flush(self) -> None:
        """Write what is noted so far. A database that is away costs the times, never more."""
        async with self._writing:
            self._awake.clear()
            uses, self._pending = self._pending, {}
            if not uses:
                return
            try:
                await self._sessions.database.write(self._write, uses)
            except (KontorError, sa.exc.SQLAlchemyError) as error:
                log.warning("last_used_not_written", credentials=len(uses), error=type(error).__name__)

    def _write(self, uses: Mapping[Use, datetime]) -> None:
        with self._sessions.write(service_principal("identity")) as session:
            credentials.touch(session, uses)
