"""A service that takes connections and answers nothing is Unavailable long before the call's own deadline (R17)."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator

import pytest

from kontor.contacts.v1 import persons_pb2 as pb
from kontor_chassis.errors import Unavailable
from kontor_chassis.rpc.grpc_channel import GrpcChannel
from tests.architecture.tree import ROOT

# Longer than a test may take: with it a call that waits its deadline out fails the test.
FOR_EVER = 3600.0
GET = "kontor.contacts.v1.PersonService/GetPerson"
CREATE = "kontor.contacts.v1.PersonService/CreatePerson"


@pytest.fixture
def hole() -> Iterator[int]:
    """The port of a socket that takes what comes and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.fixture
async def stopped() -> AsyncIterator[tuple[int, int]]:
    """Port and process id of a real server, for tests to stop."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.contract.silent_process", stdout=asyncio.subprocess.PIPE, cwd=ROOT
    )
    assert process.stdout is not None
    yield int(await process.stdout.readline()), process.pid
    process.kill()
    await process.wait()


async def call(channel: GrpcChannel, method: str) -> pb.Person:
    request = pb.GetPersonRequest(id="1") if method == GET else pb.CreatePersonRequest()
    return await channel.unary(f"/{method}", request, pb.Person, metadata={}, timeout=FOR_EVER)


async def heard(channel: GrpcChannel) -> None:
    async with asyncio.timeout(30):
        while not await channel.healthy():  # noqa: ASYNC110 - another process has no event for us
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("method", [GET, CREATE])
async def test_a_hole_in_the_network_is_unavailable(hole: int, method: str) -> None:
    channel = GrpcChannel(f"127.0.0.1:{hole}", reads=[GET])
    with pytest.raises(Unavailable) as caught:
        await call(channel, method)
    assert caught.value.reason == "SERVICE_UNAVAILABLE"
    await channel.close()


async def test_a_stopped_process_is_unavailable_to_all_that_wait_and_is_heard_again_when_it_goes_on(stopped: tuple[int, int]) -> None:
    port, process_id = stopped
    channel = GrpcChannel(f"127.0.0.1:{port}", reads=[GET])
    await heard(channel)

    os.kill(process_id, signal.SIGSTOP)
    results = await asyncio.gather(*(call(channel, method) for method in (GET, CREATE, GET)), return_exceptions=True)
    assert [type(result) for result in results] == [Unavailable] * 3

    os.kill(process_id, signal.SIGCONT)
    await heard(channel)
    # It serves nothing but health, and says so: it is heard.
    with pytest.raises(Unavailable) as caught:
        await call(channel, GET)
    assert caught.value.reason == "METHOD_UNKNOWN"
    await channel.close()


async def test_whoever_cancels_a_call_to_a_silent_service_sees_it_cancelled(hole: int) -> None:
    channel = GrpcChannel(f"127.0.0.1:{hole}")
    waiting = asyncio.create_task(call(channel, GET))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await call(channel, GET)
    await channel.close()
