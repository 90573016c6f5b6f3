"""The reading processes: started when mail comes, ended when none does."""

import asyncio
from collections.abc import Coroutine

import structlog

from kontor_chassis.errors import Unavailable
from kontor_mail_ingest.domain.messages import ParsedMail, Unreadable, UnreadableReason
from kontor_mail_ingest.parsing.process import Died, Limits, ReaderProcess

log = structlog.get_logger()


class ParserPool:
    """Reads mails in child processes with limits.

    - Every mail gets an answer: what cannot be read is `Unreadable` with a reason, never an exception.
    - A mail that kills or stalls its process costs no other mail more than a wait for a free process.
    - A process that died is blamed on the mail only if a second, fresh one dies of it too: the first may have been
      killed from outside.
    - Without mail for `idle_seconds` no process is left.
    """

    def __init__(self, *, processes: int = 2, idle_seconds: float = 60.0, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._idle_seconds = idle_seconds
        self._free = asyncio.Semaphore(processes)
        # The last one used is used first, so that the others may retire.
        self._idle: list[tuple[ReaderProcess, asyncio.TimerHandle]] = []
        self._busy: set[ReaderProcess] = set()
        self._endings: set[asyncio.Task[None]] = set()
        self._closed = False

    async def parse(self, raw: bytes) -> ParsedMail | Unreadable:
        """Read a mail as received. Raises Unavailable where no process can be started, or when the pool is closed meanwhile."""
        async with self._free:
            outcome = await self._attempt(raw, fresh=False)
            if isinstance(outcome, Died) and outcome.reason is not UnreadableReason.TIMEOUT:
                outcome = await self._attempt(raw, fresh=True)
        return Unreadable(outcome.reason) if isinstance(outcome, Died) else outcome

    async def close(self) -> None:
        """End all processes. Mails being read are not answered: their `parse` raises Unavailable."""
        self._closed = True
        for process, timer in self._idle:
            timer.cancel()
            self._finish(process.end())
        self._idle.clear()
        for process in self._busy:
            self._finish(process.kill())
        if self._endings:
            await asyncio.wait(self._endings)

    @property
    def process_ids(self) -> list[int]:
        """Of the processes that are there now."""
        return [process.pid for process in (*(process for process, _ in self._idle), *self._busy)]

    async def _attempt(self, raw: bytes, *, fresh: bool) -> ParsedMail | Unreadable | Died:
        process = await self._take(fresh=fresh)
        self._busy.add(process)
        try:
            answer = await process.ask(raw)
        finally:
            self._busy.discard(process)
        if isinstance(answer, Died):
            self._require_open()
            log.warning("mail_reader_died", reason=answer.reason, returncode=answer.returncode, bytes=len(raw))
            return answer
        if answer.last or self._closed:
            self._finish(process.end())
        else:
            self._rest(process)
        if answer.fault:
            log.error("mail_reader_failed", fault=answer.fault, bytes=len(raw))
        if answer.result is None:
            return Died(UnreadableReason.CRASHED, None)
        if answer.result == Unreadable(UnreadableReason.MEMORY):
            # A process that has read many mails has less left than a fresh one.
            return Died(UnreadableReason.MEMORY, None)
        return answer.result

    async def _take(self, *, fresh: bool) -> ReaderProcess:
        self._require_open()
        while self._idle and not fresh:
            process, timer = self._idle.pop()
            timer.cancel()
            if process.alive:
                return process
            self._finish(process.end())
        process = await ReaderProcess.start(self._limits)
        if self._closed:
            await process.kill()
        self._require_open()
        log.debug("mail_reader_started", pid=process.pid)
        return process

    def _rest(self, process: ReaderProcess) -> None:
        timer = asyncio.get_running_loop().call_later(self._idle_seconds, self._retire, process)
        self._idle.append((process, timer))

    def _retire(self, process: ReaderProcess) -> None:
        self._idle = [(other, timer) for other, timer in self._idle if other is not process]
        log.debug("mail_reader_retired", pid=process.pid)
        self._finish(process.end())

    def _finish(self, ending: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(ending)
        self._endings.add(task)
        task.add_done_callback(self._endings.discard)

    def _require_open(self) -> None:
        if self._closed:
            raise Unavailable("the mail reader is stopping")
