"""Messages to JSON and back, planned once per message type from its descriptor.

JSON names are the proto's snake_case names, except where the proto gives another `json_name` (`from` for `from_date`). What is
written has a stable shape: every scalar stands there, repeated fields are lists, unset messages and unspecified enums are null.
What is read is checked whole: unknown keys, wrong types and ranges are refused, each with its path; null means unset.

A map from texts to single values is an object.

Plans are made when a type is first used, so importing costs nothing. Message types must not contain themselves, and other maps
have no JSON form; both are said when the plan is made.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from operator import attrgetter, itemgetter
from typing import Any

import orjson
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from kontor_chassis.errors import FieldViolation, InvalidArgument
from kontor_gateway.codec_custom import read_custom_values, write_custom_values
from kontor_gateway.codec_faults import MAX_FAULTS, Refused, shortened
from kontor_gateway.codec_json import read_json, write_json
from kontor_gateway.codec_money import read_money, write_money
from kontor_gateway.codec_times import read_date, read_time, write_date, write_time
from kontor_gateway.codec_values import (
    Reader,
    Writer,
    enum_reader,
    enum_writer,
    integer_reader,
    is_float,
    is_integer,
    is_wide,
    read_boolean,
    read_bytes,
    read_float,
    read_text,
    write_bytes,
    write_wide_integer,
)

ObjectWriter = Callable[[Message], dict[str, Any]]
ObjectReader = Callable[[Any], dict[str, Any]]

# Messages with a JSON form of their own.
_READERS: Mapping[str, Reader] = {
    "google.protobuf.Timestamp": read_time,
    "google.type.Date": read_date,
    "kontor.type.v1.JsonValue": read_json,
    "kontor.type.v1.CustomValues": read_custom_values,
    "kontor.type.v1.Money": read_money,
}
_WRITERS: Mapping[str, Writer] = {
    "google.protobuf.Timestamp": write_time,
    "google.type.Date": write_date,
    "kontor.type.v1.JsonValue": write_json,
    "kontor.type.v1.CustomValues": write_custom_values,
    "kontor.type.v1.Money": write_money,
}


def json_name(field: FieldDescriptor) -> str:
    """The field's key in JSON: its name, unless the proto says `json_name` other than protoc's own camelCase."""
    head, *tail = field.name.split("_")
    default = head + "".join(word[:1].upper() + word[1:] for word in tail)
    name: str = field.name if field.json_name == default else field.json_name
    return name


def write(message: Message) -> bytes:
    """The message as JSON."""
    return orjson.dumps(object_writer(message.DESCRIPTOR)(message), option=orjson.OPT_UTC_Z)


def read(reader: Reader, value: Any, *, at: str = "") -> Any:
    """What `reader` makes of a parsed JSON value. Raises InvalidArgument that names every wrong field, as a path below `at`."""
    try:
        return reader(value)
    except Refused as refused:
        faults = refused.below(at) if at else refused.faults
        violations = [FieldViolation(path or "body", message) for path, message in faults[:MAX_FAULTS]]
        first = violations[0]
        more = f" (and {len(violations) - 1} more)" if len(violations) > 1 else ""
        raise InvalidArgument(f"{first.field}: {first.message}{more}", violations=violations) from None


@cache
def object_writer(descriptor: Descriptor) -> ObjectWriter:
    """The plan that turns messages of this type into what orjson writes."""
    fields = list(descriptor.fields)
    if not fields:
        return lambda message: {}
    keys = [json_name(field) for field in fields]
    get_all = attrgetter(*(field.name for field in fields))
    get = get_all if len(fields) > 1 else lambda message: (get_all(message),)
    always = [(key, writer) for key, field in zip(keys, fields, strict=True) if not field.has_presence and (writer := _field_writer(field))]
    maybe = [(key, field.name, _field_writer(field)) for key, field in zip(keys, fields, strict=True) if field.has_presence]

    def write_object(message: Message) -> dict[str, Any]:
        values: dict[str, Any] = dict(zip(keys, get(message)))  # noqa: B905 (equal by construction, and this is the hot path)
        for key, writer in always:
            values[key] = writer(values[key])
        for key, name, optional_writer in maybe:
            if not message.HasField(name):
                values[key] = None
            elif optional_writer:
                values[key] = optional_writer(values[key])
        return values

    return write_object


def _field_writer(field: FieldDescriptor) -> Writer | None:
    """None: the value is JSON already."""
    entry = map_value(field)
    if entry is not None:
        return _map_writer(_value_writer(entry))
    writer = _value_writer(field)
    if not field.is_repeated:
        return writer
    if writer is None:
        return itemgetter(slice(None))
    # Asking first is cheaper than iterating over nothing, and most lists are empty.
    return lambda values: [writer(value) for value in values] if values else []


def _map_writer(writer: Writer | None) -> Writer:
    if writer is None:
        return dict
    return lambda values: {key: writer(value) for key, value in values.items()}


def _value_writer(field: FieldDescriptor) -> Writer | None:
    if field.message_type is not None:
        return _WRITERS.get(field.message_type.full_name) or object_writer(field.message_type)
    if field.enum_type is not None:
        return enum_writer(field.enum_type)
    if field.type == FieldDescriptor.TYPE_BYTES:
        return write_bytes
    return write_wide_integer if is_wide(field) else None


@cache
def object_reader(descriptor: Descriptor, without: frozenset[str] = frozenset()) -> ObjectReader:
    """The plan that turns parsed JSON into the keyword arguments of the type's constructor. `without` are the names of fields
    that cannot be said in JSON here (because the path, a header or the gateway says them)."""
    fields = {json_name(field): (field.name, field_reader(field)) for field in descriptor.fields if field.name not in without}

    def read_object(value: Any) -> dict[str, Any]:
        if type(value) is not dict:
            raise Refused("must be an object")
        values: dict[str, Any] = {}
        faults: list[tuple[str, str]] = []
        for key, item in value.items():
            known = fields.get(key)
            if known is None:
                faults.append((shortened(key), "is not a known field"))
            elif item is not None:
                try:
                    values[known[0]] = known[1](item)
                except Refused as refused:
                    faults.extend(refused.below(key))
            if len(faults) >= MAX_FAULTS:
                break
        if faults:
            raise Refused("is refused", faults=faults)
        return values

    return read_object


def field_reader(field: FieldDescriptor) -> Reader:
    """Reads a field's whole value; where it is repeated, a list, and where it is a map, an object."""
    entry = map_value(field)
    if entry is not None:
        return _map_reader(value_reader(entry))
    reader = value_reader(field)
    if not field.is_repeated:
        return reader

    def read_list(value: Any) -> list[Any]:
        if type(value) is not list:
            raise Refused("must be a list")
        try:
            return [reader(item) for item in value]
        except Refused:
            # Rare, so the fast way above need not know its index.
            raise Refused("is refused", faults=_list_faults(reader, value)) from None

    return read_list


