"""The few things about routes that the protos say in prose only; each is checked against the descriptors when routes are made."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kontor_gateway.exchange import Exchange

_MAX_CLIENT = 300


@dataclass(frozen=True)
class FixedFields:
    """An additional path of a method that says part of its request."""

    # As in JSON.
    values: Mapping[str, Any]
    # For the OpenAPI document.
    operation_id: str
    summary: str


FIXED_FIELDS: Mapping[str, FixedFields] = {
    "GET /v1/tray": FixedFields(
        values={"state": "tray"},
        operation_id="listTray",
        summary="Messages that wait in the tray for a decision, newest first, without their text.",
    ),
}


def _client(exchange: Exchange) -> str:
    header = exchange.header(b"user-agent") or ""
    return "".join(character for character in header if character.isprintable())[:_MAX_CLIENT]


# Request fields that the connection says, never the client; by method path.
CONNECTION_FIELDS: Mapping[str, Mapping[str, Callable[[Exchange], str]]] = {
    "/kontor.identity.v1.SessionService/CreateSession": {"client": _client, "peer": lambda exchange: exchange.peer},
}
