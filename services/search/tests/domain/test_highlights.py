"""Excerpts of hits."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kontor_search.domain.highlights import MAX_EXCERPT, excerpt
from kontor_search.domain.queries import terms


@pytest.mark.parametrize(
    ("typed", "texts", "expected"),
    [
        ("berg", ["Anna Berg"], "Anna <em>Berg</em>"),
        ("anna berg", ["Anna Berg"], "<em>Anna</em> <em>Berg</em>"),
        ("ber", ["Oberberg Berger"], "Oberberg <em>Ber</em>ger"),
        ("berg", ["Oberberg"], "Ober<em>berg</em>"),
        ("mueller", ["Müller"], "<em>Müller</em>"),
        ("müller", ["Mueller"], "<em>Mueller</em>"),
        ("muller", ["MÜLLER"], "<em>MÜLLER</em>"),
        ("gross", ["Groß & Co"], "<em>Groß</em> &amp; Co"),
        ("groß", ["Gross"], "<em>Gross</em>"),
        ("strasse 5", ["Hauptstraße 5"], "Hauptstraße <em>5</em>"),
        ("maschinenbua", ["Müller Maschinenbau"], "Müller <em>Maschinenbau</em>"),
        ("0221 123", ["Anna", "+49 221 12 34 56"], "+49 <em>221 12 3</em>4 56"),
        ("berg", ["Anna", "", "Ein Berg", "Berg"], "Ein <em>Berg</em>"),
        ("xyz", ["Anna", "Berg"], "Anna"),
        ("xyz", [], ""),
        ("xyz", [""], ""),
        ("berg", ["  viele \n\t Leerzeichen   und Berg "], "viele Leerzeichen und <em>Berg</em>"),
        ("em", ["<em>"], "&lt;<em>em</em>&gt;"),
        ("b", ["<b onclick='x'>"], "&lt;<em>b</em> onclick=&#x27;x&#x27;&gt;"),
        ("amp", ["a &amp; b"], "a &amp;<em>amp</em>; b"),
    ],
)
def test_what_matched_is_marked(typed: str, texts: list[str], expected: str) -> None:
    assert excerpt(terms(typed), texts) == expected


def test_a_match_deep_in_a_long_text_is_shown_with_its_surroundings() -> None:
    text = "Vorher steht viel. " * 3_000 + "Dann kommt der Wartungsvertrag zur Sprache. " + "Und noch mehr. " * 3_000
    shown = excerpt(terms("wartung"), [text])
    assert "Dann kommt der <em>Wartung</em>svertrag zur Sprache." in shown
    assert shown.startswith("…")
    assert shown.endswith("…")


@pytest.mark.parametrize("at", range(980, 1_020))
def test_a_match_is_found_wherever_the_text_is_cut_into_pieces(at: int) -> None:
    text = "x " * (at // 2) + " " * (at % 2) + "Wartungsvertrag" + " y" * 1_000
    assert "<em>Wartungsvertrag</em>" in excerpt(terms("wartungsvertrag"), [text])


@given(st.text(max_size=400), st.text(max_size=20))
def test_an_excerpt_is_safe_and_short_whatever_it_is_made_of(text: str, typed: str) -> None:
    shown = excerpt(terms(typed), [text])
    bare = shown.replace("<em>", "").replace("</em>", "")
    assert not re.search("[<>\"']", bare)
    assert len(unescape(bare)) <= MAX_EXCERPT + 2
    assert shown.count("<em>") == shown.count("</em>")


@given(st.text(alphabet="aeouäöüßAbn -", min_size=1, max_size=30))
def test_a_word_marks_itself(text: str) -> None:
    found = terms(text)
    if found:
        assert "<em>" in excerpt(found, [text])