def _map_reader(reader: Reader) -> Reader:
    def read_map(value: Any) -> dict[str, Any]:
        if type(value) is not dict:
            raise Refused("must be an object")
        values: dict[str, Any] = {}
        faults: list[tuple[str, str]] = []
        for key, item in value.items():
            try:
                values[read_text(key)] = reader(item)
            except Refused as refused:
                faults.extend(refused.below(shortened(key)))
            if len(faults) >= MAX_FAULTS:
                break
        if faults:
            raise Refused("is refused", faults=faults)
        return values

    return read_map


def _list_faults(reader: Reader, values: Iterable[Any]) -> list[tuple[str, str]]:
    faults: list[tuple[str, str]] = []
    for index, item in enumerate(values):
        try:
            reader(item)
        except Refused as refused:
            faults.extend(refused.below(f"[{index}]"))
            if len(faults) >= MAX_FAULTS:
                break
    return faults


def value_reader(field: FieldDescriptor) -> Reader:
    """Reads one value of a field, whether it is repeated or not."""
    if field.message_type is not None:
        return _READERS.get(field.message_type.full_name) or object_reader(field.message_type)
    if field.enum_type is not None:
        return enum_reader(field.enum_type)
    if is_integer(field):
        return integer_reader(field)
    if is_float(field):
        return read_float
    return {FieldDescriptor.TYPE_BOOL: read_boolean, FieldDescriptor.TYPE_BYTES: read_bytes}.get(field.type, read_text)


def map_value(field: FieldDescriptor) -> FieldDescriptor | None:
    """The field that holds the values of a map; None where the field is none. Raises TypeError for a map that has no JSON form here."""
    if field.message_type is None or not field.message_type.GetOptions().map_entry:
        return None
    key, value = (field.message_type.fields_by_name[name] for name in ("key", "value"))
    if key.type != FieldDescriptor.TYPE_STRING or value.message_type is not None:
        raise TypeError(f"{field.full_name} is a map other than from texts to single values, which has no JSON form here")
    return value
