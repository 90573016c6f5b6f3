"""The endpoints that come from the protos: authenticate, translate, call, answer."""

from collections.abc import Awaitable, Callable, Iterable, Mapping

from google.protobuf.message import Message
from starlette.responses import Response
from starlette.types import Receive

from kontor_chassis.rpc.channel import Channel
from kontor_gateway import codec
from kontor_gateway.authentication import Authenticator
from kontor_gateway.conditions import is_known, quoted
from kontor_gateway.descriptors import methods_of
from kontor_gateway.exchange import Exchange, read_body
from kontor_gateway.owners import SHARED, Owners
from kontor_gateway.router import Router
from kontor_gateway.translation import Translation

Endpoint = Callable[[Exchange, Receive], Awaitable[Response]]
JSON = "application/json"


def translations_of(services: Iterable[str]) -> list[Translation]:
    """Every binding of every method of the services, in the protos' order."""
    return [Translation(method, binding) for service in services for method in methods_of(service) for binding in method.bindings]


def add_routes(
    router: Router[Endpoint], translations: Iterable[Translation], *, channels: Mapping[str, Channel], authenticator: Authenticator
) -> None:
    """Serve each binding through the channel of its service, or of the one that the request asks for."""
    translations = list(translations)
    owners = Owners(translations, channels)
    for translation in translations:
        service = translation.method.service
        choose = owners.channel if service == SHARED else _always(channels[service])
        endpoint = _endpoint(translation, choose, authenticator)
        router.add(translation.binding.verb, translation.binding.template, endpoint)


def _always(channel: Channel) -> Callable[[Message], Channel]:
    return lambda request: channel


def _endpoint(translation: Translation, choose: Callable[[Message], Channel], authenticator: Authenticator) -> Endpoint:
    method = translation.method
    response_type = method.response_type
    public = method.rule.public
    path = method.path

    async def serve(exchange: Exchange, receive: Receive) -> Response:
        # Before the body is read: strangers cannot make the gateway parse.
        principal = "" if public else await authenticator.principal(exchange)
        body = await read_body(receive) if translation.takes_body else b""
        request = translation.request(exchange, body)
        metadata = exchange.metadata(principal)
        message = await choose(request).unary(path, request, response_type, metadata=metadata, timeout=exchange.remaining())
        return answer(translation, exchange, message)

    return serve


def answer(translation: Translation, exchange: Exchange, message: Message) -> Response:
    """The response of a method as HTTP: status, ETag, Location, and the message as JSON."""
    fields = message.DESCRIPTOR.fields_by_name
    if not fields:
        return Response(status_code=204)
    headers: dict[str, str] = {}
    etag: str = getattr(message, "etag", "") if "etag" in fields else ""
    if etag:
        headers["ETag"] = quoted(etag)
        if translation.binding.verb == "GET" and is_known(etag, exchange.header(b"if-none-match")):
            return Response(status_code=304, headers=headers)
    created = is_create(translation)
    record_id: str = getattr(message, "id", "") if created and "id" in fields else ""
    if record_id:
        headers["Location"] = f"{exchange.raw_path}/{record_id}"
    return Response(codec.write(message), status_code=201 if created else 200, headers=headers, media_type=JSON)


def is_create(translation: Translation) -> bool:
    """Whether a success is answered 201: the standard method Create (AIP-133)."""
    return translation.binding.verb == "POST" and translation.method.name.startswith("Create")
