"""Whatever goes wrong further in becomes a problem document; the unknown is opaque outside and loud in the log."""

from collections.abc import Callable

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from kontor_chassis.errors import Internal, KontorError
from kontor_chassis.ids import new_id
from kontor_gateway.exchange import ClientGone, exchange_of
from kontor_gateway.middleware.lingering import answer_and_linger
from kontor_gateway.problems import new_place, problem

log = structlog.get_logger()


class ErrorAnswers:
    def __init__(self, app: ASGIApp, *, retry_after: int, new_incident: Callable[[], str] = new_id) -> None:
        self._app = app
        self._retry_after = retry_after
        self._new_incident = new_incident

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = exchange_of(scope)
        try:
            await self._app(scope, receive, send)
            return
        except ClientGone:
            exchange.status = 499
            return
        except KontorError as error:
            cause: KontorError = error
        except Exception as error:
            incident = self._new_incident()
            log.error("incident", incident=incident, method=exchange.route, exc_info=error)
            cause = Internal("", detail={"incident": incident})
        if exchange.status:
            # Half an answer is out; only cutting the connection tells the client that it is not whole.
            log.warning("answer_cut_off", route=exchange.route, reason=cause.reason)
            raise cause
        location = new_place(cause, exchange.raw_path, scope.get("query_string", b"")) if exchange.method in ("GET", "HEAD") else ""
        answer = problem(cause, request_id=exchange.request_id, retry_after=self._retry_after, location=location)
        if not scope.get("http_version", "1.1").startswith("1"):
            # Connections are not closed this way since HTTP/2 (RFC 9113 section 8.2.2).
            del answer.headers["connection"]
        if answer.headers.get("connection") == "close":
            await answer_and_linger(answer, scope, receive, send)
        else:
            await answer(scope, receive, send)
