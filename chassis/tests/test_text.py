"""Text from outside is cleaned, bounded and comparable."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kontor_chassis.email_addresses import normalise_email
from kontor_chassis.errors import InvalidArgument
from kontor_chassis.text import clean_line, clean_text, fold, prefix_end


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("  Anna \t Öztürk ", "Anna Öztürk"),
        ("O\u0308ztu\u0308rk", "Öztürk"),
        ("a\x00b\nc", "a b c"),
        ("=cmd()", "=cmd()"),
        ("👩‍💻 שלום", "👩‍💻 שלום"),
        ("\ud800x", "x"),
    ],
)
def test_a_line_is_normalised(raw: str, clean: str) -> None:
    assert clean_line(raw, field="name") == clean


def test_text_keeps_its_lines_and_loses_control_characters() -> None:
    assert clean_text("eins\r\nzwei\rdrei\x00\x07\n", field="text") == "eins\nzwei\ndrei"


def test_exactly_control_characters_separators_and_lone_surrogates_go() -> None:
    def of(*categories: str) -> list[str]:
        return [char for char in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(char) in categories]

    assert all(clean_line(f"a{char}b", field="name") == "a b" for char in of("Cc", "Zl", "Zp", "Cs"))
    assert all(clean_text(f"a{char}b", field="text") == "ab" for char in of("Cc", "Cs") if char not in "\n\r\t")
    unseen = "\u061c\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
    assert clean_line(f"a{unseen}b", field="name") == "ab"
    kept = "".join(char for char in of("Ll", "Lm", "Nd", "Cf", "So", "Sk", "Co") if char not in unseen)
    assert clean_text(kept, field="text", limit=2 * len(kept)) == unicodedata.normalize("NFC", kept)
    assert clean_line(kept, field="name", limit=2 * len(kept)) == unicodedata.normalize("NFC", kept)


def test_empty_and_overlong_text_names_the_field() -> None:
    with pytest.raises(InvalidArgument, match="last_name"):
        clean_line(" \x00", field="last_name", required=True)
    with pytest.raises(InvalidArgument, match="at most 5"):
        clean_text("123456", field="text", limit=5)


@pytest.mark.parametrize(("one", "other"), [("Öztürk", "ozturk"), ("GROSS", "Groß"), ("Café  Zoë", "cafe zoe")])
def test_folded_names_are_equal(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@given(st.text(), st.text())
def test_every_text_lies_in_the_range_of_its_prefixes(prefix: str, rest: str) -> None:
    encoded = (prefix + rest).encode("utf-8", "replace")
    assert prefix.encode("utf-8", "replace") <= encoded <= prefix_end(prefix).encode("utf-8", "replace")


@pytest.mark.parametrize(
    ("address", "normalised"),
    [
        (" Anna.Oeztuerk@Example.COM ", "anna.oeztuerk@example.com"),
        ("info@müller.de", "info@xn--mller-kva.de"),
        ("jörg@example.com", "jörg@example.com"),
        ("a@b", "a@b"),
        ("no-at", None),
        ("two@@example.com", None),
        ("a b@example.com", None),
        ("x" * 65 + "@example.com", None),
        ("a@" + "b" * 300, None),
        ("a@-bad-.de", None),
        ("a@", None),
    ],
)
def test_addresses_are_compared_normalised(address: str, normalised: str | None) -> None:
    assert normalise_email(address) == normalised


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("\u202eevil\u202c.exe", "evil.exe"),
        ("Anna\u200b\ufeff Öztürk", "Anna Öztürk"),
        ("\u2067שלום כהן\u2069", "שלום כהן"),
        ("محمد‌رضا", "محمد‌رضا"),
        ("👨‍👩‍👧 ❤️ क्‍ष", "👨‍👩‍👧 ❤️ क्‍ष"),
    ],
)
def test_a_line_holds_nothing_unseen_that_turns_or_hides_it_and_every_script_stays_whole(raw: str, clean: str) -> None:
    assert clean_line(raw, field="name") == clean


@pytest.mark.parametrize("same", [("Öztürk", "Oeztuerk", "Ozturk", "OEZTÜRK"), ("Goethe", "Göthe"), ("Größe", "Groesse"), ("Æble", "Äble")])
def test_the_ways_to_write_an_umlaut_are_one(same: tuple[str, ...]) -> None:
    assert len({fold(name) for name in same}) == 1


@pytest.mark.parametrize(("name", "folded"), [("Bauer", "bauer"), ("Quelle", "quelle"), ("Michael", "michal"), ("Neue", "neue")])
def test_what_is_no_umlaut_stays_as_far_as_letters_tell(name: str, folded: str) -> None:
    assert fold(name) == folded


@given(st.text(alphabet="aeiouqmäöüß éÆ"), st.integers(0, 40))
def test_the_beginning_of_a_text_folds_to_the_beginning_of_the_folded_text(text: str, length: int) -> None:
    assert fold(text).startswith(fold(text[:length]))
