"""Text as it comes from outside: cleaned, bounded, comparable. Unicode NFC in storage (UAX 15)."""

import unicodedata

from kontor_chassis.errors import invalid

LINE = 300
TEXT = 100_000


def clean_line(value: str, *, field: str, required: bool = False, limit: int = LINE) -> str:
    """One line of text: NFC, control characters and runs of white space become one blank, ends trimmed.

    Raises InvalidArgument naming `field` where nothing is left of a required one, or more than `limit` characters are.
    """
    printable = "".join(" " if unicodedata.category(char) in ("Cc", "Zl", "Zp", "Cs") else char for char in value)
    line = " ".join(unicodedata.normalize("NFC", printable).split())
    if required and not line:
        raise invalid(field, "must not be empty")
    if len(line) > limit:
        raise invalid(field, f"must have at most {limit} characters")
    return line


def clean_text(value: str, *, field: str, required: bool = False, limit: int = TEXT) -> str:
    """Running text: NFC, line ends as LF, other control characters removed, ends trimmed. Raises like `clean_line`."""
    lines = value.replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(char for char in lines if char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cs"))
    text = unicodedata.normalize("NFC", kept).strip()
    if required and not text:
        raise invalid(field, "must not be empty")
    if len(text) > limit:
        raise invalid(field, f"must have at most {limit} characters")
    return text


def fold(value: str) -> str:
    """For sorting and comparing: without case and accents, ß as ss (DIN 5007-1: ä sorts as a)."""
    if value.isascii():
        return " ".join(value.lower().split())
    decomposed = unicodedata.normalize("NFKD", value.casefold())
    return " ".join("".join(char for char in decomposed if not unicodedata.combining(char)).split())


def prefix_end(prefix: str) -> str:
    """The upper end of the range of texts that begin with `prefix`, for `>= prefix AND < prefix_end(prefix)`."""
    return prefix + "\U0010ffff"
