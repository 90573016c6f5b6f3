"""Secrets that we make: 256 random bits behind a prefix that says what they open. Stored as SHA-256 only.

A plain hash is enough, unlike for passwords: nobody guesses 256 bits, so there is nothing to slow down.
"""

import hashlib
import re
import secrets

SESSION = "kts_"
API_KEY = "ktk_"
FEED = "ktf_"

_FORM = re.compile(r"kt[skf]_[A-Za-z0-9_-]{43}")


def new_token(prefix: str) -> str:
    return prefix + secrets.token_urlsafe(32)


def has_form(token: str) -> bool:
    """Whether this can be one of ours at all."""
    return _FORM.fullmatch(token) is not None


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
