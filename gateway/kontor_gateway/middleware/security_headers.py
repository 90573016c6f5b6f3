"""Headers that every answer carries unless it says otherwise itself.

Answers below /v1 hold personal data: nothing on the way may keep them. Nothing here is a page, except what sets a
Content-Security-Policy of its own.
"""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kontor_gateway.exchange import exchange_of

_ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_PRIVATE = (b"cache-control", b"no-store")
# RFC 6797; only sent over TLS, where it means something.
_TLS = (b"strict-transport-security", b"max-age=31536000")


def is_form(scope: Scope) -> bool:
    """Whether it is a page for strangers, which says by itself what other sites may do with it."""
    path: str = scope["path"]
    return path.startswith("/forms/")


class SecurityHeaders:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = exchange_of(scope)
        if is_form(scope):
            # Which sites may show a form in a frame, its own policy says; the older header knows all or none.
            defaults = [_PRIVATE, *(header for header in _ALWAYS if header[0] != b"x-frame-options")]
        else:
            defaults = [*_ALWAYS, _PRIVATE] if scope["path"].startswith("/v1/") else list(_ALWAYS)
        if scope.get("scheme") == "https":
            defaults.append(_TLS)

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                present = {name for name, _ in headers}
                headers += [header for header in defaults if header[0] not in present]
                headers.append((b"x-request-id", exchange.request_id.encode()))
                message["headers"] = headers
            await send(message)

        await self._app(scope, receive, with_headers)
