"""The parts of the OpenAPI document that are the same for all operations."""

from typing import Any

Schema = dict[str, Any]

PREAMBLE = """\
The interface of Kontor. Names are snake_case, ids are UUIDv7 in lower case, times are RFC 3339 in UTC, dates are dates.
Enumerated values are lower-case words. Integers beyond 2^53 − 1 are strings.

**Answers** have a stable shape: every field stands there; null means that it has no value. **Requests** may leave fields away
or send null; unknown fields are refused. Read-only fields may be sent back and are ignored. `PATCH` changes the fields whose
keys stand in the body; a list is replaced as a whole.

**Lists** come in pages: send `next_page_token` of one page as `page_token` for the next, with the same filters. It is empty on
the last page.

**Writing safely**: a write with the header `Idempotency-Key` can be sent again without happening twice. With `If-Match` and
the `ETag` that was read, a change is refused with 412 where somebody else was faster.

**Merged records**: reading an id that was merged into another record answers 307 with `Location`, every other method 404; both
tell `moved_to`.

**Errors** are problem documents (RFC 9457). `reason` is for programs; `errors` name the fields, as paths into the body
(`emails[0].address`), query parameters or headers.
"""

SECURITY: Schema = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "The token of a session (`POST /v1/sessions`), or an API key."}
}
HEADERS: Schema = {
    "ETag": {"description": "The version of the record, for If-Match.", "schema": {"type": "string"}, "example": '"3"'},
    "Location": {"description": "The path of the new record.", "schema": {"type": "string"}},
}
PARAMETERS: Schema = {
    "IfMatch": {
        "name": "If-Match",
        "in": "header",
        "description": "The ETag that was read; with another version the answer is 412. `*`: any version.",
        "schema": {"type": "string"},
        "example": '"3"',
    },
    "IfNoneMatch": {
        "name": "If-None-Match",
        "in": "header",
        "description": "The ETag of the copy that the client has; the answer is 304 where it is still true.",
        "schema": {"type": "string"},
        "example": '"3"',
    },
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "Chosen by the client, new for every intention: the same key again gives the same answer again; with another "
        "request it is refused with 422.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[!-~]+$"},
    },
}
RESPONSES: Schema = {
    "Moved": {
        "description": "Merged into another record; `moved_to` tells which.",
        "headers": {"Location": {"description": "Where it is.", "schema": {"type": "string"}}},
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    },
    "Problem": {
        "description": "Refused, or failed; the document says why.",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    },
}


def problem_schema() -> Schema:
    fault = {
        "type": "object",
        "properties": {"field": {"type": "string", "examples": ["emails[0].address"]}, "message": {"type": "string"}},
        "required": ["field", "message"],
    }
    properties: Schema = {
        "type": {"type": "string", "format": "uri", "description": "The reason as a URN.", "examples": ["urn:kontor:problem:not-found"]},
        "title": {"type": "string", "description": "The reason in words."},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What went wrong this time, for people."},
        "instance": {"type": "string", "description": "The id of the request, as in X-Request-Id."},
        "reason": {"type": "string", "description": "For programs; stable.", "examples": ["NOT_FOUND"]},
        "errors": {"type": "array", "items": fault},
    }
    return {
        "type": "object",
        "description": "RFC 9457. Further members belong to the reason, such as `etag`, `scope` or `incident`.",
        "properties": properties,
        "required": list(properties),
    }
