"""The composition of the gateway: which endpoints, behind which layers."""

from collections.abc import Awaitable, Callable, Mapping

from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kontor_chassis.rpc.channel import Channel
from kontor_gateway.authentication import Authenticator
from kontor_gateway.exchange import exchange_of
from kontor_gateway.middleware.body_limit import BodyLimit
from kontor_gateway.middleware.deadline import Deadline
from kontor_gateway.middleware.error_answers import ErrorAnswers
from kontor_gateway.middleware.observation import Observation
from kontor_gateway.middleware.security_headers import SecurityHeaders, is_form
from kontor_gateway.middleware.uploads import UploadTime
from kontor_gateway.owners import SHARED
from kontor_gateway.pages import add_pages
from kontor_gateway.problems import MethodNotAllowed, allow, no_such_path
from kontor_gateway.router import Found, Router
from kontor_gateway.routes import Endpoint, add_routes, translations_of
from kontor_gateway.settings import GatewaySettings

Readiness = Callable[[], Awaitable[Mapping[str, str]]]


def create_app(channels: Mapping[str, Channel], settings: GatewaySettings, *, readiness: Readiness) -> ASGIApp:
    """The ASGI application that serves the services behind `channels` (by service name; `identity` must be among them).

    `readiness` tells the state of everything that serving needs, by name: `ok`, or what is wrong. Nothing is connected or
    started here; the channels' owner opens and closes them. Raises LookupError where identity is missing.
    """
    if "identity" not in channels:
        raise LookupError("the gateway needs a channel to identity")
    authenticator = Authenticator(
        channels["identity"],
        seconds=settings.authentication_seconds,
        entries=settings.authentication_entries,
        timeout=settings.request_timeout,
    )
    translations = translations_of([*channels, SHARED])
    router: Router[Endpoint] = Router()
    add_routes(router, translations, channels=channels, authenticator=authenticator)
    add_pages(
        router,
        translations,
        channels=channels,
        authenticator=authenticator,
        readiness=readiness,
        readiness_timeout=settings.readiness_timeout,
    )
    app: ASGIApp = _dispatch(router)
    app = BodyLimit(
        app,
        limit=settings.body_limit,
        seconds=settings.body_timeout,
        upload_limit=settings.upload_limit,
        upload_seconds=settings.upload_timeout,
    )
    app = Deadline(app)
    app = UploadTime(app, seconds=settings.upload_timeout)
    app = ErrorAnswers(app, retry_after=settings.retry_after)
    app = SecurityHeaders(app)
    if settings.cors_origins:
        app = _cors(app, settings.cors_origins)
    return _only_http(Observation(app, seconds=settings.request_timeout))


def _dispatch(router: Router[Endpoint]) -> ASGIApp:
    """The innermost layer: finds the endpoint and sends its response."""

    async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
        exchange = exchange_of(scope)
        method = exchange.method
        found = router.find("GET" if method == "HEAD" else method, exchange.raw_path)
        if isinstance(found, Found):
            exchange.route = found.template
            exchange.parameters = found.parameters
            response = await found.endpoint(exchange, receive)
        elif not found:
            raise no_such_path()
        elif method == "OPTIONS":
            response = Response(status_code=204, headers={"Allow": allow(found)})
        else:
            raise MethodNotAllowed(found)
        await response(scope, receive, _without_body(send) if method == "HEAD" else send)

    return dispatch


def _without_body(send: Send) -> Send:
    """As GET, with its Content-Length, but nothing after the head (RFC 9110 section 9.3.2)."""

    async def head(message: Message) -> None:
        await send({"type": "http.response.body", "body": b""} if message["type"] == "http.response.body" else message)

    return head


def _cors(app: ASGIApp, origins: tuple[str, ...]) -> ASGIApp:
    inner = CORSMiddleware(
        app,
        allow_origins=origins,
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "If-Match", "If-None-Match", "Idempotency-Key", "X-Request-Id"],
        expose_headers=["ETag", "Location", "X-Request-Id", "Retry-After"],
    )

    async def cors(scope: Scope, receive: Receive, send: Send) -> None:
        # Each web form has origins of its own.
        await (app if is_form(scope) else inner)(scope, receive, send)

    return cors


def _only_http(app: ASGIApp) -> ASGIApp:
    """Answers what servers ask besides requests: nothing to start, nothing to stop, no web sockets."""

    async def entry(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await app(scope, receive, send)
        elif scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
        else:
            await send({"type": "websocket.close", "code": 1000})

    return entry
