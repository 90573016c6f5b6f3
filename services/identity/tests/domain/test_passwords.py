"""Which passwords are accepted (S7)."""

import pytest

from kontor_chassis.errors import InvalidArgument
from kontor_identity.domain.passwords import checked_password, normalised


@pytest.mark.parametrize("password", ["x" * 10, "x" * 1024, "ten chars!", "пароль пароль", "\U0001f511" * 10])
def test_ten_to_1024_characters_of_any_kind_are_a_password(password: str) -> None:
    assert checked_password(password, field="password") == password


@pytest.mark.parametrize("password", ["", "x" * 9, "\U0001f511" * 9, "x" * 1025, "x" * 1_000_000, "\ufdfa" * 500])
def test_another_length_is_refused_without_repeating_the_password(password: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        checked_password(password, field="password")
    assert caught.value.violations[0].field == "password"
    assert not password or password not in str(caught.value)


def test_a_password_is_the_same_from_every_keyboard() -> None:
    assert normalised("Gru\u0308\u00dfe \uff11\uff12", field="password") == normalised("Gr\u00fc\u00dfe 12", field="password")


def test_white_space_in_a_password_counts() -> None:
    assert checked_password("  ten  chars", field="password") == "  ten  chars"
