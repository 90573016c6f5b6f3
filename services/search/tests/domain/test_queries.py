"""What the user typed, read as terms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kontor_search.domain.queries import MAX_TERMS, Term, tag_key, terms, typing_mistakes


def word(*forms: str) -> Term:
    return Term((forms,))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Müller", (word("muller"),)),
        ("Mueller", (word("mueller", "muller"),)),
        ("anna anna ANNA", (word("anna"),)),
        ("anna.berg@example.org", (word("anna"), word("berg"), word("example"), word("org"))),
        ("0221 12", (Term((("0221",), ("12",)), ("022112", "22112")),)),
        ("anna +49 221 12", (word("anna"), Term((("49",), ("221",), ("12",)), ("4922112", "?22112")))),
        ("hausnummer 12", (word("hausnummer"), word("12"))),
        ("a1234567", (word("a1234567"),)),
        ("2026-03-01", (Term((("2026",), ("03",), ("01",)), ("20260301",)),)),
        ("", ()),
        ("  …!? ", ()),
        ("\x00", ()),
        ('"anna" AND -berg*', (word("anna"), word("and"), word("berg"))),
    ],
)
def test_a_text_becomes_words_and_numbers(text: str, expected: tuple[Term, ...]) -> None:
    assert terms(text) == expected


def test_a_long_text_is_cut_to_what_one_types() -> None:
    assert len(terms(" ".join(f"wort{number}" for number in range(5_000)))) == MAX_TERMS
    assert len(terms("x" * 10_000)) == 1


@pytest.mark.parametrize(
    ("typed", "mistakes"), [("abc", 0), ("anna", 1), ("schmidt", 1), ("maschinenbau", 2), ("rechnung2024", 0), ("20240815", 0)]
)
def test_longer_words_may_have_more_mistakes_and_numbers_none(typed: str, mistakes: int) -> None:
    assert typing_mistakes(typed) == mistakes


def test_tags_are_compared_without_case_and_outer_blanks_but_with_umlauts() -> None:
    assert tag_key(" VIP ") == tag_key("vip")
    assert tag_key("Mu\u0308ller") == tag_key("MÜLLER")
    assert tag_key("Müller") != tag_key("Muller")


@given(st.text(max_size=300))
def test_every_text_is_a_valid_query(text: str) -> None:
    for term in terms(text):
        assert term.words
        assert all(forms and all(forms) for forms in term.words)
