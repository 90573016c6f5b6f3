"""`/v1/openapi.json`: the interface described, made when it is first asked for."""

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import orjson
from starlette.responses import Response
from starlette.types import Receive

from kontor_gateway.conditions import is_known, quoted
from kontor_gateway.exchange import Exchange
from kontor_gateway.openapi import document
from kontor_gateway.pages.page import Page
from kontor_gateway.translation import Translation

Document = Callable[[], Mapping[str, Any]]


def api_document_pages(translations: Sequence[Translation], pages: Sequence[Page]) -> tuple[Document, list[Page]]:
    """The document, made once, and the page that serves it."""

    @cache
    def made() -> Mapping[str, Any]:
        operations = {(page.template, page.verb): page.operation for page in (*pages, own) if page.operation is not None}
        return document(translations, operations)

    @cache
    def content() -> tuple[bytes, str]:
        body = orjson.dumps(made())
        return body, hashlib.sha256(body).hexdigest()[:16]

    async def serve(exchange: Exchange, receive: Receive) -> Response:
        # The first time it is long enough to be felt by others.
        body, etag = await asyncio.to_thread(content)
        headers = {"ETag": quoted(etag)}
        if is_known(etag, exchange.header(b"if-none-match")):
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers, media_type="application/json")

    own = Page("/v1/openapi.json", serve, _OPERATION)
    return made, [own]


_OPERATION: Mapping[str, Any] = {
    "operationId": "getOpenApiDocument",
    "tags": ["Installation"],
    "summary": "This document.",
    "security": [],
    "responses": {"200": {"description": "OpenAPI 3.1.", "content": {"application/json": {"schema": {"type": "object"}}}}},
}
