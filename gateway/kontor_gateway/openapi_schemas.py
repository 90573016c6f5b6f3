"""Schemas of messages for the OpenAPI document: true of what the codec writes and reads, which the tests prove.

A message has two: `Person` is what is answered (every field stands there), `PersonInput` what is accepted (most fields may be
absent or null, unknown ones are refused, read-only ones are ignored, and bounds are told).
"""

from collections.abc import Mapping
from typing import Any

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

from kontor_gateway.codec import json_name, map_value
from kontor_gateway.codec_values import enum_words, integer_range, is_float, is_integer, is_wide
from kontor_gateway.field_rules import bounds_of, is_immutable, is_read_only, is_required, is_resource
from kontor_gateway.openapi_forms import OWN_FORMS

Schema = dict[str, Any]
_TIME = {"type": "string", "format": "date-time", "examples": ["2026-05-01T09:30:00Z"]}
_DATE = {"type": "string", "format": "date", "examples": ["2026-05-01"]}
_FIXED = "Cannot be changed later."
_NULL: Schema = {"type": "null"}


class Schemas:
    """Collects the components that are referred to."""

    def __init__(self, comments: Mapping[str, str]) -> None:
        self._comments = comments
        self.components: dict[str, Schema] = {}
        self._owners: dict[str, str] = {}

    def output(self, message: Descriptor) -> Schema:
        """A reference to what is answered."""
        name = self._claim(message)
        if name not in self.components:
            form = OWN_FORMS.get(message.full_name)
            self.components[name] = {}
            self.components[name] = form(exact=True) if form else self._output_object(message)
        return _ref(name)

    def input(self, message: Descriptor) -> Schema:
        """A reference to what is accepted."""
        name = self._claim(message) + "Input"
        if name not in self.components:
            form = OWN_FORMS.get(message.full_name)
            self.components[name] = {}
            self.components[name] = form(exact=False) if form else self.input_object(message)
        return _ref(name)

    def input_object(self, message: Descriptor, *, without: frozenset[str] = frozenset()) -> Schema:
        """What is accepted, written out, leaving the named fields away."""
        fields = [field for field in message.fields if field.name not in without]
        properties = {json_name(field): self._described(field, self._input_field(field)) for field in fields}
        schema = {**self._description(message.full_name), "type": "object", "properties": properties, "additionalProperties": False}
        # A resource is changed in parts: what making it needs is said there.
        required = [] if is_resource(message) else [name for name in self.mandatory(message) if name in properties]
        return {**schema, "required": required} if required else schema

    def parameter(self, field: FieldDescriptor) -> Schema:
        """What is accepted in a path or query."""
        return _bounded(field, _plain(self._value(field, self.input)))

    def mandatory(self, message: Descriptor) -> list[str]:
        """The JSON names of the fields without which a record cannot be made."""
        return [json_name(field) for field in message.fields if is_required(field) and not is_read_only(field)]

    def comment(self, full_name: str) -> str:
        return self._comments.get(full_name, "")

    def _output_object(self, message: Descriptor) -> Schema:
        properties = {json_name(field): self._described(field, self._output_field(field)) for field in message.fields}
        return {**self._description(message.full_name), "type": "object", "properties": properties, "required": list(properties)}

    def _output_field(self, field: FieldDescriptor) -> Schema:
        entry = map_value(field)
        if entry is not None:
            return _map(self._value(entry, self.output))
        value = self._value(field, self.output)
        if field.is_repeated:
            return {"type": "array", "items": value}
        nullable = field.has_presence or field.enum_type is not None
        return _or_null(value) if nullable else value

    def _input_field(self, field: FieldDescriptor) -> Schema:
        entry = map_value(field)
        if entry is not None:
            return _or_null(_map(self._value(entry, self.input)))
        value = _bounded(field, self._value(field, self.input))
        return value if is_required(field) else _or_null(value)

    def _value(self, field: FieldDescriptor, of_message: Any) -> Schema:
        if field.message_type is not None:
            special = {"google.protobuf.Timestamp": _TIME, "google.type.Date": _DATE}.get(field.message_type.full_name)
            return dict(special or of_message(field.message_type))
        if field.enum_type is not None:
            return self._enum(field.enum_type)
        return _scalar(field)

    def _enum(self, enum: EnumDescriptor) -> Schema:
        name = self._claim(enum)
        if name not in self.components:
            words = enum_words(enum)
            told = [(word, self.comment(f"{enum.full_name}.{enum.values_by_number[number].name}")) for word, number in words.items()]
            lines = [self.comment(enum.full_name), *(f"- `{word}`: {text}" for word, text in told if text)]
            description = "\n".join(line for line in lines if line)
            self.components[name] = {
                "type": "string",
                "enum": list(words),
                **({"description": description} if description else {}),
            }
        return _ref(name)

    def _described(self, field: FieldDescriptor, schema: Schema) -> Schema:
        comment = " ".join(text for text in (self.comment(field.full_name), _FIXED if is_immutable(field) else "") if text)
        return {**schema, **({"description": comment} if comment else {}), **({"readOnly": True} if is_read_only(field) else {})}

    def _description(self, full_name: str) -> Schema:
        comment = self.comment(full_name)
        return {"description": comment} if comment else {}

    def _claim(self, type_: Descriptor | EnumDescriptor) -> str:
        """The component's name: the type's own, with the service before it where two services use the same."""
        service: str = type_.full_name.split(".")[1]
        for name in (type_.name, service.capitalize() + type_.name):
            if self._owners.setdefault(name, type_.full_name) == type_.full_name:
                return str(name)
        raise ValueError(f"no name is left for {type_.full_name}")


def _map(value: Schema) -> Schema:
    return {"type": "object", "additionalProperties": value}


def _bounded(field: FieldDescriptor, value: Schema) -> Schema:
    """The schema of one value or, of a repeated field, of the list, within the field's bounds."""
    bounds = bounds_of(field)
    least = bounds.min_length or (1 if is_required(field) and value.get("type") == "string" else 0)
    value = {
        **value,
        **({"minimum": bounds.minimum} if bounds.HasField("minimum") else {}),
        **({"maximum": bounds.maximum} if bounds.HasField("maximum") else {}),
        **({"minLength": least} if least else {}),
        **({"maxLength": bounds.max_length} if bounds.max_length else {}),
    }
    if not field.is_repeated:
        return value
    return {"type": "array", "items": value, **({"maxItems": bounds.max_items} if bounds.max_items else {})}


def _scalar(field: FieldDescriptor) -> Schema:
    if is_wide(field):
        return {"type": ["integer", "string"], "format": "int64"}
    if is_integer(field):
        lowest, highest = integer_range(field)
        return {"type": "integer", "minimum": lowest, "maximum": highest}
    if is_float(field):
        return {"type": "number"}
    if field.type == FieldDescriptor.TYPE_BOOL:
        return {"type": "boolean"}
    if field.type == FieldDescriptor.TYPE_BYTES:
        return {"type": "string", "contentEncoding": "base64"}
    return {"type": "string", "format": "uuid"} if field.name == "id" else {"type": "string"}


def _or_null(schema: Schema) -> Schema:
    if "$ref" in schema:
        return {"anyOf": [schema, _NULL]}
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return {**schema, "type": [*types, "null"]}


def _plain(schema: Schema) -> Schema:
    """In a path or query a 64-bit integer is digits."""
    return {**schema, "type": "integer"} if isinstance(schema.get("type"), list) else schema


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}
