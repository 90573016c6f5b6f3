"""One reading process, seen from the service."""

import asyncio
import contextlib
import signal
import sys
from dataclasses import dataclass

from kontor_chassis.errors import Unavailable
from kontor_mail_ingest.domain.messages import UnreadableReason
from kontor_mail_ingest.parsing.wire import LENGTH, Answer, frame, load

_START_SECONDS = 20.0
# An answer holds at most the decoded mail, its text and its HTML.
_ANSWER_EXTRA = 64 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one mail may cost."""

    # Address space of the process; it needs about 30 MiB of it for itself, and four times the size of a mail.
    memory_bytes: int = 256 * 1024 * 1024
    # Of processor time: the same on a busy machine.
    cpu_seconds: float = 2.0
    # On the clock.
    wall_seconds: float = 10.0
    # Mails until the process is replaced by a fresh one.
    mails: int = 500


@dataclass(frozen=True)
class Died:
    """The process gave no answer; `reason` says what the mail may have to do with it."""

    reason: UnreadableReason
    returncode: int | None


class ReaderProcess:
    """Answers one mail at a time. After a `Died`, or an answer that says it is the last, it is of no more use."""

    def __init__(self, process: asyncio.subprocess.Process, limits: Limits) -> None:
        self._process = process
        self._limits = limits

    @classmethod
    async def start(cls, limits: Limits) -> "ReaderProcess":
        """Raises Unavailable where the machine does not let us: no fault of any mail.

        A plain program and not `multiprocessing`: its spawned children import the main module of the service again.
        """
        arguments = ("-I", "-m", "kontor_mail_ingest.parsing.child", str(limits.memory_bytes), str(limits.cpu_seconds), str(limits.mails))
        pipe, nothing = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable, *arguments, stdin=pipe, stdout=pipe, stderr=nothing, env={}, cwd="/", limit=1024 * 1024
            )
        except OSError as error:
            raise Unavailable("the mail reader cannot be started") from error
        reader = cls(process, limits)
        try:
            async with asyncio.timeout(_START_SECONDS):
                await reader._receive(_ANSWER_EXTRA)
        except (TimeoutError, OSError, EOFError, ValueError) as error:
            await reader.kill()
            raise Unavailable("the mail reader does not start") from error
        except BaseException:
            await reader.kill()
            raise
        return reader

    async def ask(self, raw: bytes) -> Answer | Died:
        """Have a mail read. The process is ended where it does not answer, and when the caller is cancelled."""
        try:
            async with asyncio.timeout(self._limits.wall_seconds):
                await self._send(raw)
                return await self._receive(len(raw) + _ANSWER_EXTRA)
        except TimeoutError:
            await self.kill()
            return Died(UnreadableReason.TIMEOUT, self._process.returncode)
        except ValueError:
            await self.kill()
            return Died(UnreadableReason.CRASHED, self._process.returncode)
        except (OSError, EOFError):
            await self.end()
            out_of_time = self._process.returncode == -signal.SIGPROF
            return Died(UnreadableReason.TIMEOUT if out_of_time else UnreadableReason.CRASHED, self._process.returncode)
        except BaseException:
            await self.kill()
            raise

    async def end(self) -> None:
        """Let it go: it ends by itself when its input does.

        One that died is ended this way too and not killed at once: `Popen.send_signal` would collect its return code, asyncio would
        report 255 in its place, and how it died would be lost.
        """
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_START_SECONDS):
                    await self._process.wait()
        finally:
            await self.kill()

    async def kill(self) -> None:
        """End it now and wait until it is gone."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        if self._process.stdin is not None:
            self._process.stdin.close()
        await asyncio.shield(asyncio.ensure_future(self._process.wait()))

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    @property
    def pid(self) -> int:
        return self._process.pid

    async def _send(self, raw: bytes) -> None:
        target = self._process.stdin
        assert target is not None
        target.write(frame(raw))
        target.write(raw)
        await target.drain()

    async def _receive(self, most: int) -> Answer:
        source = self._process.stdout
        assert source is not None
        length = int.from_bytes(await source.readexactly(LENGTH), "big")
        if length > most:
            raise ValueError("answer too long")
        return load(await source.readexactly(length))
