"""The middleware: the one path from any wire to a handler, the same over gRPC and in-process.

Per call: principal, scope, unit of work, idempotency, errors, trace, metrics. What a method needs stands in its proto
option `kontor.type.v1.rule`; handlers are plain functions `(request, session) → response`, or `(request, call)` for methods
that open their own sessions.
"""

import asyncio
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import Any

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from opentelemetry.trace import SpanKind
from prometheus_client import Histogram

from kontor.type.v1 import rule_pb2
from kontor_chassis.db import idempotency
from kontor_chassis.errors import PermissionDenied, Unauthenticated
from kontor_chassis.principal import METADATA_KEY, Principal
from kontor_chassis.rpc.status import no_such_method, opaque
from kontor_chassis.service import Context
from kontor_chassis.telemetry import span

_DURATION = Histogram(
    "kontor_rpc_seconds",
    "Time of a call in its service.",
    ["method", "code"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
_NOBODY = Principal(account_id="")


@dataclass(frozen=True)
class Call:
    """What a handler without a unit of work gets."""

    principal: Principal
    context: Context
    metadata: Mapping[str, str]


@dataclass(frozen=True)
class Method:
    path: str
    rule: rule_pb2.MethodRule
    handler: Callable[..., Any]
    request_type: type[Message]
    response_type: type[Message]


def snake_case(name: str) -> str:
    """`BatchGetDocuments` → `batch_get_documents`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def methods_of(service_name: str, module: ModuleType) -> list[Method]:
    """The methods of a proto service, with the functions of `module` that serve them.

    Raises LookupError where a function or a rule is missing: a service that starts serves everything it promises.
    """
    descriptor = descriptor_pool.Default().FindServiceByName(service_name)
    return [_method(service_name, module, method) for method in descriptor.methods]


def _method(service_name: str, module: ModuleType, descriptor: MethodDescriptor) -> Method:
    handler = getattr(module, snake_case(descriptor.name), None)
    rule = descriptor.GetOptions().Extensions[rule_pb2.rule]
    if handler is None or rule.transaction == rule_pb2.TRANSACTION_UNSPECIFIED or not (rule.scope or rule.public):
        raise LookupError(f"{module.__name__} does not serve {service_name}.{descriptor.name}, or it has no rule")
    return Method(
        path=f"/{service_name}/{descriptor.name}",
        rule=rule,
        handler=handler,
        request_type=message_factory.GetMessageClass(descriptor.input_type),
        response_type=message_factory.GetMessageClass(descriptor.output_type),
    )


class Dispatcher:
    """One service's methods, callable by path."""

    def __init__(self, context: Context) -> None:
        self.context = context
        services = context.service.rpc.items()
        self.methods = {method.path: method for name, module in services for method in methods_of(name, module)}

    async def call(self, path: str, request: Message, metadata: Mapping[str, str]) -> Message:
        """Serve one call. Raises errors of the tree only; a path that is not served raises Unavailable."""
        method = self.methods.get(path)
        if method is None:
            raise no_such_method()
        started = time.perf_counter()
        code = "OK"
        try:
            with span(path[1:], kind=SpanKind.SERVER, traceparent=metadata.get("traceparent", "")):
                return await self._serve(method, request, metadata)
        except asyncio.CancelledError:
            code = "CANCELLED"
            raise
        except Exception as error:
            answer = opaque(error, method=path)
            code = answer.code
            raise answer from error
        finally:
            _DURATION.labels(path, code).observe(time.perf_counter() - started)

    async def _serve(self, method: Method, request: Message, metadata: Mapping[str, str]) -> Message:
        principal = self._authorize(method, metadata)
        context = self.context
        if method.rule.transaction == rule_pb2.TRANSACTION_READ:
            return await context.database.read(self._read, method, request, principal)
        if method.rule.transaction == rule_pb2.TRANSACTION_WRITE:
            return await context.database.transact(self._write, method, request, principal)
        call = Call(principal=principal, context=context, metadata=metadata)
        if asyncio.iscoroutinefunction(method.handler):
            response: Message = await method.handler(request, call)
            return response
        return await asyncio.to_thread(method.handler, request, call)

    def _authorize(self, method: Method, metadata: Mapping[str, str]) -> Principal:
        token = metadata.get(METADATA_KEY)
        if token is None:
            if method.rule.public:
                return _NOBODY
            raise Unauthenticated("Sign in first.")
        principal = self.context.keyring.verify(token)
        if method.rule.public:
            return principal
        if method.rule.internal and not principal.service:
            raise PermissionDenied("Only services and operators may do this.")
        if method.rule.scope not in principal.scopes:
            raise PermissionDenied(
                f"This needs the scope {method.rule.scope}.", reason="SCOPE_MISSING", detail={"scope": method.rule.scope}
            )
        return principal

    def _read(self, method: Method, request: Message, principal: Principal) -> Message:
        with self.context.sessions.read(principal) as session:
            response: Message = method.handler(request, session)
            return response

    def _write(self, method: Method, request: Message, principal: Principal) -> Message:
        with self.context.sessions.write(principal) as session:
            return idempotency.once(
                session,
                method.path,
                request,
                method.response_type,
                partial(method.handler, request, session),
                secret=method.rule.secret_response,
            )
