"""`/docs`: the interface to read and try in a browser, by Swagger UI from its Python package; nothing is fetched from elsewhere."""

import asyncio
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from starlette.responses import FileResponse, Response
from starlette.types import Receive
from swagger_ui_bundle import swagger_ui_path

from kontor_gateway.exchange import Exchange
from kontor_gateway.openapi_30 import as_openapi_30
from kontor_gateway.pages.page import Page
from kontor_gateway.routes import Endpoint

_HERE = Path(__file__).parent
_BUNDLE = Path(str(swagger_ui_path))
_FILES: Mapping[str, Path] = {
    "/docs": _HERE / "docs.html",
    "/docs/docs.js": _HERE / "docs.js",
    "/docs/swagger-ui.css": _BUNDLE / "swagger-ui.css",
    "/docs/swagger-ui-bundle.js": _BUNDLE / "swagger-ui-bundle.js",
    "/docs/favicon-32x32.png": _BUNDLE / "favicon-32x32.png",
}
_HEADERS = {
    # Swagger UI sets styles on its elements and draws its icons from data URLs.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-cache",
}


def docs_pages(document: Callable[[], Mapping[str, Any]]) -> list[Page]:
    """`document` makes the OpenAPI document."""

    @cache
    def content() -> bytes:
        return orjson.dumps(as_openapi_30(document()))

    async def serve_document(exchange: Exchange, receive: Receive) -> Response:
        return Response(await asyncio.to_thread(content), headers=_HEADERS, media_type="application/json")

    pages = [Page(template, _file(path)) for template, path in _FILES.items()]
    return [*pages, Page("/docs/openapi.json", serve_document)]


def _file(path: Path) -> Endpoint:
    async def serve(exchange: Exchange, receive: Receive) -> Response:
        return FileResponse(path, headers=_HEADERS)

    return serve
