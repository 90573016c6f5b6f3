"""Reads and files what was received, in the background. What waits is in the database, so nothing is lost with the process.

- Woken by each deposit, and looks by itself every second: another process may have died over a mail, or its pause be over.
- Several processes may work on one database: a mail is taken up by a lease, which is prolonged as long as it takes. Where a lease ends
  too early, two read the mail and one of them settles it.
- The attempt is counted and committed before it is made. A mail over which our own code stumbles three times goes to the
  tray as unreadable; so does one with which the process has died ten times (a process may be killed for other reasons too).
- An unavailable database, storage or reader is nobody's fault: the mail waits and nothing is counted.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import sqlalchemy as sa
import structlog

from kontor_chassis.errors import KontorError, Unavailable
from kontor_chassis.ids import new_id
from kontor_chassis.principal import EVERY_ACCOUNT, Principal
from kontor_chassis.service import Context
from kontor_chassis.worker import rest
from kontor_mail_ingest.domain.messages import ParsedMail, Unreadable, UnreadableReason
from kontor_mail_ingest.store import backlog, unknown_addresses
from kontor_mail_ingest.store.backlog import Claim
from kontor_mail_ingest.store.group_commit import GroupCommit
from kontor_mail_ingest.usecases.filing import settle

log = structlog.get_logger()

Parse = Callable[[bytes], Awaitable[ParsedMail | Unreadable]]

MOST_FAILURES = 3
MOST_ATTEMPTS = 10
# How long a mail waits whose process was killed; prolonged four times in each by who is at it.
LEASE = timedelta(seconds=20)
# What may be in work at the same time: more mails than there are readers, so that their writes share commits. A mail that
# is larger is taken alone.
_MOST_MAILS = 16
_MOST_BYTES = 32 * 1024 * 1024
_PAUSE = timedelta(seconds=10)


class Backlog:
    """One process's share of the work; a background task between `start` and `stop`."""

    def __init__(self, context: Context, parse: Parse, *, most_per_commit: int) -> None:
        self.parse = parse
        self._context = context
        self._commits = GroupCommit(context.database, self._settle, most=most_per_commit)
        self._awake = asyncio.Event()
        self._rests = asyncio.Event()
        self._working: dict[asyncio.Task[None], Claim] = {}
        self._holder = new_id()
        # Whether the database may say that we are at mails at which we are not: it broke off while it was told.
        self._unsure = False
        self._prolonged = 0.0
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Raises Unavailable where the database is away."""
        if self._context.database.dialect == "sqlite":
            # One process per file: whoever holds a lease is dead.
            await self._context.database.write(self._end_leases)
        self._task = asyncio.create_task(self._run(), name="mail-backlog")

    @property
    def running(self) -> bool:
        return self._task is not None and not self._task.done()

    def wake(self) -> None:
        """Something may have become due."""
        self._rests.clear()
        self._awake.set()

    async def settled(self) -> None:
        """Return when nothing is due and nothing is being read (tests)."""
        self.wake()
        await self._rests.wait()

    async def stop(self) -> None:
        """Put back what is being read, for the next process; what is being written is finished."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        claims = dict(self._working)
        for task in claims:
            task.cancel()
        await asyncio.gather(*claims, return_exceptions=True)
        await self._commits.close()
        for task, claim in claims.items():
            if task.cancelled():
                await self._put_back(claim, failed=False, pause=timedelta())

    async def _run(self) -> None:
        while True:
            self._awake.clear()
            try:
                await self._keep()
                claims = await self._claim()
            except (KontorError, sa.exc.SQLAlchemyError) as error:
                log.warning("backlog_waits", error=str(error))
                self._unsure = True
                await rest(self._awake)
                continue
            for claim in self._new_ones(claims):
                task = asyncio.create_task(self._process(claim))
                self._working[task] = claim
                task.add_done_callback(self._done)
            if not claims:
                if not self._working and not self._awake.is_set():
                    self._rests.set()
                await rest(self._awake)

    def _done(self, task: asyncio.Task[None]) -> None:
        del self._working[task]
        self._awake.set()

    async def _process(self, claim: Claim) -> None:
        try:
            mail = await self._read(claim)
            await self._commits.add((claim, mail))
        except Unavailable as error:
            log.warning("mail_waits", message_id=claim.id, error=str(error))
            await self._put_back(claim, failed=False, pause=_PAUSE)
        except Exception as error:  # whatever it is, the mail must neither be lost nor stop the others
            log.error("mail_failed", message_id=claim.id, failures=claim.failures + 1, exc_info=error)
            await self._put_back(claim, failed=True, pause=_PAUSE)

    async def _read(self, claim: Claim) -> ParsedMail | Unreadable:
        if claim.failures >= MOST_FAILURES or claim.attempts > MOST_ATTEMPTS:
            log.error("mail_given_up", message_id=claim.id, failures=claim.failures, attempts=claim.attempts)
            return Unreadable(UnreadableReason.FAILED)
        return await self.parse(await asyncio.to_thread(self._context.blobs.get, claim.raw_key))

    async def _keep(self) -> None:
        """Tell the database in time that we still are at what we have taken up."""
        moment = asyncio.get_running_loop().time()
        if self._working and moment - self._prolonged >= LEASE.total_seconds() / 4:
            await self._context.database.write(self._prolong)
            self._prolonged = moment

    async def _claim(self) -> list[Claim]:
        if self._unsure:
            await self._context.database.write(self._release)
            self._unsure = False
        places = _MOST_MAILS - len(self._working)
        room = _MOST_BYTES - sum(claim.size for claim in self._working.values())
        if places <= 0 or room <= 0 or not await self._context.database.read(self._is_due):
            return []
        return await self._context.database.write(self._take, places, room, not self._working)

    def _new_ones(self, claims: Sequence[Claim]) -> list[Claim]:
        """Without those that are in work here and whose lease has just been prolonged."""
        known = {claim.id for claim in self._working.values()}
        return [claim for claim in claims if claim.id not in known]

    async def _put_back(self, claim: Claim, *, failed: bool, pause: timedelta) -> None:
        def write() -> None:
            with self._context.sessions.write(self._principal(claim.account_id), means="mail") as session:
                backlog.put_back(session, claim.id, failed=failed, due_time=session.now + pause)

        try:
            await self._context.database.write(write)
        except (KontorError, sa.exc.SQLAlchemyError) as error:
            self._unsure = True
            log.warning("mail_not_put_back", message_id=claim.id, error=str(error))

    def _is_due(self) -> bool:
        with self._context.sessions.read(self._principal(EVERY_ACCOUNT)) as session:
            return backlog.is_due(session)

    def _take(self, limit: int, room: int, alone: bool) -> list[Claim]:
        with self._context.sessions.write(self._principal(EVERY_ACCOUNT), means="mail") as session:
            return backlog.claim(session, holder=self._holder, limit=limit, room=room, alone=alone, lease=LEASE)

    def _prolong(self) -> None:
        at_work = [claim.id for claim in list(self._working.values())]
        with self._context.sessions.write(self._principal(EVERY_ACCOUNT), means="mail") as session:
            backlog.prolong(session, at_work, holder=self._holder, lease=LEASE)

    def _release(self) -> None:
        at_work = [claim.id for claim in list(self._working.values())]
        with self._context.sessions.write(self._principal(EVERY_ACCOUNT), means="mail") as session:
            backlog.release(session, holder=self._holder, but=at_work)

    def _end_leases(self) -> None:
        with self._context.sessions.write(self._principal(EVERY_ACCOUNT), means="mail") as session:
            backlog.end_leases(session)

    def _settle(self, found: Sequence[tuple[Claim, ParsedMail | Unreadable]]) -> list[None]:
        with self._context.sessions.write_many(means="mail") as enter:
            unknown_addresses.hold_address_book(enter(self._principal(EVERY_ACCOUNT)), to_change=False)
            for claim, mail in found:
                settle(enter(self._principal(claim.account_id, claim.depositor_user_id)), claim.id, mail)
        return [None] * len(found)

    def _principal(self, account_id: str, user_id: str = "") -> Principal:
        return Principal(account_id=account_id, user_id=user_id, service=self._context.service.name)
