"""Query strings and path variables to request fields: the same values as in JSON, written as text."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from google.protobuf.descriptor import FieldDescriptor

from kontor_chassis.errors import FieldViolation, InvalidArgument
from kontor_gateway.codec import json_name, value_reader
from kontor_gateway.codec_faults import MAX_FAULTS, Refused, shortened
from kontor_gateway.codec_values import Reader, is_float, is_integer

_MAX_PARAMETERS = 200
_INTEGER = re.compile(r"-?[0-9]{1,20}")
_NUMBER = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?")
_TEXT_MESSAGES = frozenset({"google.protobuf.Timestamp", "google.type.Date"})


def text_reader(field: FieldDescriptor) -> Reader:
    """Reads one value of the field from text. Raises TypeError where the field's values cannot be written as one text."""
    reader = value_reader(field)
    if field.message_type is not None and field.message_type.full_name not in _TEXT_MESSAGES:
        raise TypeError(f"{field.full_name} cannot stand in a path or query")
    if is_integer(field):
        return lambda text: reader(int(text) if _INTEGER.fullmatch(text) else text)
    if is_float(field):
        return lambda text: reader(float(text) if _NUMBER.fullmatch(text) else text)
    if field.type == FieldDescriptor.TYPE_BOOL:
        words = {"true": True, "false": False}
        return lambda text: reader(words.get(text, text))
    return reader


def parse_query(query: bytes) -> list[tuple[str, str]]:
    """Names and values in their order. Raises InvalidArgument where it is not percent-encoded UTF-8, or too long."""
    try:
        return parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MAX_PARAMETERS)
    except ValueError as error:
        raise InvalidArgument(
            f"The query is not percent-encoded UTF-8 of at most {_MAX_PARAMETERS} parameters.", reason="MALFORMED_QUERY"
        ) from error


class QueryReader:
    """The plan for the query parameters of one route; `fields` by their JSON names."""

    def __init__(self, fields: list[FieldDescriptor]) -> None:
        self._fields: Mapping[str, tuple[str, Reader, bool]] = {
            json_name(field): (field.name, text_reader(field), field.is_repeated) for field in fields
        }

    def read(self, query: bytes) -> dict[str, Any]:
        """Keyword arguments for the request. Raises InvalidArgument naming every unknown, repeated or wrong parameter."""
        values: dict[str, Any] = {}
        faults: list[tuple[str, str]] = []
        for key, text in parse_query(query):
            try:
                self._take(key, text, values)
            except Refused as refused:
                faults.extend(refused.below(shortened(key)))
        if faults:
            violations = [FieldViolation(*fault) for fault in faults[:MAX_FAULTS]]
            raise InvalidArgument(f"{violations[0].field}: {violations[0].message}", violations=violations)
        return values

    def _take(self, key: str, text: str, values: dict[str, Any]) -> None:
        known = self._fields.get(key)
        if known is None:
            raise Refused("is not a known parameter")
        name, reader, repeated = known
        if repeated:
            values.setdefault(name, []).append(reader(text))
        elif name in values:
            raise Refused("stands there twice")
        else:
            values[name] = reader(text)
