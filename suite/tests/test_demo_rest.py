"""The sample company's way through REST: patience with what passes, clear words for what does not (H8)."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import stamina

from kontor_suite.demo.rest import Caller, RestError, client_of, readiness, sign_in

Answer = Callable[[httpx.Request], httpx.Response]


@pytest.fixture(autouse=True)
def without_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3):
        yield


def served(*answers: httpx.Response | Exception) -> tuple[httpx.Client, list[httpx.Request]]:
    """A server that gives these answers one after the other, and what it was asked."""
    asked: list[httpx.Request] = []
    left = iter(answers)

    def serve(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        answer = next(left)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return client_of("http://kontor.example", transport=httpx.MockTransport(serve)), asked


def problem(status: int, /, **content: Any) -> httpx.Response:
    return httpx.Response(status, json=content)


@pytest.mark.parametrize(
    "passing",
    [problem(429), problem(503), httpx.Response(502), httpx.Response(504), httpx.ReadError("gone"), httpx.ConnectTimeout("slow")],
    ids=["429", "503", "502", "504", "connection lost", "no connection in time"],
)
def test_what_passes_is_asked_again_with_the_same_key(passing: httpx.Response | Exception) -> None:
    client, asked = served(passing, httpx.Response(201, json={"id": "1"}))
    assert Caller(client, "token").post("/v1/persons", {"last_name": "Vogel"}, key="demo-1") == {"id": "1"}
    assert [request.headers["Idempotency-Key"] for request in asked] == ["demo-1", "demo-1"]
    assert asked[0].content == asked[1].content
    assert asked[1].headers["Authorization"] == "Bearer token"


def test_patience_ends() -> None:
    client, asked = served(*[problem(503, detail="The database cannot be used right now.", reason="DATABASE_UNAVAILABLE")] * 3)
    with pytest.raises(RestError, match="503 The database cannot be used right now"):
        Caller(client, "token").get("/v1/me")
    assert len(asked) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 500])
def test_a_refusal_is_not_argued_with(status: int) -> None:
    client, asked = served(problem(status, detail="No.", reason="NO"))
    with pytest.raises(RestError) as raised:
        Caller(client, "token").post("/v1/persons", {}, key="demo-1")
    assert (raised.value.status, raised.value.reason, len(asked)) == (status, "NO", 1)


def test_a_refusal_names_the_fields() -> None:
    errors = [{"field": "emails[0].address", "message": "is not an e-mail address"}]
    client, _ = served(problem(400, detail="The request is wrong.", reason="INVALID_ARGUMENT", errors=errors))
    with pytest.raises(RestError) as raised:
        Caller(client, "token").post("/v1/persons", {}, key="demo-1")
    assert str(raised.value) == "POST /v1/persons: 400 The request is wrong. (emails[0].address is not an e-mail address)"


@pytest.mark.parametrize("body", ["<html>no</html>", "[]", '{"status": 400}', ""])
def test_a_refusal_that_is_no_problem_document_is_shown_as_it_is(body: str) -> None:
    client, _ = served(httpx.Response(400, text=body))
    with pytest.raises(RestError) as raised:
        Caller(client, "token").get("/v1/me")
    assert str(raised.value) == f"GET /v1/me: 400 {body}"


def test_lists_are_read_to_their_end() -> None:
    client, asked = served(
        httpx.Response(200, json={"users": [{"id": "1"}], "next_page_token": "more"}),
        httpx.Response(200, json={"users": [{"id": "2"}], "next_page_token": ""}),
    )
    assert [user["id"] for user in Caller(client, "token").every("/v1/users", "users")] == ["1", "2"]
    assert asked[1].url.params["page_token"] == "more"


def test_signing_in_names_the_account_only_where_one_is_given() -> None:
    client, asked = served(httpx.Response(201, json={"token": "a"}), httpx.Response(201, json={"token": "b"}))
    sign_in(client, "max@muster.example", "secret")
    sign_in(client, "max@muster.example", "secret", account="muster")
    assert b"account" not in asked[0].content
    assert b'"account":"muster"' in asked[1].content


def test_readiness_names_what_fails_and_is_asked_once() -> None:
    client, asked = served(problem(503, status="not ready", checks={"bus": "failing", "contacts.database": "ok"}))
    assert readiness(client) == {"bus": "failing"}
    assert len(asked) == 1


def test_a_suite_that_does_not_run_is_told_from_something_else_that_answers() -> None:
    nobody, _ = served(httpx.ConnectError("refused"))
    with pytest.raises(RestError, match="Nobody answers"):
        readiness(nobody)
    for answer in (httpx.Response(200, text="It works!"), httpx.Response(404, json={"error": "?"}), httpx.Response(200, json=[1])):
        other, _ = served(answer)
        with pytest.raises(RestError, match="is not Kontor"):
            readiness(other)
