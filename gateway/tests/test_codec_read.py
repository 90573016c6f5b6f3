"""JSON becomes messages, or is refused with the path of every wrong field (H2)."""

import json
from typing import Any

import pytest
from google.protobuf.descriptor import Descriptor

from kontor.contacts.v1 import persons_pb2, positions_pb2
from kontor.mail.v1 import messages_pb2
from kontor.sales.v1 import deals_pb2
from kontor.search.v1 import search_pb2
from kontor.tasks.v1 import tasks_pb2
from kontor.type.v1 import document_pb2
from kontor_chassis.errors import InvalidArgument
from kontor_gateway import codec, codec_text

PERSON = persons_pb2.Person.DESCRIPTOR
DEAL = deals_pb2.Deal.DESCRIPTOR
TASK = tasks_pb2.Task.DESCRIPTOR
DOCUMENT = document_pb2.Document.DESCRIPTOR
RAW = messages_pb2.RawMessage.DESCRIPTOR


def read(descriptor: Descriptor, value: Any) -> dict[str, Any]:
    content: dict[str, Any] = codec.read(codec.object_reader(descriptor), codec_text.parse(json.dumps(value).encode()))
    return content


def refusal(descriptor: Descriptor, value: Any) -> dict[str, str]:
    with pytest.raises(InvalidArgument) as caught:
        read(descriptor, value)
    return {violation.field: violation.message for violation in caught.value.violations}


def test_a_whole_person_is_read() -> None:
    content = {
        "last_name": "Öztürk",
        "emails": [{"address": "a@example.org", "kind": "work", "primary": True}],
        "tags": ["kunde"],
        "positions": [],
        "create_time": "2026-05-01T11:30:00+02:00",
    }
    expected = persons_pb2.Person(
        last_name="Öztürk",
        emails=[{"address": "a@example.org", "kind": "CONTACT_KIND_WORK", "primary": True}],  # type: ignore[list-item]
        tags=["kunde"],
    )
    expected.create_time.FromJsonString("2026-05-01T09:30:00Z")
    assert persons_pb2.Person(**read(PERSON, content)) == expected


def test_null_means_unset() -> None:
    assert read(PERSON, {"last_name": None, "emails": None, "create_time": None}) == {}


def test_the_json_name_of_the_proto_is_the_key_and_the_field_name_is_not() -> None:
    assert "from_date" in read(positions_pb2.Position.DESCRIPTOR, {"from": "2026-01-31"})
    assert refusal(positions_pb2.Position.DESCRIPTOR, {"from_date": "2026-01-31"}) == {"from_date": "is not a known field"}


def test_64_bit_integers_are_read_as_numbers_and_as_strings() -> None:
    assert read(DOCUMENT, {"sequence": 7})["sequence"] == 7
    assert read(DOCUMENT, {"sequence": str(2**63 - 1)})["sequence"] == 2**63 - 1
    assert read(DOCUMENT, {"sequence": -(2**63)})["sequence"] == -(2**63)


