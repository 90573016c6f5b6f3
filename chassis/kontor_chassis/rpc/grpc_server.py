"""Serves dispatchers over gRPC (grpc.aio), with health (grpc.health.v1) and reflection."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import grpc
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import aio as health
from grpc_reflection.v1alpha import reflection

from kontor_chassis.errors import KontorError
from kontor_chassis.rpc.dispatch import Dispatcher, Method
from kontor_chassis.rpc.grpc_channel import MAX_MESSAGE_BYTES, MAX_METADATA_BYTES, READINESS, SERVICE_KEY
from kontor_chassis.rpc.status import DETAILS_KEY, to_status


class GrpcServer:
    """One port for all dispatchers of a process. Raises OSError where it is taken."""

    def __init__(self, dispatchers: Sequence[Dispatcher], address: str) -> None:
        self._server = grpc.aio.server(
            options=[
                ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
                ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
                ("grpc.max_metadata_size", MAX_METADATA_BYTES),
                ("grpc.absolute_max_metadata_size", MAX_METADATA_BYTES),
                # Lets clients ping idle connections as often as our own do.
                ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
                ("grpc.keepalive_permit_without_calls", 1),
                # Two processes on one port would share its calls silently.
                ("grpc.so_reuseport", 0),
            ]
        )
        self._health = health.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        names = [health_pb2.DESCRIPTOR.services_by_name["Health"].full_name, reflection.SERVICE_NAME]
        by_proto: dict[str, list[Dispatcher]] = {}
        for dispatcher in dispatchers:
            for name in dispatcher.context.service.rpc:
                by_proto.setdefault(name, []).append(dispatcher)
        self._server.add_generic_rpc_handlers([_handlers(name, serving) for name, serving in by_proto.items()])
        names += by_proto
        reflection.enable_server_reflection(names, self._server)
        try:
            self.port = self._server.add_insecure_port(address)
        except RuntimeError as error:
            raise OSError(f"cannot listen on {address} (KONTOR_GRPC_PORT)") from error

    async def start(self) -> None:
        await self._server.start()

    async def set_serving(self, serving: bool) -> None:
        """What grpc.health.v1 answers; clients' round robin heeds it."""
        status = health_pb2.HealthCheckResponse.SERVING if serving else health_pb2.HealthCheckResponse.NOT_SERVING
        await self._health.set("", status)

    async def set_ready(self, ready: bool) -> None:
        """What grpc.health.v1 answers for `READINESS`."""
        status = health_pb2.HealthCheckResponse.SERVING if ready else health_pb2.HealthCheckResponse.NOT_SERVING
        await self._health.set(READINESS, status)

    async def stop(self, grace: float) -> None:
        """Refuse new calls, let running ones finish for `grace` seconds."""
        await self._server.stop(grace)


def _handlers(service_name: str, serving: Sequence[Dispatcher]) -> grpc.GenericRpcHandler:
    prefix = f"/{service_name}/"
    methods = {path: method for path, method in serving[0].methods.items() if path.startswith(prefix)}
    return grpc.method_handlers_generic_handler(
        service_name, {path.removeprefix(prefix): _handler(serving, method) for path, method in methods.items()}
    )


def _handler(serving: Sequence[Dispatcher], method: Method) -> "grpc.RpcMethodHandler[Any, Any]":
    return grpc.unary_unary_rpc_method_handler(
        _behaviour(serving, method.path),
        request_deserializer=method.request_type.FromString,
        response_serializer=method.response_type.SerializeToString,
    )


def _behaviour(serving: Sequence[Dispatcher], path: str) -> Callable[[Message, Any], Awaitable[Message]]:
    by_service = {dispatcher.context.service.name: dispatcher for dispatcher in serving}

    async def serve(request: Message, context: Any) -> Message:
        metadata = {key: value for key, value in context.invocation_metadata() if isinstance(value, str)}
        dispatcher = by_service.get(metadata.get(SERVICE_KEY, ""), serving[0])
        try:
            return await dispatcher.call(path, request, metadata)
        except KontorError as error:
            details = ((DETAILS_KEY, to_status(error).SerializeToString()),)
            await context.abort(getattr(grpc.StatusCode, error.code), error.message, trailing_metadata=details)
            raise

    return serve
