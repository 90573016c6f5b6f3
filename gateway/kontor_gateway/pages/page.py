"""What a hand-written route is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kontor_gateway.routes import Endpoint


@dataclass(frozen=True)
class Page:
    """Served for GET and HEAD unless `verb` says otherwise. `operation` is its operation object in the OpenAPI document; None: not
    part of the interface."""

    template: str
    endpoint: Endpoint
    operation: Mapping[str, Any] | None = None
    verb: str = "GET"
