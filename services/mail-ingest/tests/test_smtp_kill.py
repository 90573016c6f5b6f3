"""The process is killed at the worst moments; the client sends again unless it was told 250 (R2, R4, R5).

The same file is the program that is killed: it runs the service on a folder and kills itself where it is told to.
"""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kontor_chassis.testing import harness
from kontor_mail_ingest.service import SERVICE
from kontor_mail_ingest.usecases import backlog, deposits

FIRST_TRIES = 6


@pytest.mark.parametrize(
    "moment", ["before the bytes", "between bytes and commit", "between commit and reply", "while reading", "while filing"]
)
async def test_a_mail_survives_a_kill_exactly_once(moment: str, tmp_path: Path, open_mailroom: Any, letter: Any) -> None:
    async with open_mailroom() as mail:
        user, address = mail.harness.user, await mail.dropbox()
        await mail.person("anna@kunde.example")
    sent = [letter(f"Nummer {number}") for number in range(FIRST_TRIES)]
    acknowledged: list[bytes] = []
    process, port = await start(tmp_path, moment)
    for content in sent:
        if not await asyncio.to_thread(deliver, port, address, content):
            break
        acknowledged.append(content)
    await process.wait()
    assert process.returncode == -signal.SIGKILL
    async with open_mailroom() as mail:
        await mail.settled()
        kept = [await mail.raw(message.id, user) for message in await mail.messages(user)]
        assert set(acknowledged) <= set(kept)
        for content in sent:
            if content not in acknowledged:
                assert (await mail.deposit(content, address)).startswith("250")
        await mail.settled()
        found = await mail.messages(user, state="MESSAGE_STATE_FILED")
        assert sorted([await mail.raw(message.id, user) for message in found]) == sorted(sent)


async def start(folder: Path, moment: str) -> tuple[asyncio.subprocess.Process, int]:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, __file__, str(folder), moment, stdout=pipe, stderr=asyncio.subprocess.DEVNULL
    )
    assert process.stdout is not None
    async for line in process.stdout:
        if line.startswith(b"port "):
            return process, int(line.split()[1])
    raise AssertionError("the service did not start")


def deliver(port: int, address: str, content: bytes) -> bool:
    """Whether the mail was acknowledged."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=20) as connection, connection.makefile("rb") as answers:
            answers.readline()
            for command in ("HELO client.example", "MAIL FROM:<b.berger@firma.example>", f"RCPT TO:<{address}>", "DATA"):
                connection.sendall(command.encode() + b"\r\n")
                answers.readline()
            connection.sendall(content + b".\r\n")
            return answers.readline().startswith(b"250")
    except OSError:
        return False


def killing(function: Callable[..., Any], *, calls: int, before: bool) -> Callable[..., Any]:
    """The function; at the given call the process dies, before or after it."""
    count = 0

    def run(*arguments: Any, **options: Any) -> Any:
        nonlocal count
        count += 1
        if count == calls and before:
            os.kill(os.getpid(), signal.SIGKILL)
        result = function(*arguments, **options)
        if count == calls:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    return run


async def serve(folder: Path, moment: str) -> None:
    async with harness(SERVICE, folder) as running:
        context = running.running.context
        if moment in ("before the bytes", "between bytes and commit"):
            context.blobs.put = killing(context.blobs.put, calls=4, before=moment == "before the bytes")  # type: ignore[method-assign]
        elif moment == "while reading":
            context.parts.backlog.parse = killing(context.parts.backlog.parse, calls=3, before=True)
        sys.stdout.write(f"port {context.parts.smtp.port}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    if sys.argv[2] == "between commit and reply":
        deposits.Deposits._insert = killing(deposits.Deposits._insert, calls=3, before=False)  # type: ignore[method-assign]
    elif sys.argv[2] == "while filing":
        backlog.settle = killing(backlog.settle, calls=3, before=False)  # type: ignore[attr-defined]
    asyncio.run(serve(Path(sys.argv[1]), sys.argv[2]))
