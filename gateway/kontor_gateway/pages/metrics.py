"""`/metrics`: what this process measured, for Prometheus (text exposition format 0.0.4)."""

from collections.abc import Mapping
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import Response
from starlette.types import Receive

from kontor_gateway.exchange import Exchange
from kontor_gateway.pages.page import Page


def metrics_pages() -> list[Page]:
    return [Page("/metrics", _serve, _OPERATION)]


async def _serve(exchange: Exchange, receive: Receive) -> Response:
    return Response(generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})


_OPERATION: Mapping[str, Any] = {
    "operationId": "getMetrics",
    "tags": ["Installation"],
    "summary": "Measurements for Prometheus.",
    "security": [],
    "responses": {"200": {"description": "All metrics.", "content": {"text/plain": {"schema": {"type": "string"}}}}},
}
