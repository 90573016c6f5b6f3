"""The comments of the protos, which are the prose of the OpenAPI document."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from google.protobuf.descriptor_pb2 import DescriptorProto, EnumDescriptorProto, FileDescriptorProto, FileDescriptorSet

from kontor.type.v1 import money_pb2

# Numbers of the fields that paths in source info are made of (google/protobuf/descriptor.proto).
_FILE_MESSAGES, _FILE_ENUMS, _FILE_SERVICES = 4, 5, 6
_MESSAGE_FIELDS, _MESSAGE_MESSAGES, _MESSAGE_ENUMS = 2, 3, 4
_MEMBERS = 2
_Path = tuple[int, ...]


def load_comments() -> Mapping[str, str]:
    """By full name, the comment before every message, field, enum, value, service and method; without one: no entry.

    Reads the descriptor set that is shipped beside the generated code.
    """
    file = Path(money_pb2.__file__).parents[2] / "descriptors.binpb"
    comments: dict[str, str] = {}
    for proto in FileDescriptorSet.FromString(file.read_bytes()).file:
        if proto.package.startswith("kontor."):
            names = dict(_names(proto))
            for location in proto.source_code_info.location:
                name = names.get(tuple(location.path))
                text = _unwrapped(location.leading_comments)
                if name and text:
                    comments[name] = text
    return comments


def _names(proto: FileDescriptorProto) -> Iterator[tuple[_Path, str]]:
    yield from _message_names(proto.message_type, (_FILE_MESSAGES,), proto.package)
    yield from _enum_names(proto.enum_type, (_FILE_ENUMS,), proto.package)
    for index, service in enumerate(proto.service):
        name, path = f"{proto.package}.{service.name}", (_FILE_SERVICES, index)
        yield path, name
        yield from (((*path, _MEMBERS, number), f"{name}.{method.name}") for number, method in enumerate(service.method))


def _message_names(messages: Iterable[DescriptorProto], prefix: _Path, scope: str) -> Iterator[tuple[_Path, str]]:
    for index, message in enumerate(messages):
        name, path = f"{scope}.{message.name}", (*prefix, index)
        yield path, name
        yield from (((*path, _MESSAGE_FIELDS, number), f"{name}.{field.name}") for number, field in enumerate(message.field))
        yield from _message_names(message.nested_type, (*path, _MESSAGE_MESSAGES), name)
        yield from _enum_names(message.enum_type, (*path, _MESSAGE_ENUMS), name)


def _enum_names(enums: Iterable[EnumDescriptorProto], prefix: _Path, scope: str) -> Iterator[tuple[_Path, str]]:
    for index, enum in enumerate(enums):
        path = (*prefix, index)
        yield path, f"{scope}.{enum.name}"
        # Values stand beside their enum in protobuf's naming; the enum's name is put before them to tell equal words apart.
        yield from (((*path, _MEMBERS, number), f"{scope}.{enum.name}.{value.name}") for number, value in enumerate(enum.value))


def _unwrapped(comment: str) -> str:
    """The comment as one line; the protos break lines for the editor only."""
    return " ".join(comment.split())
