"""Contact points: e-mail, phone, postal address, web and messenger of a person or organisation."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

import phonenumbers

from kontor_chassis.email_addresses import normalise_email
from kontor_chassis.errors import invalid
from kontor_chassis.text import clean_line

# More than anybody has; a hostile list ends here.
MAX_PER_MEDIUM = 50
_SERVICE = re.compile(r"[a-z0-9][a-z0-9.-]{0,29}")
# `https:`, `javascript:`, `mailto:` …, but not the host of `example.org:8080`.
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:(?!\d+(?:[/?#]|$))", re.IGNORECASE)
# No address holds these unescaped (RFC 3986 section 2), and browsers read a backslash as a slash.
_NOT_IN_URLS = re.compile(r"[\s<>\"\\^`{|}]")


@dataclass(frozen=True)
class Email:
    address: str
    kind: str = "work"
    primary: bool = False


@dataclass(frozen=True)
class Phone:
    number: str
    kind: str = "work"
    primary: bool = False
    # Empty where the number cannot be read as one.
    e164: str = ""


@dataclass(frozen=True)
class PostalAddress:
    street: str = ""
    postcode: str = ""
    city: str = ""
    region: str = ""
    # ISO 3166-1 alpha-2.
    country: str = ""
    kind: str = "work"
    primary: bool = False


@dataclass(frozen=True)
class Web:
    url: str
    kind: str = "work"
    primary: bool = False


@dataclass(frozen=True)
class Messenger:
    service: str
    handle: str
    kind: str = "work"
    primary: bool = False


MEDIA = frozenset({"emails", "phones", "addresses", "webs", "messengers"})


@dataclass(frozen=True)
class ContactPoints:
    emails: tuple[Email, ...] = field(default=())
    phones: tuple[Phone, ...] = field(default=())
    addresses: tuple[PostalAddress, ...] = field(default=())
    webs: tuple[Web, ...] = field(default=())
    messengers: tuple[Messenger, ...] = field(default=())


class _Point(Protocol):
    @property
    def primary(self) -> bool: ...


P = TypeVar("P", bound=_Point)


def checked(points: ContactPoints, *, country: str) -> ContactPoints:
    """The points cleaned, with phones read as of `country` where they name none, and exactly one primary per medium.

    Raises InvalidArgument naming the point: `emails[0].address`.
    """
    for medium in sorted(MEDIA):
        if len(getattr(points, medium)) > MAX_PER_MEDIUM:
            raise invalid(medium, f"must have at most {MAX_PER_MEDIUM} entries")
    return ContactPoints(
        emails=_with_primary("emails", _emails(points.emails)),
        phones=_with_primary("phones", [_phone(item, f"phones[{index}]", country) for index, item in enumerate(points.phones)]),
        addresses=_with_primary("addresses", [_address(item, f"addresses[{index}]") for index, item in enumerate(points.addresses)]),
        webs=_with_primary("webs", [_web(item, f"webs[{index}]") for index, item in enumerate(points.webs)]),
        messengers=_with_primary("messengers", [_messenger(item, f"messengers[{index}]") for index, item in enumerate(points.messengers)]),
    )


def e164_of(number: str, country: str) -> str:
    """The number as E.164; empty where it is none. Only the length is checked, new number ranges open every year."""
    try:
        parsed = phonenumbers.parse(number, country or None)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(parsed):
        return ""
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def _emails(items: Sequence[Email]) -> list[Email]:
    """Each address once: what is sent to a person twice annoys, and which of the two is primary would be a guess."""
    cleaned: list[Email] = []
    places: dict[str | None, int] = {}
    for index, item in enumerate(items):
        email = _email(item, f"emails[{index}]")
        first = places.setdefault(normalise_email(email.address), index)
        if first != index:
            raise invalid(f"emails[{index}].address", f"is the same as emails[{first}].address")
        cleaned.append(email)
    return cleaned


def _email(item: Email, where: str) -> Email:
    address = clean_line(item.address, field=f"{where}.address", required=True)
    if normalise_email(address) is None:
        raise invalid(f"{where}.address", "is not an e-mail address")
    return replace(item, address=address)


def _phone(item: Phone, where: str, country: str) -> Phone:
    number = clean_line(item.number, field=f"{where}.number", required=True, limit=100)
    return replace(item, number=number, e164=e164_of(number, country))


def _address(item: PostalAddress, where: str) -> PostalAddress:
    cleaned = replace(
        item,
        street=clean_line(item.street, field=f"{where}.street"),
        postcode=clean_line(item.postcode, field=f"{where}.postcode", limit=20),
        city=clean_line(item.city, field=f"{where}.city"),
        region=clean_line(item.region, field=f"{where}.region"),
        country=item.country.strip().upper(),
    )
    if cleaned.country and cleaned.country not in phonenumbers.SUPPORTED_REGIONS:
        raise invalid(f"{where}.country", "is not a country code (ISO 3166-1 alpha-2)")
    if not (cleaned.street or cleaned.postcode or cleaned.city):
        raise invalid(where, "needs at least a street, a postcode or a city")
    return cleaned


def _messenger(item: Messenger, where: str) -> Messenger:
    service = item.service.strip().lower()
    if not _SERVICE.fullmatch(service):
        raise invalid(f"{where}.service", "is one word of letters, digits, - and .")
    return replace(item, service=service, handle=clean_line(item.handle, field=f"{where}.handle", required=True, limit=200))


def _web(item: Web, where: str) -> Web:
    return replace(item, url=checked_url(item.url, field=f"{where}.url"))


def checked_url(url: str, *, field: str) -> str:
    """Only what leads to a web page: the address becomes a link in other people's browsers. Raises InvalidArgument."""
    url = clean_line(url, field=field, required=True, limit=2000)
    if not _SCHEME.match(url):
        url = f"https://{url}"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise invalid(field, "is not a web address") from error
    if parts.scheme.lower() not in ("http", "https"):
        raise invalid(field, "must begin with http:// or https://")
    if not host or not any(char.isalnum() for char in host) or _NOT_IN_URLS.search(url):
        raise invalid(field, "is not a web address")
    if parts.username is not None or parts.password is not None:
        raise invalid(field, "must not hold a user name or password")
    return url


def _with_primary(medium: str, points: Sequence[P]) -> tuple[P, ...]:
    marked = [index for index, item in enumerate(points) if item.primary]
    if len(marked) > 1:
        raise invalid(f"{medium}[{marked[1]}].primary", "only one can be primary")
    if points and not marked:
        return (replace(points[0], primary=True), *points[1:])  # type: ignore[type-var]
    return tuple(points)
