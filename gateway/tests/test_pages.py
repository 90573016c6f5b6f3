"""The hand-written routes: health, documents, the calendar, raw mails (D12, H1, I2)."""

import asyncio
from typing import Any

import pytest

from kontor.mail.v1 import messages_pb2
from kontor.tasks.v1 import calendar_pb2
from kontor_chassis.errors import InvalidArgument, NotFound, Unavailable

CALENDAR = "/kontor.tasks.v1.CalendarService/GetTaskCalendar"
RAW = "/kontor.mail.v1.MessageService/GetRawMessage"
AUTHENTICATE = "/kontor.identity.v1.SessionService/Authenticate"
ID = "01890a5d-ac96-774b-bcce-b302099a8057"
FEED = "/calendar/feed-secret/tasks.ics"


@pytest.fixture(autouse=True)
def nobody_is_signed_in(gateway: Any) -> None:
    del gateway.client.headers["authorization"]


async def test_healthz_says_alive_whatever_else_is_broken(make_gateway: Any) -> None:
    async def broken() -> dict[str, str]:
        raise RuntimeError

    response = await make_gateway(readiness=broken).client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "alive"})


async def test_readyz_says_ready_with_every_check(gateway: Any) -> None:
    response = await gateway.client.get("/readyz")
    assert (response.status_code, response.json()) == (200, {"status": "ready", "checks": {"contacts": "ok"}})


async def test_readyz_says_which_check_fails(make_gateway: Any) -> None:
    async def half() -> dict[str, str]:
        return {"contacts": "ok", "bus": "cannot be reached"}

    response = await make_gateway(readiness=half).client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {"status": "not ready", "checks": {"contacts": "ok", "bus": "cannot be reached"}}


async def test_readyz_is_not_ready_when_the_checks_fail_or_hang(make_gateway: Any) -> None:
    async def broken() -> dict[str, str]:
        raise RuntimeError("secret address")

    async def hanging() -> dict[str, str]:
        await asyncio.Event().wait()
        return {}

    response = await make_gateway(readiness=broken).client.get("/readyz")
    assert (response.status_code, response.json()["checks"]) == (503, {"readiness": "failed"})
    response = await make_gateway(readiness=hanging, readiness_timeout=0.01).client.get("/readyz")
    assert (response.status_code, response.json()["checks"]) == (503, {"readiness": "no answer within 0.01 seconds"})


async def test_metrics_are_text_for_prometheus(gateway: Any) -> None:
    response = await gateway.client.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain; version=")
    assert "kontor_http_seconds_bucket" in response.text


async def test_the_calendar_is_served_to_whoever_knows_the_secret(gateway: Any) -> None:
    gateway.answer(CALENDAR, calendar_pb2.GetTaskCalendarResponse(etag="e1", calendar=b"BEGIN:VCALENDAR\r\n"))
    response = await gateway.client.get(f"{FEED}?as=todo&nocache=1")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/calendar; charset=utf-8"
    assert response.headers["etag"] == '"e1"'
    assert response.headers["cache-control"] == "private, no-cache"
    assert response.content == b"BEGIN:VCALENDAR\r\n"
    (call,) = gateway.calls(CALENDAR)
    assert call.request == calendar_pb2.GetTaskCalendarRequest(style="todo")
    assert call.metadata["kontor-principal"] == "principal of feed-secret"


@pytest.mark.parametrize(
    ("header", "passed", "not_modified", "status"),
    [
        ('"e1"', "e1", True, 304),
        ('W/"e1"', "e1", True, 304),
        ('"e0", "e1"', "", False, 304),
        ("*", "", False, 304),
        ('"e0"', "e0", False, 200),
        ("garbage", "", False, 200),
    ],
)
async def test_a_calendar_that_the_reader_has_is_304(gateway: Any, header: str, passed: str, not_modified: bool, status: int) -> None:
    calendar = b"" if not_modified else b"BEGIN:VCALENDAR\r\n"
    gateway.answer(CALENDAR, calendar_pb2.GetTaskCalendarResponse(etag="e1", calendar=calendar, not_modified=not_modified))
    response = await gateway.client.get(FEED, headers={"If-None-Match": header})
    assert (response.status_code, response.headers["etag"]) == (status, '"e1"')
    assert bool(response.content) == (status == 200)
    assert gateway.asked(CALENDAR).if_none_match == passed


