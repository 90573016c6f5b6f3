"""Large, slow and broken requests harm nobody (H4)."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from kontor.contacts.v1 import persons_pb2
from kontor_chassis.errors import DeadlineExceeded, Internal

CREATE_PERSON = "/kontor.contacts.v1.PersonService/CreatePerson"
GET_PERSON = "/kontor.contacts.v1.PersonService/GetPerson"
JSON = {"Content-Type": "application/json"}


def padded(size: int) -> bytes:
    return b'{"last_name":"x"' + b" " * (size - 17) + b"}"


async def in_pieces(content: bytes, size: int = 1000) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_up_to_the_limit_is_read_and_a_larger_one_is_413(make_gateway: Any, chunked: bool) -> None:
    gateway = make_gateway(body_limit=4096)
    gateway.answer(CREATE_PERSON, persons_pb2.Person())
    for size, status in ((4096, 201), (4097, 413), (100_000, 413)):
        content: Any = in_pieces(padded(size)) if chunked else padded(size)
        response = await gateway.client.post("/v1/persons", content=content, headers=JSON)
        assert response.status_code == status
    assert response.json()["limit"] == "4096"
    assert response.headers["connection"] == "close"
    assert len(gateway.calls(CREATE_PERSON)) == 1


@pytest.mark.parametrize("length", ["9" * 5000, "1048577"])
async def test_a_told_length_is_believed_where_it_is_too_large_before_anything_is_read(gateway: Any, length: str) -> None:
    response = await gateway.client.post("/v1/persons", content=b"{}", headers={**JSON, "Content-Length": length})
    assert response.status_code == 413


@pytest.mark.parametrize("length", ["2", "-1", "many", "\xb2"])
async def test_a_told_length_is_not_believed_otherwise(make_gateway: Any, length: str) -> None:
    gateway = make_gateway(body_limit=1024)
    headers = {**JSON, "Content-Length": length.encode("latin-1")}
    assert (await gateway.client.post("/v1/persons", content=padded(2000), headers=headers)).status_code == 413


async def test_a_body_that_does_not_arrive_is_408(make_gateway: Any) -> None:
    gateway = make_gateway(body_timeout=0.01)

    async def dawdling() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    response = await gateway.client.post("/v1/persons", content=dawdling(), headers=JSON)
    assert (response.status_code, response.json()["reason"]) == (408, "REQUEST_TIMEOUT")
    assert response.headers["connection"] == "close"


async def test_a_request_that_takes_too_long_is_504(make_gateway: Any) -> None:
    gateway = make_gateway(request_timeout=0.01)
    gateway.answer(GET_PERSON, lambda request: asyncio.Event().wait())
    response = await gateway.client.get("/v1/persons/1")
    assert (response.status_code, response.json()["reason"]) == (504, "DEADLINE_EXCEEDED")


async def test_a_call_gets_the_time_that_is_left(make_gateway: Any) -> None:
    gateway = make_gateway(request_timeout=7.0)
    gateway.answer(GET_PERSON, DeadlineExceeded("The service took too long."))
    assert (await gateway.client.get("/v1/persons/1")).status_code == 504
    assert 0 < gateway.calls(GET_PERSON)[0].timeout <= 7.0


async def test_a_time_out_of_something_else_is_not_mistaken_for_the_deadline(gateway: Any) -> None:
    gateway.answer(GET_PERSON, TimeoutError())
    assert (await gateway.client.get("/v1/persons/1")).status_code == 500


class Connection:
    """The server's side of one request, to do what no client library does."""

    def __init__(self, *received: Any, http_version: str = "1.1") -> None:
        self.received = list(received)
        self.sent: list[Any] = []
        self.scope = {
            "type": "http",
            "http_version": http_version,
            "method": "POST",
            "path": "/v1/persons",
            "raw_path": b"/v1/persons",
            "query_string": b"",
            "headers": [(b"authorization", b"Bearer session-token"), (b"content-type", b"application/json")],
            "scheme": "https",
            "client": None,
        }

    async def receive(self) -> Any:
        return self.received.pop(0)

    async def send(self, message: Any) -> None:
        self.sent.append(message)


async def test_a_client_that_hangs_up_gets_no_answer_and_no_service_is_asked(gateway: Any) -> None:
    connection = Connection({"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"})
    await gateway.app(connection.scope, connection.receive, connection.send)
    assert connection.sent == []
    assert not gateway.calls(CREATE_PERSON)


async def test_an_answer_that_breaks_off_cuts_the_connection(gateway: Any) -> None:
    gateway.answer(CREATE_PERSON, persons_pb2.Person())

    class Broken(Connection):
        async def send(self, message: Any) -> None:
            if message["type"] == "http.response.body":
                raise OSError("the network is gone")
            await super().send(message)

    connection = Broken({"type": "http.request", "body": b"{}", "more_body": False})
    with pytest.raises(Internal):
        await gateway.app(connection.scope, connection.receive, connection.send)
    assert [message["type"] for message in connection.sent] == ["http.response.start"]


async def test_what_is_still_sent_after_a_refusal_is_dropped_up_to_a_bound(make_gateway: Any) -> None:
    gateway = make_gateway(body_limit=1024)
    piece = {"type": "http.request", "body": b" " * 2**20, "more_body": True}
    connection = Connection(*[piece] * 40)
    await gateway.app(connection.scope, connection.receive, connection.send)
    assert [message["type"] for message in connection.sent] == ["http.response.start", "http.response.body", "http.response.body"]
    assert (connection.sent[1]["more_body"], connection.sent[2]["more_body"]) == (True, False)
    # 1 MiB told that it is too large, 32 MiB were dropped.
    assert len(connection.received) == 7


async def test_connection_headers_are_not_sent_over_http_2(make_gateway: Any) -> None:
    gateway = make_gateway(body_limit=1024)
    connection = Connection({"type": "http.request", "body": b" " * 2000, "more_body": True}, http_version="2")
    await gateway.app(connection.scope, connection.receive, connection.send)
    assert connection.sent[0]["status"] == 413
    assert b"connection" not in dict(connection.sent[0]["headers"])
