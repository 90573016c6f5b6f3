"""The services' descriptors: what can be called, and under which paths (google.api.http, AIP-127)."""

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass

from google.api import annotations_pb2, http_pb2
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor import Descriptor, MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message

from kontor.type.v1 import rule_pb2

_VERBS = ("get", "post", "patch", "delete", "put")


@dataclass(frozen=True)
class Binding:
    """One HTTP method and path under which a method is served."""

    # GET, POST …
    verb: str
    # `/v1/persons/{person.id}`
    template: str
    # The request field that the body is; `*` for all fields, empty for none.
    body: str


@dataclass(frozen=True)
class Method:
    """A method of a service that has a place in HTTP."""

    # Key of the channel: `contacts`.
    service: str
    # `/kontor.contacts.v1.PersonService/GetPerson`
    path: str
    descriptor: MethodDescriptor
    rule: rule_pb2.MethodRule
    bindings: tuple[Binding, ...]

    @property
    def name(self) -> str:
        name: str = self.descriptor.name
        return name

    @property
    def request_type(self) -> type[Message]:
        return message_factory.GetMessageClass(self.descriptor.input_type)

    @property
    def response_type(self) -> type[Message]:
        return message_factory.GetMessageClass(self.descriptor.output_type)


def services_of(service: str) -> list[ServiceDescriptor]:
    """The proto services in the package `kontor.<service>.v1`, by file and then in their order there.

    Imports the package's generated modules. Raises ModuleNotFoundError where there is no such package.
    """
    package = importlib.import_module(f"kontor.{service}.v1")
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__) if module.name.endswith("_pb2"))
    modules = [importlib.import_module(f"{package.__name__}.{name}") for name in names]
    return [descriptor for module in modules for descriptor in module.DESCRIPTOR.services_by_name.values()]


def methods_of(service: str) -> Iterator[Method]:
    """The methods of a service that have a place in HTTP. Raises ValueError where one may not have it."""
    for descriptor in services_of(service):
        for method in descriptor.methods:
            options = method.GetOptions()
            rule = options.Extensions[rule_pb2.rule]
            http = options.Extensions[annotations_pb2.http]
            bindings = tuple(_binding(one) for one in (http, *http.additional_bindings) if one.WhichOneof("pattern"))
            if bindings and rule.internal:
                raise ValueError(f"{method.full_name} is internal and must have no path")
            if bindings:
                yield Method(service, f"/{descriptor.full_name}/{method.name}", method, rule, bindings)


def _binding(http: http_pb2.HttpRule) -> Binding:
    verb = http.WhichOneof("pattern")
    if verb not in _VERBS or http.response_body:
        raise ValueError(f"custom verbs and response_body are not served: {http}")
    return Binding(verb.upper(), getattr(http, verb), http.body)


def message_type(full_name: str) -> Descriptor:
    """A message type by its full name; its file must have been imported."""
    return descriptor_pool.Default().FindMessageTypeByName(full_name)
