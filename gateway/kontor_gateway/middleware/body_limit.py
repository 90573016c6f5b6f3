"""How large a request body may be, and how long it may dawdle; told lengths are believed only where they are too large."""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kontor_gateway.exchange import exchange_of
from kontor_gateway.middleware.lingering import note_complete
from kontor_gateway.problems import ContentTooLarge, RequestTimeout

# More digits than any length that could be meant; Python refuses to convert very many.
_MAX_DIGITS = 15


class BodyLimit:
    """Raises ContentTooLarge beyond `limit` bytes, chunked or not, and RequestTimeout when the body is not complete `seconds`
    after its first part was asked for."""

    def __init__(self, app: ASGIApp, *, limit: int, seconds: float) -> None:
        self._app = app
        self._limit = limit
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        length = exchange_of(scope).header(b"content-length")
        if length and length.isascii() and length.isdigit() and (len(length) > _MAX_DIGITS or int(length) > self._limit):
            raise self._too_large()
        received = 0
        give_up_at = 0.0

        async def limited() -> Message:
            nonlocal received, give_up_at
            give_up_at = give_up_at or asyncio.get_running_loop().time() + self._seconds
            clock = asyncio.timeout_at(give_up_at)
            try:
                async with clock:
                    message = await receive()
            except TimeoutError as error:
                if not clock.expired():
                    raise
                raise RequestTimeout(f"The body did not arrive within {self._seconds:g} seconds.") from error
            if not message.get("more_body", False):
                note_complete(scope)
            received += len(message.get("body", b""))
            if received > self._limit:
                raise self._too_large()
            return message

        await self._app(scope, limited, send)

    def _too_large(self) -> ContentTooLarge:
        return ContentTooLarge(f"The body must have at most {self._limit} bytes.", detail={"limit": str(self._limit)})
