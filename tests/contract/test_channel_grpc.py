"""What only a wire can do: be cut, come back, be asked for its health and for its methods."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from kontor.contacts.v1 import persons_pb2
from kontor_chassis.errors import KontorError, Unauthenticated, Unavailable
from kontor_chassis.rpc.grpc_channel import GrpcChannel
from tests.contract.channel_harness import Wires, open_channel, open_wires

LIST_PERSONS = "contacts.v1.PersonService/ListPersons"
CREATE_PERSON = "contacts.v1.PersonService/CreatePerson"
FOR_STRANGERS = {
    f"/kontor.contacts.v1.PublicFormService/{name}"
    for name in ("GetPublicForm", "SubmitPublicForm", "GetFormConfirmation", "ConfirmFormSubmission")
}


@pytest.fixture
async def wires(tmp_path: Path) -> AsyncIterator[Wires]:
    async with open_wires("grpc", tmp_path) as opened:
        yield opened


async def list_persons(wires: Wires) -> persons_pb2.ListPersonsResponse:
    return await wires.call("contacts", LIST_PERSONS, persons_pb2.ListPersonsRequest(), persons_pb2.ListPersonsResponse)


async def create(wires: Wires) -> persons_pb2.Person:
    request = persons_pb2.CreatePersonRequest(person=persons_pb2.Person(last_name="Öztürk"))
    return await wires.call("contacts", CREATE_PERSON, request, persons_pb2.Person)


async def eventually_lists(wires: Wires) -> persons_pb2.ListPersonsResponse:
    async with asyncio.timeout(30):
        while True:
            try:
                return await list_persons(wires)
            except Unavailable:
                await asyncio.sleep(0.05)


async def test_a_service_that_is_away_is_unavailable_and_its_return_is_noticed(wires: Wires) -> None:
    await create(wires)
    await wires.stop_server()
    for attempt in (list_persons, create):
        with pytest.raises(Unavailable) as caught:
            await attempt(wires)
        assert caught.value.reason == "SERVICE_UNAVAILABLE"

    await wires.start_server()
    assert len((await eventually_lists(wires)).persons) == 1


async def test_a_service_that_never_was_is_unavailable(wires: Wires) -> None:
    port = wires.port
    await wires.stop_server()
    channel = GrpcChannel(f"127.0.0.1:{port}")
    with pytest.raises(Unavailable):
        await channel.unary(
            f"/kontor.{LIST_PERSONS}", persons_pb2.ListPersonsRequest(), persons_pb2.ListPersonsResponse, metadata={}, timeout=5
        )
    assert not await channel.healthy()
    await channel.close()


async def test_health_is_answered_to_anyone_and_follows_what_the_server_says(wires: Wires) -> None:
    assert wires.server is not None
    channel = open_channel(wires, "contacts")
    assert await channel.healthy()
    await wires.server.set_serving(False)
    assert not await channel.healthy()
    await wires.server.set_serving(True)
    assert await channel.healthy()
    await channel.close()

    async with grpc.aio.insecure_channel(f"127.0.0.1:{wires.port}") as plain:
        answer = await health_pb2_grpc.HealthStub(plain).Check(health_pb2.HealthCheckRequest())
    assert answer.status == health_pb2.HealthCheckResponse.SERVING


async def test_reflection_lists_what_is_served_to_anyone_and_calls_still_need_a_principal(wires: Wires) -> None:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{wires.port}") as plain:
        requests = iter([reflection_pb2.ServerReflectionRequest(list_services="")])
        answers = reflection_pb2_grpc.ServerReflectionStub(plain).ServerReflectionInfo(requests)
        names = {service.name async for answer in answers for service in answer.list_services_response.service}

    assert {"kontor.contacts.v1.PersonService", "kontor.sales.v1.DealService", "kontor.type.v1.DocumentSource"} <= names
    with pytest.raises(Unauthenticated):
        await wires.call("contacts", LIST_PERSONS, persons_pb2.ListPersonsRequest(), persons_pb2.ListPersonsResponse, token="")


async def test_every_method_but_health_and_reflection_refuses_strangers(wires: Wires) -> None:
    """Sent as a stranger would: without our client, and with bytes that are no message. What is for strangers finds nothing without the
    key of a web form."""
    async with grpc.aio.insecure_channel(f"127.0.0.1:{wires.port}") as plain:
        for harness in wires.harnesses.values():
            for path in harness.running.dispatcher.methods:
                with pytest.raises(grpc.aio.AioRpcError) as caught:
                    await plain.unary_unary(path)(b"", timeout=10)  # type: ignore[arg-type]
                refused = grpc.StatusCode.NOT_FOUND if path in FOR_STRANGERS else grpc.StatusCode.UNAUTHENTICATED
                assert caught.value.code() is refused, path
                with pytest.raises(grpc.aio.AioRpcError) as caught:
                    await plain.unary_unary(path)(b"\xff\xff\xff", timeout=10)  # type: ignore[arg-type]
                assert caught.value.code() in (grpc.StatusCode.UNKNOWN, grpc.StatusCode.UNAUTHENTICATED), path

    # And it still serves.
    assert not (await list_persons(wires)).persons


async def test_a_call_that_is_cut_in_the_middle_is_an_error_of_the_tree(wires: Wires) -> None:
    calls = [asyncio.create_task(create(wires)) for _ in range(20)]
    await asyncio.sleep(0)
    await wires.stop_server()
    results = await asyncio.gather(*calls, return_exceptions=True)

    assert all(isinstance(result, persons_pb2.Person | KontorError) for result in results), results
    await wires.start_server()
    present = len((await eventually_lists(wires)).persons)
    assert sum(isinstance(result, persons_pb2.Person) for result in results) <= present <= 20
