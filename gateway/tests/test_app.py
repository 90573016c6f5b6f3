"""The application as servers see it."""

from typing import Any

import pytest

from kontor_gateway.app import create_app
from kontor_gateway.settings import GatewaySettings


async def ready() -> dict[str, str]:
    return {}


def test_without_identity_there_is_no_gateway() -> None:
    with pytest.raises(LookupError, match="identity"):
        create_app({}, GatewaySettings(), readiness=ready)


async def test_only_services_with_a_channel_are_served(make_gateway: Any) -> None:
    app = create_app({"identity": make_gateway().services["identity"]}, GatewaySettings(), readiness=ready)
    assert await status_of(app, "/v1/me") == 401
    assert await status_of(app, "/v1/persons") == 404
    assert await status_of(app, "/calendar/x/tasks.ics") == 404


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KONTOR_GATEWAY_BODY_LIMIT", "2048")
    monkeypatch.setenv("KONTOR_GATEWAY_CORS_ORIGINS", '["https://crm.example.org"]')
    settings = GatewaySettings()
    assert (settings.body_limit, settings.cors_origins) == (2048, ("https://crm.example.org",))


def test_a_credential_cannot_be_believed_for_more_than_a_second() -> None:
    with pytest.raises(ValueError, match="less than or equal to 1"):
        GatewaySettings(authentication_seconds=5)


async def test_pages_from_elsewhere_may_not_call_unless_their_origin_is_set(make_gateway: Any) -> None:
    preflight = {
        "Origin": "https://crm.example.org",
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "if-match",
    }
    closed, open_ = make_gateway(), make_gateway(cors_origins=("https://crm.example.org",))
    assert "access-control-allow-origin" not in (await closed.client.options("/v1/persons/1", headers=preflight)).headers
    response = await open_.client.options("/v1/persons/1", headers=preflight)
    assert response.headers["access-control-allow-origin"] == "https://crm.example.org"
    assert "PATCH" in response.headers["access-control-allow-methods"]
    refused = await open_.client.options("/v1/persons/1", headers={**preflight, "Origin": "https://evil.example.org"})
    assert "access-control-allow-origin" not in refused.headers


async def test_start_and_stop_are_acknowledged(gateway: Any) -> None:
    received = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    assert await conversation(gateway.app, {"type": "lifespan"}, received) == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


async def test_web_sockets_are_closed(gateway: Any) -> None:
    assert await conversation(gateway.app, {"type": "websocket"}, [{"type": "websocket.connect"}]) == ["websocket.close"]


async def conversation(app: Any, scope: Any, received: list[Any]) -> list[str]:
    sent: list[str] = []

    async def receive() -> Any:
        return received.pop(0)

    async def send(message: Any) -> None:
        sent.append(message["type"])

    await app(scope, receive, send)
    return sent


async def status_of(app: Any, path: str) -> int:
    statuses: list[int] = []

    async def send(message: Any) -> None:
        statuses.append(message.get("status", 0))

    # As a server without raw_path would ask.
    scope = {"type": "http", "method": "GET", "path": path, "headers": [], "query_string": b""}
    await app(scope, None, send)
    return statuses[0]
