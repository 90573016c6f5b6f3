"""E-mail addresses for comparing. What is shown stays as written."""

import re
import unicodedata

from kontor_chassis.email_addresses import normalise_email

# Around an address, as people paste it and broken programs write it.
_AROUND = " \t\r\n<>,;\u00a0\u200b\ufeff"
_QUOTES = "'\""
_SCHEME = re.compile(r"mailto:", re.IGNORECASE)
# A local part that is quoted without need: both are the same mailbox (RFC 5321 section 4.1.2).
_QUOTED_LOCAL = re.compile(r'"([^\s"\\@<>(),:;\[\]]+)"@(.+)')


def normalise_address(text: str) -> str | None:
    """The address by which the address book knows it; None where there is none in it. Idempotent."""
    address = unicodedata.normalize("NFC", text).strip(_AROUND)
    if scheme := _SCHEME.match(address):
        address = address[scheme.end() :]
    if quoted := _QUOTED_LOCAL.fullmatch(address):
        address = f"{quoted[1]}@{quoted[2]}"
    return normalise_email(address.strip(_AROUND + _QUOTES))
