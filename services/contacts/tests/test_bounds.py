"""What the protos promise of a field (kontor.type.v1.bounds, REQUIRED) is what the service enforces: the document tells the truth (H1)."""

from collections.abc import Iterator
from typing import Any

import pytest
from google.api import field_behavior_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from kontor.contacts.v1 import organisations_pb2 as organisations
from kontor.contacts.v1 import persons_pb2 as persons
from kontor.type.v1 import bounds_pb2
from kontor_chassis.errors import InvalidArgument
from kontor_chassis.testing import Harness

LEAST: dict[str, Any] = {
    "Person": {"last_name": "x"},
    "Organisation": {"name": "x"},
    "Email": {"address": "a@b.example"},
    "Phone": {"number": "1"},
    "PostalAddress": {"city": "x"},
    "Web": {"url": "b.example"},
    "Messenger": {"service": "signal", "handle": "x"},
    "ImportantDate": {"date": {"month": 5, "day": 1}},
    "Assistant": {"name": "x"},
}


def behaves(field: FieldDescriptor, behaviour: int) -> bool:
    return behaviour in field.GetOptions().Extensions[field_behavior_pb2.field_behavior]


def beyond(message: Descriptor) -> Iterator[tuple[str, dict[str, Any]]]:
    """Path of a field → content that breaks what the proto says of it, and nothing else."""
    least = LEAST[message.name]
    for field in message.fields:
        bounds = field.GetOptions().Extensions[bounds_pb2.bounds]
        if behaves(field, field_behavior_pb2.OUTPUT_ONLY):
            continue
        if behaves(field, field_behavior_pb2.REQUIRED):
            yield field.name, {**least, field.name: None if field.message_type else ""}
        if bounds.max_length and field.is_repeated:
            yield f"{field.name}[0]", least | {field.name: ["x" * (bounds.max_length + 1)]}
        elif bounds.max_length:
            yield field.name, least | {field.name: "x" * (bounds.max_length + 1)}
        if bounds.max_items:
            item: Any = LEAST[field.message_type.name] if field.message_type else 1 if field.enum_type else "x"
            yield field.name, least | {field.name: [item] * (bounds.max_items + 1)}
        if field.message_type is not None and field.message_type.name in LEAST:
            for path, content in beyond(field.message_type):
                yield f"{field.name}[0].{path}", least | {field.name: [content]}


CASES = [
    *((persons.CreatePersonRequest, "person", *case) for case in beyond(persons.Person.DESCRIPTOR)),
    *((organisations.CreateOrganisationRequest, "organisation", *case) for case in beyond(organisations.Organisation.DESCRIPTOR)),
]


@pytest.mark.parametrize(("request_type", "noun", "path", "content"), CASES, ids=lambda value: value if isinstance(value, str) else "")
async def test_what_is_beyond_is_refused_naming_the_field(
    contacts: Harness, request_type: Any, noun: str, path: str, content: dict[str, Any]
) -> None:
    with pytest.raises(InvalidArgument) as caught:
        await contacts.call(request_type(**{noun: content}))
    assert [violation.field for violation in caught.value.violations] == [path]


def test_every_bounded_field_was_tried() -> None:
    assert len(CASES) > 40
