"""Every message type survives the way through JSON, and what is written and read agrees with the OpenAPI document (H1)."""

import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache
from typing import Any

import orjson
import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message_factory import GetMessageClass
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped, unused-ignore]

from kontor_chassis.currencies import DECIMALS
from kontor_gateway import codec, codec_text
from kontor_gateway.codec_custom import KEY
from kontor_gateway.codec_values import integer_range, is_integer
from kontor_gateway.comments import load_comments
from kontor_gateway.field_rules import bounds_of, is_required
from kontor_gateway.openapi_schemas import Schemas

PACKAGES = ("identity", "contacts", "sales", "tasks", "mail", "search", "notify", "type")
LETTERS = st.characters(codec="utf-8", exclude_characters="\0")
JSON_TEXTS = st.recursive(
    st.booleans() | st.integers(-(2**53), 2**53) | st.text(LETTERS),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(LETTERS), inner),
).map(lambda value: orjson.dumps(value).decode())
# Without decimals, which are read as texts: which of them it is, the field says.
CUSTOM_VALUES = st.one_of(
    st.builds(dict, text=st.text(LETTERS, max_size=20)),
    st.builds(dict, number=st.integers(-(2**63), 2**63 - 1)),
    st.builds(dict, yes_no=st.booleans()),
    st.builds(dict, choices=st.builds(dict, keys=st.lists(st.text(LETTERS, max_size=5), max_size=3))),
)
SPECIAL = {
    "kontor.type.v1.CustomValues": st.dictionaries(st.from_regex(KEY, fullmatch=True), CUSTOM_VALUES, max_size=3).map(
        lambda values: {"values": [{"key": key, **value} for key, value in values.items()]}
    ),
    "google.protobuf.Timestamp": st.builds(
        dict, seconds=st.integers(-62135596800, 253402300799), nanos=st.integers(0, 999_999).map(lambda micros: micros * 1000)
    ),
    "google.type.Date": st.dates().map(lambda day: {"year": day.year, "month": day.month, "day": day.day}),
    "kontor.type.v1.JsonValue": st.builds(dict, text=JSON_TEXTS),
    "kontor.type.v1.Money": st.builds(dict, minor_units=st.integers(-(2**63) + 1, 2**63 - 1), currency=st.sampled_from(sorted(DECIMALS))),
}


def message_types() -> Iterator[Descriptor]:
    for name in PACKAGES:
        package = importlib.import_module(f"kontor.{name}.v1")
        for module in pkgutil.iter_modules(package.__path__):
            if module.name.endswith("_pb2"):
                descriptor = importlib.import_module(f"{package.__name__}.{module.name}").DESCRIPTOR
                yield from descriptor.message_types_by_name.values()


@cache
def contents(descriptor: Descriptor) -> st.SearchStrategy[dict[str, Any]]:
    """Keyword arguments of the message's constructor; any field may be absent that has a value to be written then."""
    if descriptor.full_name in SPECIAL:
        return SPECIAL[descriptor.full_name]
    # Absent ones are written as empty, which what is required or bounded from below cannot be.
    bounded = [field for field in descriptor.fields if is_required(field) or bounds_of(field).min_length or bounds_of(field).minimum > 0]
    required = {field.name: field_values(field) for field in bounded if not field.has_presence or field.message_type}
    return st.fixed_dictionaries(
        required, optional={field.name: field_values(field) for field in descriptor.fields if field.name not in required}
    )


def field_values(field: FieldDescriptor) -> st.SearchStrategy[Any]:
    entry = codec.map_value(field)
    if entry is not None:
        # What is unspecified has no word.
        numbers = [value.number for value in entry.enum_type.values if value.number] if entry.enum_type else []
        return st.dictionaries(st.text(LETTERS, max_size=5), st.sampled_from(numbers) if numbers else single_values(entry), max_size=3)
    one = single_values(field)
    return st.lists(one, max_size=3) if field.is_repeated else one


def single_values(field: FieldDescriptor) -> st.SearchStrategy[Any]:
    if field.message_type is not None:
        return contents(field.message_type)
    if field.enum_type is not None:
        numbers = [value.number for value in field.enum_type.values if value.number or not (field.is_repeated or is_required(field))]
        return st.sampled_from(numbers)
    bounds = bounds_of(field)
    if is_integer(field):
        lowest, highest = integer_range(field)
        return st.integers(
            bounds.minimum if bounds.HasField("minimum") else lowest, bounds.maximum if bounds.HasField("maximum") else highest
        )
    if field.type == FieldDescriptor.TYPE_STRING:
        least = bounds.min_length or int(is_required(field))
        return st.text(LETTERS, min_size=least, max_size=min(bounds.max_length or 20, least + 20))
    return {FieldDescriptor.TYPE_BOOL: st.booleans()}.get(field.type, st.binary(max_size=20))


@cache
def validators(descriptor: Descriptor) -> tuple[Draft202012Validator, Draft202012Validator]:
    schemas = Schemas(load_comments())
    references = [schemas.output(descriptor), schemas.input(descriptor)]
    output, accepted = ({**reference, "components": {"schemas": schemas.components}} for reference in references)
    return Draft202012Validator(output), Draft202012Validator(accepted)


@pytest.mark.parametrize("descriptor", list(message_types()), ids=lambda descriptor: descriptor.full_name)
@given(data=st.data())
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_message_is_the_same_after_the_way_through_json(descriptor: Descriptor, data: st.DataObject) -> None:
    message_class = GetMessageClass(descriptor)
    special = codec._WRITERS.get(descriptor.full_name)
    message = message_class(**data.draw(contents(descriptor)))
    text = codec.write(message) if special is None else orjson.dumps(special(message))
    value = orjson.loads(text)

    again = codec.read(codec._READERS.get(descriptor.full_name) or codec.object_reader(descriptor), value)
    codec_text.refuse_duplicates(text, value)
    assert message_class(**again) == message

    output, accepted = validators(descriptor)
    output.validate(value)
    accepted.validate(value)
