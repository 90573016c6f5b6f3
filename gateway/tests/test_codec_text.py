"""What is no JSON, or ambiguous JSON, is refused."""

import json

import pytest

from kontor_chassis.errors import InvalidArgument
from kontor_gateway.codec_text import count_keys, parse, refuse_duplicates


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"{'a': 1}",
        b"NaN",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1e999}',
        b'{"a": 1,}',
        b'{"a": "\xff"}',
        b'{"a": "\\ud800"}',
        b'{"a": "\\udc00\\ud800"}',
        b'{"a": "line\nbreak"}',
        b'\xef\xbb\xbf{"a": 1}',
        b'{"a": 1} {"b": 2}',
        b"[" * 100_000,
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
    ],
)
def test_malformed_bodies_are_refused(body: bytes) -> None:
    with pytest.raises(InvalidArgument) as caught:
        parse(body)
    assert caught.value.reason == "MALFORMED_BODY"
    assert [violation.field for violation in caught.value.violations] == ["body"]


@pytest.mark.parametrize(
    "body",
    [
        '{"a": 1, "a": 1}',
        '{"a":1,"b":{"c":1,"d":[],"c":2}}',
        '{"a": [{"b": 1}, {"b": 1, "b": 2}]}',
        '{"time": "10:30", "a": 1, "a": 2}',
        '{"a": "\\u003a", "b": 1, "b": 2}',
        '{"\\u0061": 1, "a": 2}',
        '{"a": "x", "a": ' + "1" * 300 + "}",
    ],
)
def test_a_key_that_stands_twice_is_refused(body: str) -> None:
    with pytest.raises(InvalidArgument, match="stands there twice"):
        refuse_duplicates(body.encode(), parse(body.encode()))


@pytest.mark.parametrize(
    "body",
    [
        "{}",
        '{"a":1,"b":[{"a":1},{"a":2}]}',
        '{ "a" : "10:30:00", "b" : {"a": "http://[::1]:80/"} }',
        '{"a": "\\u003a\\u00fc", "b": 1.50, "c": 1e3}',
    ],
)
def test_equal_keys_in_different_objects_and_colons_in_text_are_no_duplicates(body: str) -> None:
    refuse_duplicates(body.encode(), parse(body.encode()))


def test_a_dropped_value_that_is_nested_too_deeply_is_refused() -> None:
    body = ('{"a": ' + "[" * 1000 + "]" * 1000 + ', "a": "10:30"}').encode()
    with pytest.raises(InvalidArgument):
        refuse_duplicates(body, parse(body))


def test_keys_are_counted_in_objects_in_lists_and_objects() -> None:
    assert count_keys(json.loads('{"a": {"b": [{"c": 1}, [{"d": "e"}], 2]}, "f": null}')) == 5
