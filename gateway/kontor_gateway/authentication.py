"""Credentials of a request → a signed principal from identity, which the services verify themselves.

What identity said is remembered for at most a second, so that what is revoked stops working within a second, and a page that
makes ten requests at once proves its session once. Refusals are not remembered.
"""

import asyncio
import re
import time
from collections import OrderedDict
from collections.abc import Callable

from kontor.identity.v1 import sessions_pb2
from kontor_chassis.errors import Unauthenticated
from kontor_chassis.rpc.channel import Channel
from kontor_gateway.exchange import Exchange

AUTHENTICATE = "/kontor.identity.v1.SessionService/Authenticate"
# RFC 6750 section 2.1; our own tokens are much shorter.
_BEARER = re.compile(r"bearer +([A-Za-z0-9._~+/-]{1,4096}=*)", re.IGNORECASE)
_Secret = tuple[str, str]


def bearer_token(exchange: Exchange) -> str:
    """The token that a request carries. Raises Unauthenticated where there is none, or one that cannot be one."""
    header = exchange.header(b"authorization")
    if header is None:
        raise Unauthenticated("Sign in first: this needs the header Authorization: Bearer ….")
    match = _BEARER.fullmatch(header)
    if match is None:
        raise Unauthenticated("The header Authorization must say: Bearer, and a token.", reason="INVALID_TOKEN")
    return match[1]


class Authenticator:
    """Asks identity, for at most `timeout` seconds, and believes its answer for `seconds`. `monotonic` tells the time."""

    def __init__(
        self, identity: Channel, *, seconds: float, entries: int, timeout: float, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._identity = identity
        self._seconds = seconds
        # Not what the asking request has left: others with more time may be waiting for the same answer.
        self._timeout = timeout
        self._entries = entries
        self._monotonic = monotonic
        # Secret → principal, and the time until which it is believed; oldest first.
        self._proven: OrderedDict[_Secret, tuple[str, float]] = OrderedDict()
        self._running: dict[_Secret, asyncio.Task[str]] = {}

    async def principal(self, exchange: Exchange) -> str:
        """The principal of a request with a bearer token. Raises Unauthenticated."""
        return await self._prove(("bearer_token", bearer_token(exchange)), exchange)

    async def principal_of_feed(self, secret: str, exchange: Exchange) -> str:
        """The principal behind the secret of a calendar feed. Raises Unauthenticated."""
        return await self._prove(("feed_secret", secret), exchange)

    async def _prove(self, secret: _Secret, exchange: Exchange) -> str:
        known = self._proven.get(secret)
        if known is not None and known[1] > self._monotonic():
            return known[0]
        task = self._running.get(secret)
        if task is None:
            task = self._running[secret] = asyncio.create_task(self._ask(secret, exchange.metadata()))
        # Shielded: others may wait for the same answer when this request is given up.
        return await asyncio.shield(task)

    async def _ask(self, secret: _Secret, metadata: dict[str, str]) -> str:
        # Counted from before the question: what is revoked after identity looked must not live longer.
        believed_until = self._monotonic() + self._seconds
        request = sessions_pb2.AuthenticateRequest(**{secret[0]: secret[1]})
        try:
            answer = await self._identity.unary(
                AUTHENTICATE, request, sessions_pb2.AuthenticateResponse, metadata=metadata, timeout=self._timeout
            )
        except Unauthenticated as error:
            reason = "INVALID_TOKEN" if error.reason == error.default_reason else error.reason
            raise Unauthenticated(error.message, reason=reason) from error
        finally:
            del self._running[secret]
        self._proven[secret] = answer.principal, believed_until
        self._proven.move_to_end(secret)
        while len(self._proven) > self._entries:
            self._proven.popitem(last=False)
        return answer.principal
