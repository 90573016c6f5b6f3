"""Refusing a body so that the client learns of it: the connection ends only when the client had time to read the answer.

A server that closes while bytes are unread makes TCP reset the connection, and a reset throws away what the client has received and
not yet read: it would see a broken connection in place of the answer (RFC 9112 section 9.6).
"""

import asyncio
import contextlib

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

# More than any file that somebody could take for small enough; who sends on and on is cut off all the same.
_MOST_BYTES = 32 * 1024 * 1024
_MOST_SECONDS = 5.0
_COMPLETE = "kontor.body_complete"


def note_complete(scope: Scope) -> None:
    """The whole body has been read: nothing is left to wait for."""
    scope[_COMPLETE] = True


async def answer_and_linger(answer: Response, scope: Scope, receive: Receive, send: Send) -> None:
    """Send the whole answer, then read and drop what the client still sends, up to a bound, before the exchange ends."""

    async def held_open(message: Message) -> None:
        await send({**message, "more_body": True} if message["type"] == "http.response.body" else message)

    await answer(scope, receive, held_open)
    if not scope.get(_COMPLETE):
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_MOST_SECONDS):
                await _drop_body(receive)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _drop_body(receive: Receive) -> None:
    dropped = 0
    while dropped < _MOST_BYTES:
        message = await receive()
        dropped += len(message.get("body", b""))
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            return
