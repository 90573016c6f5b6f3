"""Values of custom fields (B10) keep what was said, exactly."""

from typing import Any

import pytest

from kontor.type.v1.custom_values_pb2 import CustomValues
from kontor_gateway.codec_custom import read_custom_values, write_custom_values
from kontor_gateway.codec_faults import Refused


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("bau", "bau"),
        ("", ""),
        (1000, 1000),
        (-(2**63), -(2**63)),
        (1.5, "1.5"),
        (0.1, "0.1"),
        (1e-6, "0.000001"),
        (1e19, "10000000000000000000"),
        (1e300, "1E+300"),
        (True, True),
        (False, False),
        ([], []),
        (["a", "b"], ["a", "b"]),
    ],
)
def test_a_value_is_written_as_it_was_read(value: Any, written: Any) -> None:
    message = CustomValues(**read_custom_values({"umsatz": value}))
    assert write_custom_values(message) == {"umsatz": written}
    assert type(write_custom_values(message)["umsatz"]) is type(written)


def test_null_names_a_value_to_clear() -> None:
    message = CustomValues(**read_custom_values({"umsatz": None, "ok": True}))
    assert [(item.key, item.WhichOneof("value")) for item in message.values] == [("umsatz", None), ("ok", "yes_no")]
    assert write_custom_values(message) == {"ok": True}


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ([], ""),
        ("x", ""),
        ({"Umsatz": 1}, "Umsatz"),
        ({"": 1}, ""),
        ({"x" * 41: 1}, "x" * 41),
        ({"umsatz\n": 1}, "umsatz\n"),
        ({"umsatz": {"a": 1}}, "umsatz"),
        ({"umsatz": "a\0b"}, "umsatz"),
        ({"umsatz": 1234567890123456.7}, "umsatz"),
        ({"themen": ["a", 1]}, "themen[1]"),
        ({"themen": ["a", None]}, "themen[1]"),
        ({"themen": [["a"]]}, "themen[0]"),
        ({"themen": ["a"] * 201}, "themen"),
        ({f"f{number}": 1 for number in range(101)}, ""),
    ],
)
def test_what_is_no_value_is_refused_naming_the_field(value: Any, path: str) -> None:
    with pytest.raises(Refused) as refusal:
        read_custom_values(value)
    assert [fault[0] for fault in refusal.value.faults] == [path]
