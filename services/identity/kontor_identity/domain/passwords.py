"""Which passwords are accepted, and in which form they are hashed."""

import unicodedata

from kontor_chassis.errors import invalid

MIN_CHARACTERS = 10
MAX_CHARACTERS = 1024


def normalised(password: str, *, field: str) -> str:
    """The password as it is hashed: NFKC, so that it is the same from every keyboard (NIST SP 800-63B section 5.1.1.2).

    Raises InvalidArgument naming `field` where it is longer than any password may be, so that nobody makes us hash megabytes.
    """
    if len(password) > MAX_CHARACTERS:
        raise invalid(field, f"must have at most {MAX_CHARACTERS:,} characters")
    return unicodedata.normalize("NFKC", password)


def checked_password(password: str, *, field: str) -> str:
    """A new password, in the form in which it is hashed. Raises InvalidArgument naming `field`; never repeats the password."""
    text = normalised(password, field=field)
    if len(text) < MIN_CHARACTERS:
        raise invalid(field, f"must have at least {MIN_CHARACTERS} characters")
    if len(text) > MAX_CHARACTERS:
        raise invalid(field, f"must have at most {MAX_CHARACTERS:,} characters")
    return text
