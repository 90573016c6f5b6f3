"""Requests whose bodies are files: larger than others, and slower over a poor connection."""

import re

from starlette.types import ASGIApp, Receive, Scope, Send

from kontor_gateway.exchange import Exchange, exchange_of

_PATHS = re.compile(r"/v1/persons/[^/]+/photo")


def is_upload(exchange: Exchange) -> bool:
    return exchange.method == "PUT" and _PATHS.fullmatch(exchange.raw_path) is not None


class UploadTime:
    """Gives uploads `seconds` more than other requests, for their bodies to arrive in."""

    def __init__(self, app: ASGIApp, *, seconds: float) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = exchange_of(scope)
        if is_upload(exchange):
            exchange.deadline += self._seconds
        await self._app(scope, receive, send)
