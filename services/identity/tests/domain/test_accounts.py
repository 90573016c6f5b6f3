"""Accounts (A1): slugs and the values that an account may have."""

from dataclasses import replace

import pytest

from kontor_chassis.errors import InvalidArgument
from kontor_identity.domain.accounts import Account, checked_account, checked_slug, numbered_slug, slug_from, slug_from_domain


@pytest.mark.parametrize("slug", ["ab", "kontor", "mueller-soehne", "4711", "a" * 40])
def test_a_slug_is_a_label_of_a_host_name(slug: str) -> None:
    assert checked_slug(slug) == slug


@pytest.mark.parametrize(
    "slug", ["a", "", "a" * 41, "Kontor", "-kontor", "kontor-", "xn--mller-kva", "a b", "a.b", "a_b", "müller", "ab\n", "www", "api", "٣٣"]
)
def test_what_cannot_be_a_web_address_is_no_slug(slug: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        checked_slug(slug)
    assert caught.value.violations[0].field == "slug"


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Müller & Söhne GmbH", "mueller-soehne-gmbh"),
        ("Öztürk", "oeztuerk"),
        ("Café Größe", "cafe-groesse"),
        ("  --  ", "kontor"),
        ("株式会社", "kontor"),
        ("API", "kontor"),
        ("x" * 39 + " y", "x" * 39),
    ],
)
def test_a_slug_reads_like_the_name(name: str, slug: str) -> None:
    assert checked_slug(slug_from(name)) == slug


@pytest.mark.parametrize(
    ("domain", "slug"),
    [("mueller.example", "mueller"), ("mail.mueller.example", "mueller"), ("firma.co.uk", "firma"), ("localhost", "kontor")],
)
def test_the_first_slug_comes_from_the_domain_of_the_owner(domain: str, slug: str) -> None:
    assert slug_from_domain(domain) == slug


def test_a_numbered_slug_stays_a_slug() -> None:
    assert numbered_slug("kontor", 1) == "kontor"
    assert checked_slug(numbered_slug("x" * 37 + "-yz", 12)) == "x" * 37 + "-12"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " \x00 "),
        ("name", "x" * 301),
        ("locale", "fr"),
        ("locale", ""),
        ("time_zone", "Europe/Atlantis"),
        ("time_zone", "../../etc/passwd"),
        ("time_zone", ""),
        ("currency", "EURO"),
        ("currency", "XXX"),
        ("currency", "XAU"),
        ("first_weekday", 0),
        ("first_weekday", 8),
        ("country", "XX"),
        ("country", "DEU"),
    ],
)
def test_a_wrong_value_is_refused_with_the_field_named(field: str, value: object) -> None:
    with pytest.raises(InvalidArgument) as caught:
        checked_account(replace(Account(name="Kontor"), **{field: value}))  # type: ignore[arg-type]
    assert caught.value.violations[0].field == field


def test_codes_may_come_in_lower_case() -> None:
    account = checked_account(Account(name="Kontor", currency="chf", country="ch", time_zone="Europe/Zurich"))
    assert (account.currency, account.country) == ("CHF", "CH")
