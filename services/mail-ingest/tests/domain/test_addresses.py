"""Addresses are compared in one spelling."""

import pytest

from kontor_mail_ingest.domain.addresses import normalise_address


@pytest.mark.parametrize(
    ("written", "known_as"),
    [
        ("anna@example.com", "anna@example.com"),
        ("Anna.Berg@Example.COM", "anna.berg@example.com"),
        ("  anna@example.com\r\n", "anna@example.com"),
        ("<anna@example.com>", "anna@example.com"),
        ("'anna@example.com'", "anna@example.com"),
        ('"anna@example.com"', "anna@example.com"),
        ("anna@example.com,", "anna@example.com"),
        ("mailto:Anna@example.com", "anna@example.com"),
        ("<mailto:anna@example.com>", "anna@example.com"),
        ("anna@example.com.", "anna@example.com"),
        ('"anna.berg"@example.com', "anna.berg@example.com"),
        ("anna@müller.example", "anna@xn--mller-kva.example"),
        ("anna@MU\u0308LLER.example", "anna@xn--mller-kva.example"),
        ("anna@xn--mller-kva.example", "anna@xn--mller-kva.example"),
        ("jørgen@example.com", "jørgen@example.com"),
        ("JØRGEN@example.com", "jørgen@example.com"),
        ("o'brien@example.com", "o'brien@example.com"),
        ("anna+shop@example.com", "anna+shop@example.com"),
        ("mailto:@example.com", None),
        ("anna", None),
        ("@example.com", None),
        ("anna@", None),
        ("anna@exa mple.com", None),
        ("a@b@example.com", None),
        ("", None),
        (f"{'a' * 65}@example.com", None),
        (f"anna@{'a' * 64}.example", None),
    ],
)
def test_an_address_is_known_by_one_spelling_or_is_none(written: str, known_as: str | None) -> None:
    assert normalise_address(written) == known_as


def test_the_one_spelling_is_its_own() -> None:
    for written in ("Anna@MÜLLER.example", "<mailto:o'brien@Example.com>,"):
        once = normalise_address(written)
        assert once is not None
        assert normalise_address(once) == once
