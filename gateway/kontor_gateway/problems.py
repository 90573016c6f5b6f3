"""Errors as RFC 9457 problem documents, and the errors that only HTTP knows."""

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.responses import Response

from kontor_chassis.errors import Internal, InvalidArgument, KontorError, Moved, NotFound, ResourceExhausted

MEDIA_TYPE = "application/problem+json"
# Ends the names of details that hold JSON.
_JSON = "_json"
CHALLENGE = 'Bearer realm="kontor"'


class MethodNotAllowed(InvalidArgument):
    """`allowed` are the methods that the path has."""

    http_status = 405
    default_reason = "METHOD_NOT_ALLOWED"

    def __init__(self, allowed: frozenset[str]) -> None:
        super().__init__("The path does not have this method.")
        self.allow = allow(allowed)


class RequestTimeout(InvalidArgument):
    http_status = 408
    default_reason = "REQUEST_TIMEOUT"


class ContentTooLarge(InvalidArgument):
    http_status = 413
    default_reason = "CONTENT_TOO_LARGE"


class UnsupportedMediaType(InvalidArgument):
    http_status = 415
    default_reason = "UNSUPPORTED_MEDIA_TYPE"


def no_such_path() -> NotFound:
    return NotFound("There is nothing at this path.", reason="PATH_NOT_FOUND")


def allow(methods: frozenset[str]) -> str:
    """The value of Allow (RFC 9110 section 10.2.1)."""
    return ", ".join(sorted(methods | {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set())))


def problem(error: KontorError, *, request_id: str, retry_after: int, location: str = "") -> Response:
    """The answer that tells of `error`. What an Internal error says stays inside; its incident id is told. With a `location` it sends the
    client there (RFC 9110 section 15.4.8)."""
    status = 307 if location else error.http_status
    body: dict[str, Any] = {
        "type": f"urn:kontor:problem:{error.reason.lower().replace('_', '-')}",
        "title": error.reason.replace("_", " ").capitalize(),
        "status": status,
        "detail": "Something went wrong on our side." if isinstance(error, Internal) else error.message,
        "instance": request_id,
        "reason": error.reason,
        "errors": [{"field": violation.field, "message": violation.message} for violation in error.violations],
    }
    # RFC 9457 section 3.2: further members, here the values that belong to the reason. They never replace the ones above.
    content = {**_members(error.detail), **body}
    headers = {"Location": location, "Cache-Control": "no-store"} if location else _headers(error, retry_after)
    return Response(orjson.dumps(content), status_code=status, headers=headers, media_type=MEDIA_TYPE)


def new_place(error: KontorError, path: str, query: bytes) -> str:
    """The path at which what was asked for stands now: the same one with the id of the record that has taken its place. Empty where the
    error tells of none, or the path does not name the record."""
    if not isinstance(error, Moved):
        return ""
    before, after = (error.detail.get(name, "").rpartition("/")[2] for name in ("moved_from", "moved_to"))
    steps = path.split("/")
    moved = [after + step[len(before) :] if step.partition(":")[0] == before else step for step in steps]
    if not before or not after or moved == steps:
        return ""
    return "/".join(moved) + (f"?{query.decode('latin-1')}" if query else "")


def _members(detail: Mapping[str, str]) -> dict[str, Any]:
    """Values are text on their way; `duplicates_json` is told as `duplicates`, the JSON that it holds."""
    return {name.removesuffix(_JSON): orjson.loads(text) if name.endswith(_JSON) else text for name, text in detail.items()}


def _headers(error: KontorError, retry_after: int) -> Mapping[str, str]:
    match error.http_status:
        case 401:
            return {"WWW-Authenticate": f'{CHALLENGE}, error="invalid_token"' if error.reason == "INVALID_TOKEN" else CHALLENGE}
        case 405 if isinstance(error, MethodNotAllowed):
            return {"Allow": error.allow}
        case 408 | 413:
            # The rest of the body is not read; another request cannot follow on this connection.
            return {"Connection": "close"}
        case 503:
            return {"Retry-After": str(retry_after)}
        case 429 if isinstance(error, ResourceExhausted) and error.detail.get("retry_after", "").isdigit():
            return {"Retry-After": error.detail["retry_after"]}
        case _:
            return {}
