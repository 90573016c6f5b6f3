"""The time that a request may take in all, from its head to the last byte of its answer."""

import asyncio

from starlette.types import ASGIApp, Receive, Scope, Send

from kontor_chassis.errors import DeadlineExceeded
from kontor_gateway.exchange import exchange_of


class Deadline:
    """Gives up at the exchange's deadline with DeadlineExceeded. A call that was under way may have happened or not; with an
    Idempotency-Key it can be sent again."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        clock = asyncio.timeout_at(exchange_of(scope).deadline)
        try:
            async with clock:
                await self._app(scope, receive, send)
        except TimeoutError as error:
            if not clock.expired():
                raise
            raise DeadlineExceeded("It took too long.") from error