@pytest.mark.parametrize(
    ("descriptor", "content", "field", "message"),
    [
        (PERSON, {"emails": [{"adress": "x"}]}, "emails[0].adress", "is not a known field"),
        (PERSON, {"Last_name": "x"}, "Last_name", "is not a known field"),
        (PERSON, {"": "x"}, "body", "is not a known field"),
        (PERSON, {"last_name": 1}, "last_name", "must be a string"),
        (PERSON, {"last_name": ["x"]}, "last_name", "must be a string"),
        (PERSON, {"last_name": "a\0b"}, "last_name", "must not contain the character NUL"),
        (PERSON, {"tags": "kunde"}, "tags", "must be a list"),
        (PERSON, {"tags": {"0": "kunde"}}, "tags", "must be a list"),
        (PERSON, {"tags": ["a", 7]}, "tags[1]", "must be a string"),
        (PERSON, {"tags": ["a", None]}, "tags[1]", "must be a string"),
        (PERSON, {"emails": [{}, "x"]}, "emails[1]", "must be an object"),
        (PERSON, {"emails": [None]}, "emails[0]", "must be an object"),
        (PERSON, {"emails": [{"primary": "true"}]}, "emails[0].primary", "must be true or false"),
        (PERSON, {"emails": [{"primary": 1}]}, "emails[0].primary", "must be true or false"),
        (PERSON, {"emails": [{"kind": "office"}]}, "emails[0].kind", "must be one of work, private, mobile, fax, other"),
        (PERSON, {"emails": [{"kind": "CONTACT_KIND_WORK"}]}, "emails[0].kind", "must be one of work, private, mobile, fax, other"),
        (PERSON, {"emails": [{"kind": "unspecified"}]}, "emails[0].kind", "must be one of work, private, mobile, fax, other"),
        (PERSON, {"emails": [{"kind": 1}]}, "emails[0].kind", "must be one of work, private, mobile, fax, other"),
        (PERSON, {"emails": [{"kind": []}]}, "emails[0].kind", "must be one of work, private, mobile, fax, other"),
        (PERSON, [], "body", "must be an object"),
        (PERSON, "x", "body", "must be an object"),
        (PERSON, None, "body", "must be an object"),
        (DEAL, {"value_count": 2**31}, "value_count", "must be between -2147483648 and 2147483647"),
        (DEAL, {"value_count": -(2**31) - 1}, "value_count", "must be between -2147483648 and 2147483647"),
        (DEAL, {"value_count": 1.5}, "value_count", "must be an integer"),
        (DEAL, {"value_count": 1.0}, "value_count", "must be an integer"),
        (DEAL, {"value_count": "1"}, "value_count", "must be an integer"),
        (DEAL, {"value_count": True}, "value_count", "must be an integer"),
        (DEAL, {"value_count": 10**30}, "value_count", "must be an integer"),
        (DOCUMENT, {"sequence": 2**63}, "sequence", "must be between -9223372036854775808 and 9223372036854775807"),
        (DOCUMENT, {"sequence": "9" * 19}, "sequence", "must be between -9223372036854775808 and 9223372036854775807"),
        (DOCUMENT, {"sequence": "9" * 5000}, "sequence", "must be an integer"),
        (DOCUMENT, {"sequence": "٣"}, "sequence", "must be an integer"),
        (DOCUMENT, {"sequence": ""}, "sequence", "must be an integer"),
        (RAW, {"content": "a"}, "content", "must be a string in base64"),
        (RAW, {"content": "Zm9v!"}, "content", "must be a string in base64"),
        (RAW, {"content": "Zoë="}, "content", "must be a string in base64"),
        (RAW, {"content": 1}, "content", "must be a string in base64"),
        (TASK, {"due_time": "2026-05-01"}, "due_time", "must be a time such as 2026-05-01T09:30:00Z"),
        (TASK, {"due_date": "2026-05-01T00:00:00Z"}, "due_date", "must be a date such as 2026-05-01"),
    ],
)
def test_wrong_input_is_refused_naming_the_field(descriptor: Descriptor, content: Any, field: str, message: str) -> None:
    assert refusal(descriptor, content) == {field: message}


def test_all_wrong_fields_are_named_at_once() -> None:
    content = {"last_nam": "x", "first_name": 1, "emails": [{"address": "a"}, {"address": 1, "kind": "?"}, {"primry": True}]}
    assert list(refusal(PERSON, content)) == ["last_nam", "first_name", "emails[1].address", "emails[1].kind", "emails[2].primry"]


def test_no_more_than_fifty_faults_are_told() -> None:
    assert len(refusal(PERSON, {"tags": [1] * 10_000})) == 50
    assert len(refusal(PERSON, {f"key{n}": 1 for n in range(10_000)})) == 50


def test_a_very_long_unknown_key_is_cut_in_the_answer() -> None:
    (field,) = refusal(PERSON, {"x" * 100_000: 1})
    assert field == "x" * 100 + "…"


def test_fields_said_elsewhere_are_unknown_in_the_body() -> None:
    reader = codec.object_reader(search_pb2.SearchRequest.DESCRIPTOR, frozenset({"q"}))
    with pytest.raises(InvalidArgument, match="q: is not a known field"):
        codec.read(reader, {"q": "x"})
