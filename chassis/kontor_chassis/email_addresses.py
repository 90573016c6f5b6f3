"""E-mail addresses as values. What is shown stays as typed; what is compared is normalised here."""

import re
import unicodedata
from functools import lru_cache

import idna

# RFC 5321 sections 4.5.3.1.1 and 4.5.3.1.3.
_LOCAL_LIMIT = 64
_LIMIT = 254
_FORBIDDEN = re.compile(r"[\s<>(),;:\"\[\]\\\x00-\x1f\x7f]")


def normalise_email(address: str) -> str | None:
    """The address for comparing: lower case, domain as ASCII (IDNA 2008). None where it is no usable address.

    The local part is compared without case too, against RFC 5321 section 2.4: no provider tells Anna@ from anna@.
    """
    text = unicodedata.normalize("NFC", address.strip())
    local, at, domain = text.rpartition("@")
    if not at or not local or len(local.encode()) > _LOCAL_LIMIT or _FORBIDDEN.search(local) or "@" in local:
        return None
    ascii_domain = _as_ascii(domain)
    if ascii_domain is None:
        return None
    normalised = f"{local.casefold()}@{ascii_domain}"
    return normalised if len(normalised) <= _LIMIT else None


# The same domains come again and again, and looking at one takes longer than all the rest.
@lru_cache(maxsize=4096)
def _as_ascii(domain: str) -> str | None:
    try:
        return idna.encode(domain.rstrip(".").lower(), uts46=True).decode()
    except (idna.IDNAError, UnicodeError):
        return None
