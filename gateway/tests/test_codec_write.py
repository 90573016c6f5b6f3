"""Messages become JSON of a stable shape (H1)."""

import json
from typing import Any

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from kontor.contacts.v1 import merges_pb2, persons_pb2, positions_pb2
from kontor.identity.v1 import sessions_pb2
from kontor.mail.v1 import messages_pb2
from kontor.search.v1 import search_pb2
from kontor.tasks.v1 import tasks_pb2
from kontor_chassis.errors import InvalidArgument
from kontor_gateway import codec


def written(message: Any) -> Any:
    return json.loads(codec.write(message))


def made(message_type: Any, **fields: Any) -> Any:
    """A message from fields in the forms that the stubs do not know: enums by name, messages as dicts."""
    return message_type(**fields)


def test_every_field_stands_there_even_when_nothing_is_set() -> None:
    assert written(persons_pb2.Person()) == {
        "id": "",
        "etag": "",
        "title": "",
        "first_name": "",
        "last_name": "",
        "display_name": "",
        "background": "",
        "language": "",
        "salutation": "",
        "gender": None,
        "letter_salutation": None,
        "emails": [],
        "phones": [],
        "addresses": [],
        "webs": [],
        "messengers": [],
        "dates": [],
        "assistants": [],
        "vip": False,
        "key_accounter_user_id": "",
        "responsible_user_id": "",
        "tags": [],
        "positions": [],
        "create_time": None,
        "update_time": None,
        "creator_user_id": "",
        "custom": None,
        "effective_addresses": None,
        "photo": None,
        "duplicates": [],
        "merge_id": "",
        "visibility": None,
    }


def test_keys_come_in_the_order_of_the_proto() -> None:
    assert list(written(persons_pb2.Person())) == [field.name for field in persons_pb2.Person.DESCRIPTOR.fields]


def test_a_json_name_of_the_proto_is_used_instead_of_the_field_name() -> None:
    position = made(positions_pb2.Position, from_date={"year": 2020, "month": 2, "day": 9})
    assert written(position)["from"] == "2020-02-09"
    assert written(position)["to"] is None
    assert "from_date" not in written(position)


def test_enums_are_words_without_prefix_and_null_when_unspecified() -> None:
    assert written(made(tasks_pb2.Task, kind="TASK_KIND_CALL"))["kind"] == "call"
    assert written(made(messages_pb2.Message, tray_reason="TRAY_REASON_UNKNOWN_ADDRESSES"))["tray_reason"] == "unknown_addresses"
    assert written(tasks_pb2.Task())["kind"] is None


def test_an_enum_value_that_only_a_newer_service_knows_is_null() -> None:
    assert written(made(tasks_pb2.Task, kind=99))["kind"] is None


def test_nested_messages_are_written_whole() -> None:
    message = made(messages_pb2.Message, from_mailbox={"address": "anna@example.org"}, to_mailboxes=[{"name": "Team"}])
    assert written(message)["from"] == {"name": "", "address": "anna@example.org"}
    assert written(message)["to"] == [{"name": "Team", "address": ""}]


@pytest.mark.parametrize(("count", "expected"), [(0, 0), (-5, -5), (2**53 - 1, 2**53 - 1), (2**53, "9007199254740992")])
def test_64_bit_integers_are_numbers_while_json_can_hold_them_and_strings_beyond(count: int, expected: object) -> None:
    assert written(search_pb2.RebuildResponse(document_count=count))["document_count"] == expected


def test_bytes_are_base64() -> None:
    assert written(messages_pb2.RawMessage(content=b"\x00\xff>"))["content"] == "AP8+"


def test_of_a_oneof_the_unset_members_are_null() -> None:
    assert written(sessions_pb2.AuthenticateRequest(feed_secret="x")) == {"bearer_token": None, "feed_secret": "x"}


def test_a_message_without_fields_is_an_empty_object() -> None:
    assert written(descriptor_pool_message("Nothing", [])()) == {}


def test_a_map_from_texts_to_words_is_an_object() -> None:
    request = merges_pb2.MergePersonsRequest(fields={"title": merges_pb2.MERGE_CHOICE_DUPLICATE})
    assert written(request)["fields"] == {"title": "duplicate"}
    assert written(merges_pb2.MergePersonsRequest())["fields"] == {}
    reader = codec.object_reader(merges_pb2.MergePersonsRequest.DESCRIPTOR)
    assert merges_pb2.MergePersonsRequest(**codec.read(reader, {"fields": {"title": "duplicate"}})) == request
    for wrong, path in (([], "fields"), ({"title": "nobody"}, "fields.title"), ({"a": None}, "fields.a"), ({"\0": "both"}, "fields.\0")):
        with pytest.raises(InvalidArgument) as refused:
            codec.read(reader, {"fields": wrong})
        assert [violation.field for violation in refused.value.violations] == [path]


def test_another_map_is_refused_when_the_plan_is_made() -> None:
    entry = made(descriptor_pb2.DescriptorProto, name="NamesEntry", options={"map_entry": True})
    entry.field.add(name="key", number=1, type=descriptor_pb2.FieldDescriptorProto.TYPE_INT32)
    entry.field.add(name="value", number=2, type=descriptor_pb2.FieldDescriptorProto.TYPE_STRING)
    field = made(descriptor_pb2.FieldDescriptorProto, name="names", number=1, type="TYPE_MESSAGE", label="LABEL_REPEATED")
    field.type_name = ".test.Mapped.NamesEntry"
    mapped = descriptor_pool_message("Mapped", [field], nested=[entry])
    with pytest.raises(TypeError, match="is a map"):
        codec.object_writer(mapped.DESCRIPTOR)
    with pytest.raises(TypeError, match="is a map"):
        codec.object_reader(mapped.DESCRIPTOR)


def descriptor_pool_message(name: str, fields: list[Any], nested: list[Any] | None = None) -> Any:
    """A message type that no proto of ours has."""
    file = descriptor_pb2.FileDescriptorProto(name=f"test/{name}.proto", package="test", syntax="proto3")
    file.message_type.add(name=name, field=fields, nested_type=nested or [])
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"test.{name}"))
