"""An account (tenant): the values, and the rules that hold whatever stores them."""

import re
import unicodedata
import zoneinfo
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache

import phonenumbers

from kontor_chassis.currencies import DECIMALS
from kontor_chassis.errors import invalid
from kontor_chassis.text import clean_line

LOCALES = frozenset({"de", "en"})
WRITABLE = frozenset({"name", "locale", "time_zone", "currency", "first_weekday", "country"})
SLUG_LIMIT = 40
DEFAULT_SLUG = "kontor"

# A label of a host name (RFC 5890 section 2.3.1), because it becomes one.
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9]|-(?!-))*[a-z0-9]")
# Names of the installation itself.
_RESERVED = frozenset({"admin", "api", "calendar", "mail", "smtp", "static", "www"})
# How German writes its letters where there are only 26.
_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


@dataclass(frozen=True)
class Account:
    name: str
    # Lower-case letters, digits, hyphens; fixed once the account exists, because addresses are made of it.
    slug: str = ""
    locale: str = "de"
    # IANA name.
    time_zone: str = "Europe/Berlin"
    # ISO 4217.
    currency: str = "EUR"
    # 1 Monday to 7 Sunday (ISO 8601).
    first_weekday: int = 1
    # ISO 3166-1 alpha-2.
    country: str = "DE"
    id: str = ""
    version: int = 0
    create_time: datetime | None = None
    update_time: datetime | None = None


def checked_account(account: Account) -> Account:
    """The account with cleaned values; the slug is checked by `checked_slug`. Raises InvalidArgument naming the field."""
    currency, country = account.currency.strip().upper(), account.country.strip().upper()
    if account.locale not in LOCALES:
        raise invalid("locale", "must be de or en")
    if not is_time_zone(account.time_zone):
        raise invalid("time_zone", "is not the name of a time zone such as Europe/Berlin")
    if currency not in DECIMALS:
        raise invalid("currency", "is not an ISO 4217 code such as EUR")
    if not 1 <= account.first_weekday <= 7:
        raise invalid("first_weekday", "must be 1 (Monday) to 7 (Sunday)")
    if country not in phonenumbers.SUPPORTED_REGIONS:
        raise invalid("country", "is not an ISO 3166-1 code such as DE")
    return replace(account, name=clean_line(account.name, field="name", required=True), currency=currency, country=country)


def checked_slug(slug: str) -> str:
    """Raises InvalidArgument naming `slug`."""
    if not 2 <= len(slug) <= SLUG_LIMIT or not _SLUG.fullmatch(slug):
        raise invalid("slug", f"must have 2 to {SLUG_LIMIT} lower-case letters, digits and single hyphens, none at its ends")
    if slug in _RESERVED:
        raise invalid("slug", "is reserved")
    return slug


def slug_from(name: str) -> str:
    """A slug that reads like `name`: Müller & Söhne GmbH → mueller-soehne-gmbh."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFC", name).lower().translate(_GERMAN))
    words = re.findall("[a-z0-9]+", "".join(char for char in plain if not unicodedata.combining(char)))
    slug = "-".join(words)[:SLUG_LIMIT].rstrip("-")
    return slug if len(slug) >= 2 and slug not in _RESERVED else DEFAULT_SLUG


def slug_from_domain(domain: str) -> str:
    """From the domain of an e-mail address: mail.mueller.example → mueller. The longest label before the top level is most likely
    what names the organisation."""
    labels = domain.split(".")[:-1]
    return slug_from(max(labels, key=len)) if labels else DEFAULT_SLUG


def numbered_slug(slug: str, number: int) -> str:
    """The slug for the `number`-th account of the same name; the first one has none."""
    if number == 1:
        return slug
    ending = f"-{number}"
    return slug[: SLUG_LIMIT - len(ending)].rstrip("-") + ending


def with_changes(account: Account, wanted: Account, mask: Collection[str]) -> Account:
    """`account` with the fields in `mask` taken from `wanted`; fields that are not the client's to set stay."""
    if "slug" in mask and wanted.slug != account.slug:
        raise invalid("slug", "cannot be changed")
    return replace(account, **{name: getattr(wanted, name) for name in WRITABLE.intersection(mask)})


def changed_fields(before: Account, after: Account) -> list[str]:
    return sorted(name for name in WRITABLE if getattr(before, name) != getattr(after, name))


def is_time_zone(name: str) -> bool:
    return name in _time_zones()


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())
