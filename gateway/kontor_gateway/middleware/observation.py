"""Makes the exchange, and tells of it afterwards: request id, span, metrics, access log.

Neither logs nor metrics hold what may be secret: routes are written as templates, and the path itself only below /v1, where no
path carries a secret.
"""

import asyncio
import re
import time
from collections.abc import Callable

import structlog
from opentelemetry import trace
from opentelemetry.trace import SpanKind
from prometheus_client import Counter, Gauge, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kontor_chassis.ids import new_id
from kontor_chassis.telemetry import span
from kontor_gateway.exchange import Exchange, open_exchange

log = structlog.get_logger()

DURATION = Histogram(
    "kontor_http_seconds",
    "Time from the head of a request to the end of its answer.",
    ["method", "route", "status"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
SENT = Counter("kontor_http_sent_bytes", "Bytes of bodies that were sent.")
RUNNING = Gauge("kontor_http_running", "Requests that are being served.")

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"})
# Asked every few seconds by machines; in the log at DEBUG only.
_QUIET = frozenset({"/healthz", "/readyz", "/metrics"})


class Observation:
    """The outermost layer. `seconds` is the time that a request may take in all."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        seconds: float,
        new_request_id: Callable[[], str] = new_id,
        monotonic: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._app = app
        self._seconds = seconds
        self._new_request_id = new_request_id
        self._monotonic = monotonic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = self._monotonic()
        exchange = open_exchange(scope, request_id="", deadline=asyncio.get_running_loop().time() + self._seconds)
        sent_id = exchange.header(b"x-request-id")
        exchange.request_id = sent_id if sent_id and _REQUEST_ID.fullmatch(sent_id) else self._new_request_id()

        async def observed(message: Message) -> None:
            if message["type"] == "http.response.start":
                exchange.status = message["status"]
            else:
                exchange.sent_bytes += len(message.get("body", b""))
            await send(message)

        method = exchange.method if exchange.method in _METHODS else "OTHER"
        with (
            structlog.contextvars.bound_contextvars(request_id=exchange.request_id),
            span(f"HTTP {method}", kind=SpanKind.SERVER, traceparent=exchange.header(b"traceparent") or ""),
            RUNNING.track_inprogress(),
        ):
            try:
                await self._app(scope, receive, observed)
            finally:
                self._tell(exchange, method, self._monotonic() - started)

    def _tell(self, exchange: Exchange, method: str, seconds: float) -> None:
        DURATION.labels(method, exchange.route, str(exchange.status)).observe(seconds)
        SENT.inc(exchange.sent_bytes)
        current = trace.get_current_span()
        if current.is_recording():
            current.update_name(f"{method} {exchange.route}")
            current.set_attributes(
                {"http.request.method": method, "http.route": exchange.route, "http.response.status_code": exchange.status}
            )
            if exchange.status >= 500:
                current.set_status(trace.StatusCode.ERROR)
        write = log.debug if exchange.route in _QUIET else log.info
        path = {"path": exchange.raw_path} if exchange.route.startswith("/v1/") else {}
        write(
            "http_request",
            method=method,
            route=exchange.route,
            status=exchange.status,
            milliseconds=round(seconds * 1000, 2),
            bytes=exchange.sent_bytes,
            peer=exchange.peer,
            **path,
        )
