"""What would break programs that speak the released protos: `make check`.

Compares protos/gen/kontor/descriptors.binpb with the one in the newest release tag (`v*`). Adding is free; what was released
keeps its number, name, type and path (AIP-180). Exit status 1 with one line per break.
"""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from google.api import annotations_pb2
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorSet,
    MethodDescriptorProto,
)

ROOT = Path(__file__).resolve().parent.parent
DESCRIPTORS = "protos/gen/kontor/descriptors.binpb"


def breaks(released: FileDescriptorSet, present: FileDescriptorSet) -> list[str]:
    """What of `released` is gone or different in `present`, packages `kontor.…` only."""
    messages, enums, methods = _messages(present), _enums(present), _methods(present)
    found: list[str] = []
    for name, message in _messages(released).items():
        found += _message_breaks(name, message, messages.get(name))
    for name, enum in _enums(released).items():
        found += _enum_breaks(name, enum, enums.get(name))
    for name, method in _methods(released).items():
        found += _method_breaks(name, method, methods.get(name))
    return found


def _message_breaks(name: str, old: DescriptorProto, new: DescriptorProto | None) -> Iterator[str]:
    if new is None:
        yield f"{name}: the message is gone"
        return
    by_number = {field.number: field for field in new.field}
    by_name = {field.name: field for field in new.field}
    for field in old.field:
        same = by_number.get(field.number)
        if same is None and field.name in by_name:
            yield f"{name}.{field.name}: its number changed from {field.number} to {by_name[field.name].number}"
        elif same is None:
            yield f"{name}.{field.name}: the field is gone (number {field.number})"
        else:
            for what, before, now in _field_differences(old, field, new, same):
                yield f"{name}.{field.name}: its {what} changed from {before} to {now}"


def _field_differences(
    old_owner: DescriptorProto, old: FieldDescriptorProto, new_owner: DescriptorProto, new: FieldDescriptorProto
) -> Iterator[tuple[str, str, str]]:
    pairs = {
        "name": (old.name, new.name),
        "JSON name": (old.json_name, new.json_name),
        "type": (_type(old), _type(new)),
        "oneof": (_oneof(old_owner, old), _oneof(new_owner, new)),
    }
    return ((what, before, now) for what, (before, now) in pairs.items() if before != now)


def _enum_breaks(name: str, old: EnumDescriptorProto, new: EnumDescriptorProto | None) -> Iterator[str]:
    if new is None:
        yield f"{name}: the enum is gone"
        return
    numbers = {value.name: value.number for value in new.value}
    for value in old.value:
        if value.name not in numbers:
            yield f"{name}.{value.name}: the value is gone (number {value.number})"
        elif numbers[value.name] != value.number:
            yield f"{name}.{value.name}: its number changed from {value.number} to {numbers[value.name]}"


def _method_breaks(name: str, old: MethodDescriptorProto, new: MethodDescriptorProto | None) -> Iterator[str]:
    if new is None:
        yield f"{name}: the method is gone"
        return
    if old.input_type != new.input_type:
        yield f"{name}: its request changed from {old.input_type[1:]} to {new.input_type[1:]}"
    if old.output_type != new.output_type:
        yield f"{name}: its response changed from {old.output_type[1:]} to {new.output_type[1:]}"
    if (old.client_streaming, old.server_streaming) != (new.client_streaming, new.server_streaming):
        yield f"{name}: its streaming changed"
    kept = _routes(new)
    for route in _routes(old):
        if route not in kept:
            yield f"{name}: its route {route} is gone"


def _messages(files: FileDescriptorSet) -> dict[str, DescriptorProto]:
    return {name: item for name, item in _walk(files) if isinstance(item, DescriptorProto)}


def _enums(files: FileDescriptorSet) -> dict[str, EnumDescriptorProto]:
    return {name: item for name, item in _walk(files) if isinstance(item, EnumDescriptorProto)}


def _methods(files: FileDescriptorSet) -> dict[str, MethodDescriptorProto]:
    return {
        f"{file.package}.{service.name}.{method.name}": method
        for file in files.file
        if file.package.startswith("kontor.")
        for service in file.service
        for method in service.method
    }


def _walk(files: FileDescriptorSet) -> Iterator[tuple[str, DescriptorProto | EnumDescriptorProto]]:
    """Every message and enum with its full name, nested ones too."""
    for file in files.file:
        if not file.package.startswith("kontor."):
            continue
        yield from ((f"{file.package}.{enum.name}", enum) for enum in file.enum_type)
        waiting = [(f"{file.package}.{message.name}", message) for message in file.message_type]
        while waiting:
            name, message = waiting.pop()
            yield name, message
            yield from ((f"{name}.{enum.name}", enum) for enum in message.enum_type)
            waiting += [(f"{name}.{inner.name}", inner) for inner in message.nested_type]


def _type(field: FieldDescriptorProto) -> str:
    name = field.type_name[1:] or FieldDescriptorProto.Type.Name(field.type).removeprefix("TYPE_").lower()
    return f"repeated {name}" if field.label == FieldDescriptorProto.LABEL_REPEATED else name


def _oneof(owner: DescriptorProto, field: FieldDescriptorProto) -> str:
    return owner.oneof_decl[field.oneof_index].name if field.HasField("oneof_index") else "none"


def _routes(method: MethodDescriptorProto) -> list[str]:
    http = method.options.Extensions[annotations_pb2.http]
    routes = []
    for item in (http, *http.additional_bindings):
        verb = item.WhichOneof("pattern")
        if verb:
            routes.append(f"{verb.upper()} {getattr(item, verb)} with body {item.body or 'none'}")
    return routes


def newest_release(root: Path) -> str | None:
    """The newest release tag, pre-releases before their release; None where nothing is released yet."""
    tags = _git(root, "-c", "versionsort.suffix=-", "tag", "--list", "v[0-9]*", "--sort=-version:refname").decode().split()
    return tags[0] if tags else None


def released_descriptors(root: Path, tag: str) -> FileDescriptorSet:
    return FileDescriptorSet.FromString(_git(root, "show", f"{tag}:{DESCRIPTORS}"))


def _git(root: Path, *arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True).stdout


def check(root: Path) -> Mapping[str, list[str]]:
    """The breaks since the newest release, by its tag; empty where nothing is released yet."""
    tag = newest_release(root)
    if tag is None:
        return {}
    present = FileDescriptorSet.FromString((root / DESCRIPTORS).read_bytes())
    return {tag: breaks(released_descriptors(root, tag), present)}


def main() -> None:
    try:
        checked = check(ROOT)
    except subprocess.CalledProcessError as error:
        sys.exit(error.stderr.decode())
    if not checked:
        print("nothing released yet")
    for tag, found in checked.items():
        for text in found:
            print(f"since {tag}: {text}")
        if found:
            sys.exit(1)


if __name__ == "__main__":
    main()
