"""`/calendar/{secret}/tasks.ics`: a user's open tasks for any calendar program (RFC 5545), behind a secret address.

Programs ask every few minutes, so the usual answer is 304. A secret that identity does not know is answered 404, as is every
other address. Unknown query parameters are ignored, because some programs add their own.
"""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response
from starlette.types import Receive

from kontor.tasks.v1 import calendar_pb2
from kontor_chassis.errors import Unauthenticated
from kontor_chassis.rpc.channel import Channel
from kontor_gateway.authentication import Authenticator
from kontor_gateway.codec_query import parse_query
from kontor_gateway.conditions import is_known, none_match_tags, quoted
from kontor_gateway.exchange import Exchange
from kontor_gateway.pages.page import Page
from kontor_gateway.problems import no_such_path

GET_TASK_CALENDAR = "/kontor.tasks.v1.CalendarService/GetTaskCalendar"
_MAX_SECRET = 512


def task_calendar_pages(tasks: Channel, authenticator: Authenticator) -> list[Page]:
    async def serve(exchange: Exchange, receive: Receive) -> Response:
        secret = exchange.parameters["secret"]
        if len(secret) > _MAX_SECRET or not secret.isprintable():
            raise no_such_path()
        try:
            principal = await authenticator.principal_of_feed(secret, exchange)
        except Unauthenticated as error:
            raise no_such_path() from error
        if_none_match = exchange.header(b"if-none-match")
        answer = await tasks.unary(
            GET_TASK_CALENDAR,
            calendar_pb2.GetTaskCalendarRequest(if_none_match=_single_tag(if_none_match), style=_style(exchange)),
            calendar_pb2.GetTaskCalendarResponse,
            metadata=exchange.metadata(principal),
            timeout=exchange.remaining(),
        )
        # Programs may keep it, and ask whether it is still true each time.
        headers = {"ETag": quoted(answer.etag), "Cache-Control": "private, no-cache", "X-Robots-Tag": "noindex"}
        if answer.not_modified or is_known(answer.etag, if_none_match):
            return Response(status_code=304, headers=headers)
        headers["Content-Disposition"] = 'inline; filename="tasks.ics"'
        return Response(answer.calendar, headers=headers, media_type="text/calendar")

    return [Page("/calendar/{secret}/tasks.ics", serve, _OPERATION)]


def _single_tag(if_none_match: str | None) -> str:
    """The tag that tasks may answer "nothing new" to. Of several, none: the comparison is then done here."""
    tags = none_match_tags(if_none_match) if if_none_match else []
    return tags[0] if len(tags) == 1 and tags[0] != "*" else ""


def _style(exchange: Exchange) -> str:
    return dict(parse_query(exchange.scope.get("query_string", b""))).get("as", "").replace("\0", "")


_OPERATION: Mapping[str, Any] = {
    "operationId": "getTaskCalendar",
    "tags": ["Calendar"],
    "summary": "The open tasks of the user whose feed this is, as iCalendar.",
    "security": [],
    "parameters": [
        {"name": "secret", "in": "path", "required": True, "schema": {"type": "string"}, "description": "Of the calendar feed."},
        {
            "name": "as",
            "in": "query",
            "schema": {"type": "string", "enum": ["event", "todo"], "default": "event"},
            "description": "How tasks are written: as VEVENT or as VTODO.",
        },
        {"$ref": "#/components/parameters/IfNoneMatch"},
    ],
    "responses": {
        "200": {
            "description": "The calendar.",
            "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
            "content": {"text/calendar": {"schema": {"type": "string"}}},
        },
        "304": {"description": "Nothing new.", "headers": {"ETag": {"$ref": "#/components/headers/ETag"}}},
        "404": {"$ref": "#/components/responses/Problem"},
        "default": {"$ref": "#/components/responses/Problem"},
    },
}
