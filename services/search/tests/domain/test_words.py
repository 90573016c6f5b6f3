"""Words as search compares them."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kontor_search.domain import words


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("MÜLLER", "muller"),
        ("Mu\u0308ller", "muller"),
        ("Straße", "strasse"),
        ("STRASSE", "strasse"),
        ("Çelik", "celik"),
        ("İstanbul", "istanbul"),
        ("ŁÓDŹ", "lodz"),
        ("Ærø", "aero"),
        ("ﬁrma", "firma"),
        ("Ａ１", "a1"),
        ("Soft\u00adware", "software"),
        ("\u202eoznam\u202c", "oznam"),
        ("Ёлка", "елка"),
        ("שָׁלוֹם", "שלום"),
    ],
)
def test_folding_takes_away_what_people_do_not_type(text: str, folded: str) -> None:
    assert words.fold(text) == folded


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Müller", "Mueller"),
        ("Müller", "Muller"),
        ("Mueller", "Muller"),
        ("Groß", "Gross"),
        ("Übung", "Uebung"),
        ("Jörg", "Joerg"),
        ("Büroeinrichtung", "Bueroeinrichtung"),
        ("Kontoeröffnung", "Kontoeroeffnung"),
        ("Jørgensen", "Joergensen"),
    ],
)
def test_two_spellings_of_a_word_share_a_form(one: str, other: str) -> None:
    assert set(words.forms(words.fold(one))) & set(words.forms(words.fold(other)))


@pytest.mark.parametrize("word", ["bauer", "neue", "quelle", "steuer", "abenteuer", "getreue", "muller", "e", ""])
def test_e_after_a_vowel_and_u_is_no_umlaut(word: str) -> None:
    assert words.forms(word) == (word,)


def test_a_compound_is_found_joined_as_well_as_by_its_words() -> None:
    assert words.words("Müller-Lüdenscheidt's E-Mail") == ["muller", "ludenscheidt", "s", "e", "mail", "mullerludenscheidts", "email"]


def test_what_is_no_letter_or_digit_parts_words() -> None:
    assert words.split("a_b.c@d,e/f\x00g\u00a0h\ni") == list("abcdefghi")
    assert words.split("!?  …  😀") == []


def test_parts_begin_at_every_letter_but_the_first_and_are_never_too_short() -> None:
    assert list(words.parts(["vertrag", "ab", "abc", "vertrag"])) == ["ertrag rtrag trag rag"]


def test_hostile_texts_are_cut() -> None:
    assert words.split("x" * 100_000) == ["x" * words.MAX_WORD]
    assert sum(map(len, words.words("ab " * 5_000_000))) < words.MAX_TEXT
    assert len(words.clean("ü" * 10_000_000)) == words.MAX_TEXT
    distinct = [f"{number:06}{number * 7919:026}" for number in range(20_000)]
    assert sum(map(len, words.parts(distinct))) <= 200_000


def test_long_runs_of_accents_cost_no_more_than_other_text() -> None:
    """Canonical ordering of such a run takes quadratic time; done naively, this test takes minutes."""
    hostile = "a" + "\u0323\u0301" * 50_000
    assert words.fold(hostile) == "a"
    assert words.clean(hostile)[0] == "\u1ea1"


@pytest.mark.parametrize("text", ["a\ud800b", "\udfff", "a\x00b\x1f"])
def test_clean_text_can_be_stored_anywhere(text: str) -> None:
    cleaned = words.clean(text)
    cleaned.encode()
    assert not any(character < " " for character in cleaned)


@given(st.text(max_size=60), st.integers(0, 60))
def test_the_beginning_of_a_word_folds_to_the_beginning_of_the_folded_word(text: str, length: int) -> None:
    text = unicodedata.normalize("NFC", text)
    for word in text.split():
        beginning = word[:length]
        folded = words.fold(word)
        if "\u0345" not in unicodedata.normalize("NFKD", word):  # the one mark that case folding makes a letter of
            assert folded.startswith(words.fold(beginning))


@given(st.text(alphabet="aeouäöüqbn", max_size=12), st.integers(0, 12))
def test_forms_keep_beginnings(word: str, length: int) -> None:
    """As-you-type: whatever beginning of whichever spelling is typed, its last form begins the last form of the word."""
    whole, beginning = words.forms(words.fold(word)), words.forms(words.fold(word[:length]))
    assert whole[-1].startswith(beginning[-1]) or whole[0].startswith(beginning[0])


@given(st.text(max_size=200))
def test_words_hold_nothing_but_folded_letters_and_digits(text: str) -> None:
    for word in words.words(text):
        assert 0 < len(word) <= words.MAX_WORD
        assert not any(letter.isspace() or letter == "_" for letter in word)
        assert words.split(word) == [word]
