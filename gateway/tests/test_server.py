"""The same over a real connection: what servers add, cut and decode is not left to belief."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn

from kontor.contacts.v1 import persons_pb2

GET_PERSON = "/kontor.contacts.v1.PersonService/GetPerson"
CREATE_PERSON = "/kontor.contacts.v1.PersonService/CreatePerson"
AUTHORIZED = "Host: kontor.test\r\nAuthorization: Bearer session-token\r\n"


class Server(uvicorn.Server):
    """Tells when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()


@pytest.fixture(params=["httptools", "h11"])
async def connect(request: Any, gateway: Any) -> AsyncIterator[Any]:
    """Opens a connection to the gateway behind a real server."""
    config = uvicorn.Config(gateway.app, http=request.param, loop="asyncio", log_config=None, access_log=False, lifespan="on")
    server = Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = asyncio.create_task(server.serve([listener]))
        await server.listening.wait()
        writers: list[asyncio.StreamWriter] = []

        async def open_connection() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
            reader, writer = await asyncio.open_connection(*listener.getsockname())
            writers.append(writer)
            return reader, writer

        yield open_connection
        for writer in writers:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()
        server.should_exit = True
        await serving


async def answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    """Status and headers of the next answer."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
    return int(head[0].split()[1]), headers


async def test_a_connection_serves_head_get_and_304_one_after_the_other(gateway: Any, connect: Any) -> None:
    gateway.answer(GET_PERSON, lambda request: persons_pb2.Person(id=request.id, etag="3"))
    reader, writer = await connect()
    writer.write(f"HEAD /v1/persons/a%2Fb HTTP/1.1\r\n{AUTHORIZED}\r\n".encode())
    status, headers = await answer(reader)
    length = headers["content-length"]
    assert (status, headers["etag"]) == (200, '"3"')

    writer.write(f'GET /v1/persons/a%2Fb HTTP/1.1\r\n{AUTHORIZED}If-None-Match: "3"\r\n\r\n'.encode())
    assert (await answer(reader))[0] == 304

    writer.write(f"GET /v1/persons/a%2Fb HTTP/1.1\r\n{AUTHORIZED}\r\n".encode())
    status, headers = await answer(reader)
    assert (status, headers["content-length"]) == (200, length)
    assert b'"id":"a/b"' in await reader.readexactly(int(length))
    assert {call.request.id for call in gateway.calls(GET_PERSON)} == {"a/b"}


async def test_a_chunked_body_is_read_and_cut_at_the_limit(gateway: Any, connect: Any) -> None:
    gateway.answer(CREATE_PERSON, persons_pb2.Person(id="p1"))
    head = f"POST /v1/persons HTTP/1.1\r\n{AUTHORIZED}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    reader, writer = await connect()
    writer.write(head + b'7\r\n{"last_\r\na\r\nname":"x"}\r\n0\r\n\r\n')
    assert (await answer(reader))[0] == 201

    reader, writer = await connect()
    writer.write(head)
    for _ in range(5):
        writer.write(b"40000\r\n" + b" " * 0x40000 + b"\r\n")
    status, headers = await answer(reader)
    assert (status, headers["connection"]) == (413, "close")
    writer.write(b"0\r\n\r\n")
    with contextlib.suppress(ConnectionError):
        await reader.read()


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_client_that_sends_a_far_too_large_body_to_its_end_reads_the_problem(connect: Any, chunked: bool) -> None:
    size = 20 * 1024 * 1024
    framing = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {size}"
    reader, writer = await connect()
    writer.write(f"POST /v1/persons HTTP/1.1\r\n{AUTHORIZED}Content-Type: application/json\r\n{framing}\r\n\r\n".encode())
    piece = b" " * 65536
    for _ in range(size // len(piece)):
        writer.write(b"10000\r\n" + piece + b"\r\n" if chunked else piece)
        # A reset while writing raises here.
        await writer.drain()
    writer.write(b"0\r\n\r\n" if chunked else b"")
    status, headers = await answer(reader)
    assert (status, headers["content-type"]) == (413, "application/problem+json")
    assert b'"reason":"CONTENT_TOO_LARGE"' in await reader.readexactly(int(headers["content-length"]))
    assert await reader.read() == b""


async def test_a_client_that_waits_for_100_continue_is_refused_before_it_sends_its_body(connect: Any) -> None:
    reader, writer = await connect()
    writer.write(
        f"POST /v1/persons HTTP/1.1\r\n{AUTHORIZED}Content-Type: application/json\r\n"
        "Content-Length: 20000000\r\nExpect: 100-continue\r\n\r\n".encode()
    )
    status, headers = await answer(reader)
    assert status == 413
    assert b'"reason"' in await reader.readexactly(int(headers["content-length"]))


async def test_after_a_refusal_without_reading_the_body_the_connection_is_still_good(gateway: Any, connect: Any) -> None:
    gateway.answer(GET_PERSON, persons_pb2.Person())
    reader, writer = await connect()
    writer.write(b"POST /v1/persons HTTP/1.1\r\nHost: kontor.test\r\nContent-Length: 2\r\n\r\n{}")
    status, headers = await answer(reader)
    assert (status, headers["www-authenticate"]) == (401, 'bearer realm="kontor"')
    await reader.readexactly(int(headers["content-length"]))
    writer.write(f"GET /v1/persons/1 HTTP/1.1\r\n{AUTHORIZED}\r\n".encode())
    assert (await answer(reader))[0] == 200
