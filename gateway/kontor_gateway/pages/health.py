"""`/healthz`: the process is alive. `/readyz`: it can serve; load balancers send traffic only then."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import orjson
import structlog
from starlette.responses import Response
from starlette.types import Receive

from kontor_gateway.exchange import Exchange
from kontor_gateway.pages.page import Page

log = structlog.get_logger()

# What a check says when all is well.
OK = "ok"
_JSON = "application/json"


def health_pages(readiness: Callable[[], Awaitable[Mapping[str, str]]], seconds: float) -> list[Page]:
    """`readiness` may take `seconds`; without an answer, or with an error, the installation is not ready."""

    async def healthz(exchange: Exchange, receive: Receive) -> Response:
        return Response(orjson.dumps({"status": "alive"}), media_type=_JSON)

    async def readyz(exchange: Exchange, receive: Receive) -> Response:
        checks = await _checks(readiness, seconds)
        ready = all(state == OK for state in checks.values())
        content = {"status": "ready" if ready else "not ready", "checks": checks}
        return Response(orjson.dumps(content), status_code=200 if ready else 503, media_type=_JSON)

    return [Page("/healthz", healthz, _HEALTHZ), Page("/readyz", readyz, _READYZ)]


async def _checks(readiness: Callable[[], Awaitable[Mapping[str, str]]], seconds: float) -> dict[str, str]:
    try:
        async with asyncio.timeout(seconds):
            return dict(await readiness())
    except TimeoutError:
        return {"readiness": f"no answer within {seconds:g} seconds"}
    except Exception as error:
        log.error("readiness_failed", exc_info=error)
        return {"readiness": "failed"}


def _schema(words: list[str]) -> dict[str, Any]:
    return {"type": "object", "required": ["status"], "properties": {"status": {"type": "string", "enum": words}}}


_READINESS = _schema(["ready", "not ready"])
_READINESS["properties"]["checks"] = {
    "type": "object",
    "additionalProperties": {"type": "string"},
    "description": "`ok`, or what is wrong.",
}
_HEALTHZ: Mapping[str, Any] = {
    "operationId": "getHealth",
    "tags": ["Installation"],
    "summary": "Whether the process is alive.",
    "security": [],
    "responses": {"200": {"description": "It is.", "content": {_JSON: {"schema": _schema(["alive"])}}}},
}
_READYZ: Mapping[str, Any] = {
    "operationId": "getReadiness",
    "tags": ["Installation"],
    "summary": "Whether the installation can serve.",
    "security": [],
    "responses": {
        "200": {"description": "Every check is `ok`.", "content": {_JSON: {"schema": _READINESS}}},
        "503": {"description": "Some check is not.", "content": {_JSON: {"schema": _READINESS}}},
    },
}
