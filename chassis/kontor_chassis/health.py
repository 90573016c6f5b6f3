"""Health and metrics of a process without a gateway. Liveness never asks a database: restarting would not heal one."""

from collections.abc import Awaitable, Callable, Mapping

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


def health_app(readiness: Callable[[], Awaitable[Mapping[str, str]]]) -> Starlette:
    """`/healthz`, `/readyz` (503 naming what fails) and `/metrics`."""

    async def alive(_request: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def ready(_request: Request) -> Response:
        checks = await readiness()
        failing = [name for name, state in checks.items() if state != "ok"]
        return JSONResponse({"status": "failing" if failing else "ready", "checks": dict(checks)}, 503 if failing else 200)

    async def metrics(_request: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return Starlette(routes=[Route("/healthz", alive), Route("/readyz", ready), Route("/metrics", metrics)])
