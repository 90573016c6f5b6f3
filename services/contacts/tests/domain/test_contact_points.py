"""Contact points are cleaned, and what would harm whoever uses them is refused (B3)."""

import pytest

from kontor_chassis.errors import InvalidArgument
from kontor_contacts.domain.contact_points import ContactPoints, Email, Web, checked


def url_of(url: str) -> str:
    return checked(ContactPoints(webs=(Web(url),)), country="DE").webs[0].url


def fault_of(points: ContactPoints) -> tuple[str, str]:
    with pytest.raises(InvalidArgument) as caught:
        checked(points, country="DE")
    [violation] = caught.value.violations
    return violation.field, violation.message


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("example.org", "https://example.org"),
        ("www.müller.example/über?a=1#b", "https://www.müller.example/über?a=1#b"),
        ("example.org:8080/x", "https://example.org:8080/x"),
        ("HTTP://example.org", "HTTP://example.org"),
        ("https://[2001:db8::1]:8443/", "https://[2001:db8::1]:8443/"),
        (" https://example.org/a\u202eb ", "https://example.org/ab"),
        ("example.org/login?to=https://other.example", "https://example.org/login?to=https://other.example"),
    ],
)
def test_a_web_address_is_kept_as_typed_with_https_where_it_names_nothing(typed: str, url: str) -> None:
    assert url_of(typed) == url


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("javascript:alert(1)", "must begin with http:// or https://"),
        ("JavaScript:alert(1)//example.org", "must begin with http:// or https://"),
        ("java\u200bscript:alert(1)", "must begin with http:// or https://"),
        ("javascript://example.org/%0aalert(1)", "must begin with http:// or https://"),
        ("data:text/html,<script>", "must begin with http:// or https://"),
        ("mailto:anna@example.org", "must begin with http:// or https://"),
        ("ftp://example.org", "must begin with http:// or https://"),
        ("file:///etc/passwd", "must begin with http:// or https://"),
        ("https:example.org", "is not a web address"),
        ("https://", "is not a web address"),
        ("https:///path", "is not a web address"),
        ("https://./", "is not a web address"),
        ("https://exa mple.org", "is not a web address"),
        ("https://example.org\\@other.example", "is not a web address"),
        ("https://example.org:99999", "is not a web address"),
        ("https://[::1", "is not a web address"),
        ("https://example.org/<script>", "is not a web address"),
        ("https://bank.example@other.example", "must not hold a user name or password"),
        ("", "must not be empty"),
    ],
)
def test_what_leads_anywhere_else_is_refused_naming_the_field(url: str, message: str) -> None:
    assert fault_of(ContactPoints(webs=(Web("example.org"), Web(url)))) == ("webs[1].url", message)


@pytest.mark.parametrize(
    "again", ["anna@müller.example", "ANNA@MÜLLER.example", "anna@xn--mller-kva.example", " anna\u200b@müller.example "]
)
def test_an_address_that_is_there_already_is_refused_naming_both(again: str) -> None:
    emails = (Email("anna@müller.example"), Email("a@müller.example"), Email(again, kind="private"))
    assert fault_of(ContactPoints(emails=emails)) == ("emails[2].address", "is the same as emails[0].address")


def test_different_addresses_may_look_alike() -> None:
    emails = (Email("anna@müller.example"), Email("anna@mueller.example"), Email("anna+crm@müller.example"))
    assert [email.primary for email in checked(ContactPoints(emails=emails), country="DE").emails] == [True, False, False]