async def test_the_head_of_a_calendar_has_its_version_and_length(gateway: Any) -> None:
    gateway.answer(CALENDAR, calendar_pb2.GetTaskCalendarResponse(etag="e1", calendar=b"12345"))
    response = await gateway.client.head(FEED)
    assert (response.headers["etag"], response.headers["content-length"], response.content) == ('"e1"', "5", b"")


@pytest.mark.parametrize("secret", ["unknown", "x" * 513, "a%00b", "%0A", "session.token"])
async def test_an_unknown_secret_is_404_as_any_other_path(gateway: Any, secret: str) -> None:
    response = await gateway.client.get(f"/calendar/{secret}/tasks.ics")
    assert (response.status_code, response.json()["reason"]) == (404, "PATH_NOT_FOUND")
    assert not gateway.services["tasks"].calls


async def test_errors_behind_a_calendar_are_problems(gateway: Any) -> None:
    gateway.answer(CALENDAR, InvalidArgument("as: must be event or todo"))
    assert (await gateway.client.get(f"{FEED}?as=x")).status_code == 400
    gateway.answer(AUTHENTICATE, Unavailable("x"))
    assert (await gateway.client.get("/calendar/other/tasks.ics")).status_code == 503


async def test_a_raw_mail_is_a_download_and_never_a_page(gateway: Any) -> None:
    gateway.answer(RAW, messages_pb2.RawMessage(content=b"Subject: \xff<script>\r\n\r\n"))
    response = await gateway.client.get(f"/v1/messages/{ID}/raw", headers={"Authorization": "Bearer session-token"})
    assert response.status_code == 200
    assert response.headers["content-type"] == "message/rfc822"
    assert response.headers["content-disposition"] == f'attachment; filename="message-{ID}.eml"'
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.content == b"Subject: \xff<script>\r\n\r\n"
    assert gateway.asked(RAW).id == ID


async def test_a_raw_mail_needs_a_token_and_a_message(gateway: Any) -> None:
    assert (await gateway.client.get(f"/v1/messages/{ID}/raw")).status_code == 401
    gateway.answer(RAW, NotFound("There is no such message."))
    response = await gateway.client.get(f"/v1/messages/{ID}/raw", headers={"Authorization": "Bearer session-token"})
    assert response.status_code == 404


async def test_the_name_of_a_download_is_never_what_the_client_wrote(gateway: Any) -> None:
    gateway.answer(RAW, messages_pb2.RawMessage(content=b"x"))
    response = await gateway.client.get("/v1/messages/a%22%0d%0ab/raw", headers={"Authorization": "Bearer session-token"})
    assert response.headers["content-disposition"] == 'attachment; filename="message.eml"'


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/docs", "text/html; charset=utf-8"),
        ("/docs/docs.js", "text/javascript; charset=utf-8"),
        ("/docs/swagger-ui.css", "text/css; charset=utf-8"),
        ("/docs/swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
        ("/docs/favicon-32x32.png", "image/png"),
        ("/docs/openapi.json", "application/json"),
    ],
)
async def test_the_docs_come_from_here_under_a_strict_policy(gateway: Any, path: str, media_type: str) -> None:
    response = await gateway.client.get(path)
    assert (response.status_code, response.headers["content-type"]) == (200, media_type)
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "http" not in policy


async def test_the_docs_page_names_only_files_that_are_served(gateway: Any) -> None:
    page = (await gateway.client.get("/docs")).text
    names = [part.split('"')[0] for part in page.replace('src="', 'href="').split('href="')[1:]]
    assert len(names) == 4
    for name in names:
        assert (await gateway.client.get(name)).status_code == 200
    assert "://" not in page


async def test_nothing_else_of_the_bundle_is_served(gateway: Any) -> None:
    for path in ("/docs/index.html", "/docs/..%2f..%2f__init__.py", "/docs/"):
        assert (await gateway.client.get(path)).status_code == 404
