"""An HTTP request → the request message of a method, under one of its bindings.

| part of HTTP       | field of the request                                                              |
|--------------------|-----------------------------------------------------------------------------------|
| path variables     | the fields they name; the same field in the body must be equal or absent           |
| body               | the field named by `body`, or all fields for `*`                                  |
| keys of the body   | `update_mask`, by the fields' proto names (`from_date`, not `from`)               |
| query parameters   | every other field                                                                 |
| `If-Match`         | `etag`                                                                            |
| `Idempotency-Key`  | `request_id`                                                                      |
| the connection     | what `peculiar` says                                                              |
"""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from kontor_chassis.errors import invalid
from kontor_gateway import codec_text
from kontor_gateway.codec import json_name, object_reader, read
from kontor_gateway.codec_query import QueryReader, text_reader
from kontor_gateway.codec_values import Reader
from kontor_gateway.conditions import expected_etag
from kontor_gateway.descriptors import Binding, Method
from kontor_gateway.exchange import Exchange
from kontor_gateway.peculiar import CONNECTION_FIELDS, FIXED_FIELDS
from kontor_gateway.problems import UnsupportedMediaType
from kontor_gateway.router import VARIABLE

# Said by headers and by the keys of the body, so they cannot be said in body or query.
_HEADER_FIELDS = frozenset({"etag", "request_id", "update_mask"})
_KEY = re.compile(r"[\x21-\x7e]{1,128}")
_JSON = re.compile(r"application/(json|[a-z0-9.!#$&^_-]+\+json)[ \t]*(;.*)?", re.IGNORECASE)


class Translation:
    """The plan for one binding; its readers are made when it is first used. Raises ValueError where the binding names
    fields that do not exist."""

    def __init__(self, method: Method, binding: Binding) -> None:
        self.method = method
        self.binding = binding
        self.request_type = method.request_type
        self.input: Descriptor = method.descriptor.input_type
        fixed = FIXED_FIELDS.get(f"{binding.verb} {binding.template}")
        self._fixed_values = fixed.values if fixed else {}
        self._connection = CONNECTION_FIELDS.get(method.path, {})
        self.path_fields = [tuple(variable.split(".")) for variable in VARIABLE.findall(binding.template)]
        self._check()

    def _check(self) -> None:
        names = [*self._fixed_values, *self._connection, *([self.binding.body] if self.takes_body and not self.whole_body else [])]
        missing = [name for name in names if name not in self.input.fields_by_name]
        missing += [".".join(path) for path in self.path_fields if self._field_at(path) is None]
        if missing:
            raise ValueError(f"{self.binding.verb} {self.binding.template}: {self.input.full_name} has no {', '.join(missing)}")

    def _field_at(self, path: tuple[str, ...]) -> FieldDescriptor | None:
        descriptor: Descriptor | None = self.input
        field: FieldDescriptor | None = None
        for name in path:
            field = descriptor.fields_by_name.get(name) if descriptor else None
            descriptor = field.message_type if field else None
        return field

    @property
    def takes_body(self) -> bool:
        return bool(self.binding.body)

    @property
    def whole_body(self) -> bool:
        """The body is the request itself rather than one field of it."""
        return self.binding.body == "*"

    @property
    def body_type(self) -> Descriptor:
        """The type of the body; only where the binding takes one."""
        if self.whole_body:
            return self.input
        message_type = self.input.fields_by_name[self.binding.body].message_type
        assert message_type is not None
        return message_type

    @property
    def not_in_body(self) -> frozenset[str]:
        """Fields of the body's type that cannot be said in it."""
        return frozenset({*_HEADER_FIELDS, *self._connection, *self._fixed_values}) if self.whole_body else frozenset()

    def has(self, name: str) -> bool:
        """Whether the request has a field of this name."""
        return name in self.input.fields_by_name

    def query_fields(self) -> Iterator[FieldDescriptor]:
        """The fields that query parameters say."""
        if self.whole_body:
            return
        taken = {*_HEADER_FIELDS, *self._connection, *self._fixed_values, self.binding.body, *(path[0] for path in self.path_fields)}
        yield from (field for field in self.input.fields if field.name not in taken)

    def path_parameters(self) -> Iterator[tuple[str, FieldDescriptor]]:
        """The template's variables and the fields they say."""
        for path in self.path_fields:
            field = self._field_at(path)
            assert field is not None
            yield ".".join(path), field

    @cached_property
    def _path_readers(self) -> list[tuple[str, tuple[str, ...], str, Reader]]:
        return [(variable, tuple(variable.split(".")), json_name(field), text_reader(field)) for variable, field in self.path_parameters()]

    @cached_property
    def _query_reader(self) -> QueryReader:
        return QueryReader(list(self.query_fields()))

    @cached_property
    def _body_names(self) -> Mapping[str, str]:
        return {json_name(field): field.name for field in self.body_type.fields}

    @cached_property
    def _fixed(self) -> Mapping[str, Any]:
        return dict(object_reader(self.input)(dict(self._fixed_values)))

    def request(self, exchange: Exchange, body: bytes) -> Message:
        """The request message. Raises InvalidArgument naming every field, parameter or header that is wrong."""
        values = self._read_body(exchange, body) if self.takes_body else {}
        query: bytes = exchange.scope.get("query_string", b"")
        if query:
            values.update(self._query_reader.read(query))
        for variable, path, name, reader in self._path_readers:
            self._set_path(values, path, name, read(reader, exchange.parameters[variable], at=name))
        values.update(self._fixed)
        for name, say in self._connection.items():
            values[name] = say(exchange)
        self._read_headers(exchange, values)
        return self.request_type(**values)

    def _set_path(self, values: dict[str, Any], path: tuple[str, ...], name: str, value: Any) -> None:
        for step in path[:-1]:
            values = values.setdefault(step, {})
        if values.get(path[-1]) not in (None, "", value):
            raise invalid(name, "must be the same as in the path, or absent")
        values[path[-1]] = value

    def _read_body(self, exchange: Exchange, body: bytes) -> dict[str, Any]:
        if self.whole_body and not body:
            return {}
        content_type = exchange.header(b"content-type")
        if content_type and not _JSON.fullmatch(content_type):
            raise UnsupportedMediaType("The body must be application/json.")
        parsed = codec_text.parse(body)
        content = read(object_reader(self.body_type, self.not_in_body), parsed)
        codec_text.refuse_duplicates(body, parsed)
        if self.whole_body:
            return content  # type: ignore[no-any-return]
        values = {self.binding.body: content}
        if self.has("update_mask"):
            values["update_mask"] = self._update_mask(parsed)
        return values

    def _update_mask(self, parsed: Mapping[str, Any]) -> list[str]:
        """The fields that the body's keys name. Never empty, because an empty mask means every field (AIP-134)."""
        in_path = {path[-1] for path in self.path_fields}
        mask = [self._body_names[key] for key in parsed if self._body_names[key] not in in_path]
        if not mask:
            raise codec_text.malformed("names no field to change")
        return mask

    def _read_headers(self, exchange: Exchange, values: dict[str, Any]) -> None:
        if_match = exchange.header(b"if-match")
        if if_match is not None:
            if not self.has("etag"):
                raise invalid("If-Match", "is not possible here")
            values["etag"] = expected_etag(if_match)
        key = exchange.header(b"idempotency-key")
        if key is not None and self.has("request_id"):
            if not _KEY.fullmatch(key):
                raise invalid("Idempotency-Key", "must be 1 to 128 visible ASCII characters")
            values["request_id"] = key
