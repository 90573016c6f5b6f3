"""One HTTP request on its way through the layers, and what they find out about it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.types import Receive, Scope

from kontor_chassis.principal import METADATA_KEY
from kontor_chassis.telemetry import current_traceparent

UNMATCHED = "unmatched"
_KEY = "kontor.exchange"


class ClientGone(Exception):
    """The client hung up before its request was complete; nobody is left to answer."""


@dataclass(slots=True)
class Exchange:
    """Made by the outermost layer. The header names are lower case; of a header that comes twice the last one counts."""

    # Not shown: they hold credentials.
    scope: Scope = field(repr=False)
    headers: Mapping[bytes, bytes] = field(repr=False)
    request_id: str
    # Event loop time at which the request is given up.
    deadline: float
    # Set when the path was found: the template (for logs and metrics, which must not hold ids) and its variables.
    route: str = UNMATCHED
    parameters: Mapping[str, str] = field(default_factory=dict)
    # Set when the answer begins; 499: the client hung up.
    status: int = 0
    sent_bytes: int = 0

    @property
    def method(self) -> str:
        method: str = self.scope["method"]
        return method

    @property
    def raw_path(self) -> str:
        """The path as it was sent, still percent-encoded."""
        raw: bytes | None = self.scope.get("raw_path")
        return raw.decode("latin-1") if raw else str(self.scope["path"])

    @property
    def peer(self) -> str:
        """The client's network address (behind a proxy that the server trusts, the one that the proxy tells)."""
        client = self.scope.get("client")
        return str(client[0]) if client else ""

    def header(self, name: bytes) -> str | None:
        value = self.headers.get(name)
        return None if value is None else value.decode("latin-1").strip()

    def remaining(self) -> float:
        """Seconds until the deadline; what a call to a service may take."""
        return max(0.0, self.deadline - asyncio.get_running_loop().time())

    def metadata(self, principal: str = "") -> dict[str, str]:
        """The metadata of a call to a service on behalf of this request."""
        metadata = {"x-request-id": self.request_id}
        if principal:
            metadata[METADATA_KEY] = principal
        traceparent = current_traceparent()
        if traceparent:
            metadata["traceparent"] = traceparent
        return metadata


def exchange_of(scope: Scope) -> Exchange:
    exchange: Exchange = scope[_KEY]
    return exchange


def open_exchange(scope: Scope, *, request_id: str, deadline: float) -> Exchange:
    exchange = scope[_KEY] = Exchange(scope, dict(scope["headers"]), request_id, deadline)
    return exchange


async def read_body(receive: Receive) -> bytes:
    """The whole body; the layers around have limited its size and time. Raises ClientGone."""
    chunks: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(chunks)
