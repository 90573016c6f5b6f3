"""The mail generator, a process of its own: `python -m tests.bench.smtp_load`, a Job as JSON on standard input, a Measured on standard
output. Each connection stays open and sends its next mail when the last one was answered; commands are sent one by one, as most
clients do."""

import asyncio
import json
import secrets
import sys
import time
from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

import uvloop

from tests.bench.measured import Measured, measured, read_meter

BYTES = 10 * 1024
_LINE = "Sehr geehrte Damen und Herren, anbei das Angebot zur Wartung der Anlage.\r\n"


@dataclass(frozen=True)
class Job:
    host: str
    port: int
    sender: str
    recipient: str
    # Whom the mails say they are for.
    to: Sequence[str]
    connections: int
    warm_up: float
    seconds: float
    watch: Mapping[str, int]


def mail(*, sender: str, to: str, message_id: str) -> bytes:
    """A mail of 10 KB, and the dot that ends it."""
    head = (
        f"From: {sender}\r\nTo: {to}\r\nSubject: Angebot {message_id}\r\nMessage-ID: <{message_id}@example.com>\r\n"
        "Date: Mon, 02 Mar 2026 09:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n"
    )
    return (head + _LINE * ((BYTES - len(head)) // len(_LINE)) + ".\r\n").encode()


class SmtpError(Exception):
    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


class SmtpClient:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, host: str, port: int) -> "SmtpClient":
        client = cls(*await asyncio.open_connection(host, port))
        await client._expect()
        await client._say(b"EHLO bench.example\r\n")
        return client

    async def send(self, *, sender: str, recipient: str, content: bytes) -> None:
        """Raises SmtpError where the server does not take it."""
        await self._say(f"MAIL FROM:<{sender}>\r\n".encode())
        await self._say(f"RCPT TO:<{recipient}>\r\n".encode())
        await self._say(b"DATA\r\n")
        await self._say(content)

    def close(self) -> None:
        self._writer.close()

    async def _say(self, line: bytes) -> None:
        self._writer.write(line)
        await self._expect()

    async def _expect(self) -> None:
        while True:
            line = await self._reader.readline()
            if line[3:4] != b"-":
                break
        code = int(line[:3] or 0)
        if not 200 <= code < 400:
            raise SmtpError(code)


@dataclass
class _Tally:
    latencies: "array[float]" = field(default_factory=lambda: array("d"))
    statuses: Counter[int] = field(default_factory=Counter)


async def run(job: Job) -> Measured:
    tally = _Tally()
    name = secrets.token_hex(4)

    async def loop(number: int) -> None:
        client = await SmtpClient.open(job.host, job.port)
        sent = 0
        while True:
            content = mail(sender=job.sender, to=job.to[(number + sent) % len(job.to)], message_id=f"{name}-{number}-{sent}")
            started = time.perf_counter()
            try:
                await client.send(sender=job.sender, recipient=job.recipient, content=content)
                tally.statuses[250] += 1
                tally.latencies.append(time.perf_counter() - started)
            except SmtpError as error:
                tally.statuses[error.code] += 1
                await asyncio.sleep(0.05)
            sent += 1

    tasks = [asyncio.create_task(loop(number)) for number in range(job.connections)]
    await asyncio.sleep(job.warm_up)
    tally.latencies, tally.statuses = array("d"), Counter()
    before = read_meter(job.watch)
    done, _ = await asyncio.wait(tasks, timeout=job.seconds, return_when=asyncio.FIRST_EXCEPTION)
    for task in done:
        task.result()
    after = read_meter(job.watch)
    latencies, statuses = tally.latencies[:], Counter(tally.statuses)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return measured(latencies, statuses, size=BYTES * len(latencies), before=before, after=after)


if __name__ == "__main__":
    print(json.dumps(asdict(uvloop.run(run(Job(**json.load(sys.stdin)))))))
