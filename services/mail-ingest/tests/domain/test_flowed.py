"""Flowed text becomes paragraphs again (RFC 3676)."""

import pytest

from kontor_mail_ingest.domain.flowed import unflow


@pytest.mark.parametrize(
    ("flowed", "text"),
    [
        ("", ""),
        ("one\ntwo", "one\ntwo"),
        ("one \ntwo", "one two"),
        ("one \ntwo \nthree\nfour", "one two three\nfour"),
        ("one \n\ntwo", "one \ntwo"),
        # Space-stuffing.
        (" From me", "From me"),
        ("  indented", " indented"),
        # Quotes flow within their depth.
        ("> one \n> two\nthree", "> one two\nthree"),
        (">> one \n> two", ">> one \n> two"),
        (">one\n>>two", "> one\n>> two"),
        # A signature is fixed.
        ("bye\n-- \nAnna", "bye\n-- \nAnna"),
        ("bye \n-- \nAnna", "bye \n-- \nAnna"),
    ],
)
def test_lines_are_joined_to_paragraphs(flowed: str, text: str) -> None:
    assert unflow(flowed) == text


def test_the_blank_at_the_end_may_be_none() -> None:
    assert unflow("日 \n本", delete_space=True) == "日本"
