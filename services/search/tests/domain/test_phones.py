"""Phone numbers: written in one notation, typed in another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kontor_search.domain import phones
from kontor_search.domain.phones import Number


def found(stored: str, typed: str) -> bool:
    return any(part.startswith(beginning) for beginning in phones.beginnings(typed) for part in phones.parts(stored))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("+49 221 123456", Number("49", "221123456")),
        ("0049 221 123456", Number("49", "221123456")),
        ("+49 (0)221 / 12 34 56", Number("49", "221123456")),
        ("0221 123456", Number("", "221123456", trunk=True)),
        ("221123456", Number("", "221123456")),
        ("+1 (212) 555-0100", Number("1", "2125550100")),
        ("+7 495 1234567", Number("7", "4951234567")),
        ("+352 26 12 34", Number("352", "261234")),
        ("+423 1234567", Number("423", "1234567")),
        ("+43 1 12345", Number("43", "112345")),
        ("", Number("", "")),
        ("ohne Nummer", Number("", "")),
    ],
)
def test_a_number_is_read_in_any_notation(text: str, number: Number) -> None:
    assert phones.parse(text) == number


NOTATIONS = ["+49 221 12 34 56", "+49221123456", "0221 123456", "0221/12-34-56", "(0221) 123456", "0049 221 123456", "+49 (0) 221 123456"]


@pytest.mark.parametrize("typed", [*NOTATIONS, "123456", "0221 12", "+49 221", "3456", "221 1234"])
@pytest.mark.parametrize("stored", NOTATIONS)
def test_every_notation_finds_every_other(stored: str, typed: str) -> None:
    assert found(stored, typed)


@pytest.mark.parametrize(
    ("stored", "typed"),
    [
        ("+49 221 123456", "+43 221 123456"),
        ("+49 221 123456", "0043 221 123456"),
        ("+49 221 123456", "654321"),
        ("+49 221 123456", "123"),
        ("12", "0012"),
        ("", "123456"),
        ("Büro", "Büro"),
    ],
)
def test_other_numbers_and_single_digits_find_nothing(stored: str, typed: str) -> None:
    assert not found(stored, typed)


@given(st.text(max_size=100))
def test_any_text_is_read_without_harm_and_within_bounds(text: str) -> None:
    assert all(len(part) <= phones.MAX_DIGITS + 3 for part in phones.parts(text))
    assert len(phones.parts(text)) <= phones.MAX_DIGITS + 3
    assert len(phones.beginnings(text)) <= 2
    if phones.parts(text):
        assert found(text, text)
