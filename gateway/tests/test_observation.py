"""Every request can be followed, and nothing secret is written down (I4)."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import structlog.testing
from opentelemetry import trace
from prometheus_client import REGISTRY

from kontor.contacts.v1 import persons_pb2
from kontor_chassis.ids import is_id

GET_PERSON = "/kontor.contacts.v1.PersonService/GetPerson"


@pytest.mark.parametrize("sent", ["abc", "A-1_b.C", "x" * 64])
async def test_a_sane_request_id_is_kept(gateway: Any, sent: str) -> None:
    assert (await gateway.client.get("/v1/persons/1", headers={"X-Request-Id": sent})).headers["x-request-id"] == sent


@pytest.mark.parametrize("sent", [None, "", "x" * 65, "two words", "ü", "a\tb", "<script>"])
async def test_without_a_sane_one_a_request_id_is_made(gateway: Any, sent: str | None) -> None:
    headers = {} if sent is None else {"X-Request-Id": sent.encode("latin-1")}
    assert is_id((await gateway.client.get("/v1/persons/1", headers=headers)).headers["x-request-id"])


@pytest.mark.parametrize("path", ["/healthz", "/v1/nothing", "/v1/persons/1", "/v1/openapi.json"])
async def test_every_answer_carries_security_headers(gateway: Any, path: str) -> None:
    headers = (await gateway.client.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers.get("cache-control") == ("no-store" if path.startswith("/v1/") else None)
    assert "strict-transport-security" not in headers


async def test_over_tls_browsers_are_told_to_stay_there(gateway: Any) -> None:
    response = await gateway.client.get("https://kontor.test/healthz")
    assert "max-age=" in response.headers["strict-transport-security"]


@pytest.fixture
def logs() -> Iterator[list[Any]]:
    with structlog.testing.capture_logs() as captured:
        yield captured


async def test_the_access_log_tells_what_happened(gateway: Any, logs: list[Any]) -> None:
    gateway.answer(GET_PERSON, persons_pb2.Person())
    response = await gateway.client.get("/v1/persons/1?", headers={"X-Request-Id": "r-1"})
    (entry,) = logs
    assert {key: entry[key] for key in ("event", "log_level", "method", "route", "path", "status", "bytes", "peer")} == {
        "event": "http_request",
        "log_level": "info",
        "method": "GET",
        "route": "/v1/persons/{id}",
        "path": "/v1/persons/1",
        "status": 200,
        "bytes": len(response.content),
        "peer": "192.0.2.7",
    }


async def test_secrets_in_paths_and_headers_reach_neither_log_nor_metrics(gateway: Any, logs: list[Any]) -> None:
    await gateway.client.get("/calendar/very-secret/tasks.ics?as=very-secret")
    await gateway.client.get("/calendar/very-secret/tasks.icz")
    await gateway.client.get("/v1/persons/1", headers={"Authorization": "Bearer very-secret"})
    assert len(logs) == 3
    assert "very-secret" not in repr(logs)
    assert "very-secret" not in (await gateway.client.get("/metrics")).text


async def test_machines_that_ask_all_the_time_stay_out_of_the_log(gateway: Any, logs: list[Any]) -> None:
    await gateway.client.get("/healthz")
    assert [entry["log_level"] for entry in logs] == ["debug"]


async def test_requests_are_measured_by_route(gateway: Any) -> None:
    labels = {"method": "GET", "route": "/v1/persons/{id}", "status": "404"}
    before = REGISTRY.get_sample_value("kontor_http_seconds_count", labels) or 0.0
    from kontor_chassis.errors import NotFound

    gateway.answer(GET_PERSON, NotFound("There is no such person."))
    await gateway.client.get("/v1/persons/7")
    assert REGISTRY.get_sample_value("kontor_http_seconds_count", labels) == before + 1
    text = (await gateway.client.get("/metrics")).text
    assert 'kontor_http_seconds_count{method="GET",route="/v1/persons/{id}",status="404"}' in text


async def test_odd_methods_and_paths_make_no_new_series(gateway: Any) -> None:
    await gateway.client.request("BREW", "/coffee/7")
    labels = {"method": "OTHER", "route": "unmatched", "status": "404"}
    assert REGISTRY.get_sample_value("kontor_http_seconds_count", labels)


async def test_a_trace_that_the_caller_began_is_passed_on(gateway: Any) -> None:
    gateway.answer(GET_PERSON, persons_pb2.Person())
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    await gateway.client.get("/v1/persons/1", headers={"traceparent": parent})
    passed = gateway.calls(GET_PERSON)[0].metadata["traceparent"]
    assert re.fullmatch(r"00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01", passed)


async def test_the_answer_is_made_inside_of_the_requests_span(gateway: Any) -> None:
    seen: list[trace.SpanContext] = []

    def answer(request: Any) -> Any:
        seen.append(trace.get_current_span().get_span_context())
        return persons_pb2.Person()

    gateway.answer(GET_PERSON, answer)
    headers = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
    await gateway.client.get("/v1/persons/1", headers=headers)
    assert f"{seen[0].trace_id:032x}" == "0af7651916cd43dd8448eb211c80319c"


@pytest.mark.parametrize("traceparent", ["", "garbage", "00-0-0-00"])
async def test_a_malformed_trace_is_ignored(gateway: Any, traceparent: str) -> None:
    gateway.answer(GET_PERSON, persons_pb2.Person())
    assert (await gateway.client.get("/v1/persons/1", headers={"traceparent": traceparent})).status_code == 200
