"""A gateway in front of services that are played by fakes: real messages, real HTTP semantics, no network."""

import inspect
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx
import pytest
from google.protobuf.message import Message

from kontor.identity.v1 import sessions_pb2
from kontor_chassis.errors import Unauthenticated
from kontor_gateway.app import create_app
from kontor_gateway.settings import GatewaySettings

R = TypeVar("R", bound=Message)
SERVICES = ("identity", "contacts", "sales", "tasks", "mail", "search", "notify")
TOKEN = "session-token"
FEED_SECRET = "feed-secret"


@dataclass(frozen=True)
class Call:
    path: str
    request: Message
    metadata: Mapping[str, str]
    timeout: float


@dataclass
class FakeChannel:
    """Answers each method with a message, an error to raise, or what a function makes of the request; remembers the calls."""

    answers: dict[str, Any] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)

    async def unary(self, path: str, request: Message, response_type: type[R], *, metadata: Mapping[str, str], timeout: float) -> R:
        self.calls.append(Call(path, request, metadata, timeout))
        answer = self.answers[path]
        if callable(answer):
            answer = answer(request)
        if inspect.isawaitable(answer):
            answer = await answer
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, response_type)
        return answer


def authenticate(request: Any) -> Message:
    secret = request.bearer_token or request.feed_secret
    if secret not in (TOKEN, FEED_SECRET):
        raise Unauthenticated("The token is not known.")
    return sessions_pb2.AuthenticateResponse(principal=f"principal of {secret}")


@dataclass
class Gateway:
    """What tests hold: the app, a client that is signed in, and the services behind."""

    app: Any
    client: httpx.AsyncClient
    services: dict[str, FakeChannel]

    def answer(self, path: str, answer: Any) -> None:
        """Let the method at `path` answer so from now on."""
        self.services[path.split(".")[1]].answers[path] = answer

    def calls(self, path: str) -> list[Call]:
        return [call for call in self.services[path.split(".")[1]].calls if call.path == path]

    def asked(self, path: str) -> Any:
        """The request of the only call to the method at `path`."""
        (call,) = self.calls(path)
        return call.request


async def ready() -> Mapping[str, str]:
    return {"contacts": "ok"}


@pytest.fixture
async def make_gateway() -> AsyncIterator[Callable[..., Gateway]]:
    """Makes gateways; keyword arguments are settings, and `readiness`."""
    clients: list[httpx.AsyncClient] = []

    def make(*, readiness: Any = ready, **settings: Any) -> Gateway:
        services = {name: FakeChannel() for name in SERVICES}
        services["identity"].answers["/kontor.identity.v1.SessionService/Authenticate"] = authenticate
        app = create_app(services, GatewaySettings(**settings), readiness=readiness)
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app, client=("192.0.2.7", 4711)),
            base_url="http://kontor.test",
            headers={"Authorization": f"Bearer {TOKEN}"},
        )
        clients.append(client)
        return Gateway(app, client, services)

    yield make
    for client in clients:
        await client.aclose()


@pytest.fixture
def gateway(make_gateway: Callable[..., Gateway]) -> Gateway:
    return make_gateway()


@pytest.fixture
def faults() -> Callable[[httpx.Response], dict[str, str]]:
    """The errors of a problem document as field → message."""

    def read(response: httpx.Response) -> dict[str, str]:
        assert response.headers["content-type"] == "application/problem+json"
        return {error["field"]: error["message"] for error in json.loads(response.content)["errors"]}

    return read
