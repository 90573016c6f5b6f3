"""Files mails again whose addresses have become known, in the background, a few in each transaction.

- What is to be done is in the database (`learned_addresses`, written with the news of the person), so nothing is lost with the process.
- Several processes may work on one database: while one is at an address, the others rest.
- Work that fails is put off for a minute, and the next address has its turn.
"""

import asyncio
from datetime import timedelta

import sqlalchemy as sa
import structlog

from kontor_chassis.errors import KontorError, Unavailable
from kontor_chassis.principal import EVERY_ACCOUNT, Principal
from kontor_chassis.service import Context
from kontor_mail_ingest.store import refilings, unknown_addresses
from kontor_mail_ingest.store.unknown_addresses import Learned
from kontor_mail_ingest.usecases.refiling import refile

log = structlog.get_logger()

MOST_PER_COMMIT = 20
_POLL_SECONDS = 1.0
_PAUSE = timedelta(minutes=1)


class Learning:
    """One process's share of the work; a background task between `start` and `stop`."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._awake = asyncio.Event()
        self._rests = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="mail-learning")

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
                worked = await self._work()
            except (KontorError, sa.exc.SQLAlchemyError) as error:
                log.warning("learning_waits", error=str(error))
                await self._rest()
                continue
            if not worked:
                if not self._awake.is_set():
                    self._rests.set()
                await self._rest()

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(_POLL_SECONDS):
                await self._awake.wait()
        except TimeoutError:
            return

    async def _work(self) -> bool:
        """Whether there was anything to do here."""
        learned = await self._context.database.read(self._first_due)
        if learned is None:
            return False
        try:
            return await self._context.database.write(self._file_some, learned)
        except Unavailable:
            raise
        except Exception as error:  # whatever it is, it must not stop the others
            log.error("learning_failed", account_id=learned.account_id, exc_info=error)
            await self._context.database.write(self._put_off, learned)
            return True

    def _first_due(self) -> Learned | None:
        with self._context.sessions.read(self._principal(EVERY_ACCOUNT)) as session:
            return unknown_addresses.first_due(session)

    def _file_some(self, learned: Learned) -> bool:
        with self._context.sessions.write_many(means="mail") as enter:
            session = enter(self._principal(learned.account_id))
            after = unknown_addresses.lock(session, learned.address)
            if after is None:
                return False
            ids = unknown_addresses.messages(session, learned.address, after=after, limit=MOST_PER_COMMIT)
            depositors = refilings.depositors(session, ids)
            for message_id in ids:
                # As at its arrival, it is the depositor who has it filed.
                refile(enter(self._principal(learned.account_id, depositors.get(message_id, ""))), message_id)
            if len(ids) < MOST_PER_COMMIT:
                unknown_addresses.finish(session, learned.address)
            else:
                unknown_addresses.go_on(session, learned.address, after=ids[-1])
        log.info("mails_filed_again", account_id=learned.account_id, looked_at=len(ids))
        return True

    def _put_off(self, learned: Learned) -> None:
        with self._context.sessions.write(self._principal(learned.account_id), means="mail") as session:
            unknown_addresses.put_off(session, learned.address, session.now + _PAUSE)

    def _principal(self, account_id: str, user_id: str = "") -> Principal:
        return Principal(account_id=account_id, user_id=user_id, service=self._context.service.name)
