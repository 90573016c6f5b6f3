"""Secrets of web forms: the key in the address, the token that says when a page was made, the token in a mail."""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
import struct
from dataclasses import dataclass
from datetime import UTC, datetime

_KEY = re.compile(r"[A-Za-z0-9_-]{22}")
_CONFIRMATION = re.compile(r"[A-Za-z0-9_-]{43}")
# Seconds since 1970, what makes the page one of its own, and the signature (RFC 2104 section 5 on cutting it).
_TIME = struct.Struct(">Q")
_ID_BYTES = 12
_SIGNATURE_BYTES = 16
_LENGTH = _TIME.size + _ID_BYTES + _SIGNATURE_BYTES


@dataclass(frozen=True)
class PageToken:
    made_time: datetime
    # Of the page; a page is sent once.
    id: str


def new_key() -> str:
    """128 random bits. It stands in public pages, so it is kept as it is: it opens the form and nothing else."""
    return secrets.token_urlsafe(16)


def is_key(text: str) -> bool:
    return _KEY.fullmatch(text) is not None


def new_secret() -> str:
    """What a form signs its pages with; never shown."""
    return secrets.token_hex(32)


def new_confirmation() -> str:
    """256 random bits, stored as SHA-256 only."""
    return secrets.token_urlsafe(32)


def is_confirmation(text: str) -> bool:
    return _CONFIRMATION.fullmatch(text) is not None


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def new_page_token(secret: str, *, now: datetime) -> str:
    content = _TIME.pack(int(now.timestamp())) + secrets.token_bytes(_ID_BYTES)
    return base64.urlsafe_b64encode(content + _signature(secret, content)).decode()


def read_page_token(secret: str, token: str) -> PageToken | None:
    """None where it is none that the form has signed."""
    try:
        content = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(content) != _LENGTH:
        return None
    told, signature = content[:-_SIGNATURE_BYTES], content[-_SIGNATURE_BYTES:]
    if not hmac.compare_digest(signature, _signature(secret, told)):
        return None
    return PageToken(datetime.fromtimestamp(_TIME.unpack(told[: _TIME.size])[0], tz=UTC), told[_TIME.size :].hex())


def bucket_key(secret: str, *parts: str) -> str:
    """What a sender is counted under. Keyed, because addresses of networks are few enough to be guessed from a plain hash."""
    return _digest(secret, "\0".join(("bucket", *parts)).encode()).hex()


def _signature(secret: str, content: bytes) -> bytes:
    return _digest(secret, b"page\0" + content)[:_SIGNATURE_BYTES]


def _digest(secret: str, content: bytes) -> bytes:
    return hmac.new(secret.encode(), content, hashlib.sha256).digest()
