"""Single values between JSON and protocol buffers: text, numbers, yes/no, bytes and enums.

A reader takes what the JSON parser made and gives what a message's constructor takes, or raises Refused. A writer does the
opposite and trusts the message.

64-bit integers are JSON numbers as far as every reader of JSON can hold them (2^53 − 1, RFC 8259 section 6), decimal strings
beyond; both are read. Other integers are numbers only. Bytes are base64 (RFC 4648 section 4).
"""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from typing import Any

from google.protobuf.descriptor import EnumDescriptor, FieldDescriptor

from kontor_gateway.codec_faults import Refused

Reader = Callable[[Any], Any]
Writer = Callable[[Any], Any]

SAFE_INTEGER = 2**53 - 1
_DECIMAL = re.compile(r"-?[0-9]{1,20}")
_RANGES: Mapping[int, tuple[int, int]] = {
    FieldDescriptor.TYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.TYPE_SINT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.TYPE_SFIXED32: (-(2**31), 2**31 - 1),
    FieldDescriptor.TYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.TYPE_FIXED32: (0, 2**32 - 1),
    FieldDescriptor.TYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.TYPE_SINT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.TYPE_SFIXED64: (-(2**63), 2**63 - 1),
    FieldDescriptor.TYPE_UINT64: (0, 2**64 - 1),
    FieldDescriptor.TYPE_FIXED64: (0, 2**64 - 1),
}
_FLOATS = frozenset({FieldDescriptor.TYPE_DOUBLE, FieldDescriptor.TYPE_FLOAT})


def is_integer(field: FieldDescriptor) -> bool:
    return field.type in _RANGES


def is_wide(field: FieldDescriptor) -> bool:
    """Whether the field holds integers that JSON numbers cannot."""
    return field.type in _RANGES and _RANGES[field.type][1] > SAFE_INTEGER


def is_float(field: FieldDescriptor) -> bool:
    return field.type in _FLOATS


def integer_range(field: FieldDescriptor) -> tuple[int, int]:
    return _RANGES[field.type]


def read_text(value: Any) -> str:
    if type(value) is not str:
        raise Refused("must be a string")
    # PostgreSQL's text cannot hold it.
    if "\0" in value:
        raise Refused("must not contain the character NUL")
    return value


def read_boolean(value: Any) -> bool:
    if type(value) is not bool:
        raise Refused("must be true or false")
    return value


def read_bytes(value: Any) -> bytes:
    if type(value) is not str:
        raise Refused("must be a string in base64")
    try:
        return base64.b64decode(value.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise Refused("must be a string in base64") from error


def write_bytes(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


def read_float(value: Any) -> float:
    if type(value) not in (int, float):
        raise Refused("must be a number")
    return float(value)


def integer_reader(field: FieldDescriptor) -> Reader:
    lowest, highest = _RANGES[field.type]
    wide = is_wide(field)

    def read_integer(value: Any) -> int:
        number = int(value) if wide and type(value) is str and _DECIMAL.fullmatch(value) else value
        if type(number) is not int:
            # The parser makes a float of an integer that is beyond 64 bits; that is out of range as well.
            raise Refused("must be an integer")
        if not lowest <= number <= highest:
            raise Refused(f"must be between {lowest} and {highest}")
        return number

    return read_integer


def write_wide_integer(value: int) -> int | str:
    return value if -SAFE_INTEGER <= value <= SAFE_INTEGER else str(value)


def enum_words(enum: EnumDescriptor) -> dict[str, int]:
    """The words of an enum in JSON: lower case, without the prefix that all its values share, without `unspecified`."""
    prefix = enum.values_by_number[0].name.removesuffix("UNSPECIFIED")
    return {value.name.removeprefix(prefix).lower(): value.number for value in enum.values if value.number != 0}


def enum_reader(enum: EnumDescriptor) -> Reader:
    words = enum_words(enum)
    refusal = f"must be one of {', '.join(words)}"

    def read_enum(value: Any) -> int:
        number = words.get(value) if type(value) is str else None
        if number is None:
            raise Refused(refusal)
        return number

    return read_enum


def enum_writer(enum: EnumDescriptor) -> Writer:
    """Unspecified is null, and so is a value that only a newer service knows."""
    return {number: word for word, number in enum_words(enum).items()}.get
