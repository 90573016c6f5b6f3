"""Builds small descriptor sets for the tests of the proto tools."""

from collections.abc import Sequence
from typing import Any

from google.api import annotations_pb2, field_behavior_pb2
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    EnumValueDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    MethodDescriptorProto,
    ServiceDescriptorProto,
)

from kontor.type.v1 import rule_pb2

PACKAGE = "kontor.cars.v1"
KINDS = {
    "string": FieldDescriptorProto.TYPE_STRING,
    "int32": FieldDescriptorProto.TYPE_INT32,
    "int64": FieldDescriptorProto.TYPE_INT64,
    "bool": FieldDescriptorProto.TYPE_BOOL,
}


def field(name: str, kind: str, *, number: int = 0, json_name: str = "") -> FieldDescriptorProto:
    """`kind` is a scalar's name or a full message name, with `repeated ` before it where it is a list."""
    label = FieldDescriptorProto.LABEL_REPEATED if kind.startswith("repeated ") else FieldDescriptorProto.LABEL_OPTIONAL
    kind = kind.removeprefix("repeated ")
    built = FieldDescriptorProto(name=name, number=number, label=label, json_name=json_name or name)
    if kind in KINDS:
        built.type = KINDS[kind]
    else:
        built.type = FieldDescriptorProto.TYPE_MESSAGE
        built.type_name = f".{kind}"
    return built


def message(name: str, /, **fields: str) -> DescriptorProto:
    """A message with these fields, numbered in their order, that behave as the house rules want it."""
    built = [field(field_name, kind, number=number) for number, (field_name, kind) in enumerate(fields.items(), start=1)]
    for item in built:
        behaviour = _behaviour(item.name, in_request=name.endswith("Request"))
        if behaviour:
            item.options.Extensions[field_behavior_pb2.field_behavior].append(behaviour)
    return DescriptorProto(name=name, field=built)


def _behaviour(name: str, *, in_request: bool) -> "field_behavior_pb2.FieldBehavior.ValueType | None":
    if in_request:
        return field_behavior_pb2.REQUIRED if name in ("id", "car") else None
    return {"id": field_behavior_pb2.IDENTIFIER, "etag": field_behavior_pb2.OUTPUT_ONLY}.get(name)


def enum(name: str, *values: str) -> EnumDescriptorProto:
    built = [EnumValueDescriptorProto(name=value, number=number) for number, value in enumerate(values)]
    return EnumDescriptorProto(name=name, value=built)


def method(
    name: str, *, response: str, request: str = "", rule: dict[str, Any] | None = None, http: dict[str, str] | None = None
) -> MethodDescriptorProto:
    built = MethodDescriptorProto(name=name, input_type=f".{PACKAGE}.{request or name + 'Request'}", output_type=f".{PACKAGE}.{response}")
    if rule is not None:
        built.options.Extensions[rule_pb2.rule].CopyFrom(rule_pb2.MethodRule(**rule))
    for key, value in (http or {}).items():
        setattr(built.options.Extensions[annotations_pb2.http], key, value)
    return built


def file(
    *messages: DescriptorProto,
    methods: Sequence[MethodDescriptorProto] = (),
    enums: Sequence[EnumDescriptorProto] = (),
    package: str = PACKAGE,
    name: str = "",
) -> FileDescriptorSet:
    services = [ServiceDescriptorProto(name="CarService", method=methods)] if methods else []
    name = name or f"{package.replace('.', '/')}/cars.proto"
    built = FileDescriptorProto(name=name, package=package, message_type=messages, service=services, enum_type=enums)
    return FileDescriptorSet(file=[built])
