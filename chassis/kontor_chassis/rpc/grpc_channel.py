"""The channel of the split profile: gRPC with deadlines, round robin, retries where they are safe, and an ear for silence."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import grpc
import orjson
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2

from kontor.type.v1 import rule_pb2
from kontor_chassis.errors import KontorError, Unavailable
from kontor_chassis.rpc.dispatch import Method
from kontor_chassis.rpc.silence import SilenceWatch
from kontor_chassis.rpc.status import from_rpc_error

R = TypeVar("R", bound=Message)

# Which service is meant, where one process serves several and a method is implemented by more than one of them.
SERVICE_KEY = "kontor-service"
_HEALTH_PATH = "/grpc.health.v1.Health/Check"
_HEALTH_SECONDS = 1.0
# A service is silent that answers nothing, not even for its health: a second after a call, for another second and a half. Together
# they stay below three, and a process that is only busy has long answered.
_PATIENCE_SECONDS = 1.0
_SILENCE_SECONDS = 1.5
# The name under which a process tells its readiness. Its plain health stays SERVING meanwhile: round robin must not drop a
# replica that can still read because the broker is away.
READINESS = "readiness"
# A raw mail of 25 MiB, or a hundred documents with 100,000 characters each.
MAX_MESSAGE_BYTES = 64 * 1024 * 1024
# An error with all its violations, a principal with all its groups. gRPC's own limit is 16 KiB; beyond it another error arrives.
MAX_METADATA_BYTES = 256 * 1024


class GrpcChannel:
    """`reads` are the full method names (`kontor.contacts.v1.PersonService/GetPerson`) that may be sent again when the
    service went away; writes are not, because the first one may have happened.

    A call may take its whole timeout as long as the service answers anything; where it has fallen silent the call is given up
    after `patience` seconds and the question whether it lives, as Unavailable. A write may have happened then or not.
    """

    def __init__(self, url: str, *, service: str = "", reads: Iterable[str] = (), patience: float = _PATIENCE_SECONDS) -> None:
        self._silence = SilenceWatch(self._answers, patience=patience)
        self._service = ((SERVICE_KEY, service),) if service else ()
        self._channel = grpc.aio.insecure_channel(url, options=_options(reads))
        self._methods: dict[str, Callable[..., Any]] = {}

    async def unary(self, path: str, request: Message, response_type: type[R], *, metadata: Mapping[str, str], timeout: float) -> R:
        method = self._methods.get(path)
        if method is None:
            method = self._methods[path] = self._channel.unary_unary(
                path, request_serializer=type(request).SerializeToString, response_deserializer=response_type.FromString
            )
        call = method(request, timeout=timeout, metadata=(*metadata.items(), *self._service))
        self._silence.begin(call)
        try:
            response: R = await call
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error) from error
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if self._silence.end(call) or (task is not None and task.cancelling()):
                raise
            raise Unavailable("A part of Kontor does not answer right now.", reason="SERVICE_UNAVAILABLE") from None
        finally:
            self._silence.end(call)
        return response

    async def _answers(self) -> bool:
        """Whether the service says anything at all. Refusing is an answer too: a process that stops finishes its calls."""
        ask = self._channel.unary_unary(
            _HEALTH_PATH,
            request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
            response_deserializer=health_pb2.HealthCheckResponse.FromString,
        )
        try:
            await ask(health_pb2.HealthCheckRequest(), timeout=_SILENCE_SECONDS)
        except grpc.aio.AioRpcError as error:
            return error.code() is not grpc.StatusCode.DEADLINE_EXCEEDED
        return True

    async def healthy(self, aspect: str = "") -> bool:
        """What the service answers to grpc.health.v1, within a second: whether it serves, or with `READINESS` whether it is ready."""
        try:
            request = health_pb2.HealthCheckRequest(service=aspect)
            answer = await self.unary(_HEALTH_PATH, request, health_pb2.HealthCheckResponse, metadata={}, timeout=_HEALTH_SECONDS)
        except KontorError:
            return False
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

    async def close(self) -> None:
        self._silence.close()
        await self._channel.close()


def safe_methods(methods: Iterable[Method]) -> list[str]:
    """Those that only read."""
    return [method.path[1:] for method in methods if method.rule.transaction == rule_pb2.TRANSACTION_READ]


def _options(reads: Iterable[str]) -> list[tuple[str, Any]]:
    names = [{"service": service, "method": method} for service, _, method in (name.partition("/") for name in reads)]
    config: dict[str, Any] = {"loadBalancingConfig": [{"round_robin": {}}]}
    if names:
        retry = {
            "maxAttempts": 3,
            "initialBackoff": "0.05s",
            "maxBackoff": "0.5s",
            "backoffMultiplier": 3,
            "retryableStatusCodes": ["UNAVAILABLE"],
        }
        config["methodConfig"] = [{"name": names, "retryPolicy": retry}]
    return [
        ("grpc.service_config", orjson.dumps(config).decode()),
        ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
        ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
        ("grpc.max_metadata_size", MAX_METADATA_BYTES),
        ("grpc.absolute_max_metadata_size", MAX_METADATA_BYTES),
        ("grpc.keepalive_time_ms", 20_000),
        ("grpc.keepalive_timeout_ms", 5_000),
        ("grpc.initial_reconnect_backoff_ms", 200),
        ("grpc.max_reconnect_backoff_ms", 2_000),
        ("grpc.dns_min_time_between_resolutions_ms", 2_000),
    ]
