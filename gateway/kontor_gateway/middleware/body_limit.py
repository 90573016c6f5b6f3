"""How large a request body may be, and how long it may dawdle; told lengths are believed only where they are too large."""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kontor_gateway.exchange import exchange_of
from kontor_gateway.middleware.lingering import note_complete
from kontor_gateway.middleware.uploads import is_upload
from kontor_gateway.problems import ContentTooLarge, RequestTimeout

# More digits than any length that could be meant; Python refuses to convert very many.
_MAX_DIGITS = 15


class BodyLimit:
    """Raises ContentTooLarge beyond `limit` bytes, chunked or not, and RequestTimeout when the body is not complete `seconds`
    after its first part was asked for. For uploads it is `upload_limit` and `upload_seconds`."""

    def __init__(self, app: ASGIApp, *, limit: int, seconds: float, upload_limit: int, upload_seconds: float) -> None:
        self._app = app
        self._usual = limit, seconds
        self._upload = upload_limit, upload_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = exchange_of(scope)
        limit, seconds = self._upload if is_upload(exchange) else self._usual
        length = exchange.header(b"content-length")
        if length and length.isascii() and length.isdigit() and (len(length) > _MAX_DIGITS or int(length) > limit):
            raise _too_large(limit)
        received = 0
        give_up_at = 0.0

        async def limited() -> Message:
            nonlocal received, give_up_at
            give_up_at = give_up_at or asyncio.get_running_loop().time() + seconds
            clock = asyncio.timeout_at(give_up_at)
            try:
                async with clock:
                    message = await receive()
            except TimeoutError as error:
                if not clock.expired():
                    raise
                raise RequestTimeout(f"The body did not arrive within {seconds:g} seconds.") from error
            if not message.get("more_body", False):
                note_complete(scope)
            received += len(message.get("body", b""))
            if received > limit:
                raise _too_large(limit)
            return message

        await self._app(scope, limited, send)


def _too_large(limit: int) -> ContentTooLarge:
    return ContentTooLarge(f"The body must have at most {limit} bytes.", detail={"limit": str(limit)})
