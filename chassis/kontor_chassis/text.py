"""Text as it comes from outside: cleaned, bounded, comparable. Unicode NFC in storage (UAX 15)."""

import re
import unicodedata

from kontor_chassis.errors import invalid

LINE = 300
TEXT = 100_000

# The general categories Cc (control), Cs (lone surrogates), Zl and Zp (separators of lines) as patterns: asking for each character's
# category is slow.
_NOT_IN_LINES = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]")
# The same for Cc but LF and tabulator, and Cs.
_NOT_IN_TEXTS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")

# What is not to be seen and turns the text around it, or hides in it: embeddings, overrides, isolates and marks of direction
# (UAX 9; the letters of a script know their own direction), zero-width space, word joiner, byte order mark. The joiners U+200C
# and U+200D stay: Persian and Indic names and composed emoji need them.
_UNSEEN_IN_LINES = re.compile("[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
# Letters that do not decompose, as German keyboards write them.
_LETTERS = str.maketrans({"ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ı": "i", "ŧ": "t", "æ": "ae", "œ": "oe", "þ": "th"})
# The rule of the Snowball stemmer "German2": ae, oe and ue are umlauts, ue not after a vowel or q (Bauer, Quelle).
_UMLAUT_E = re.compile("(?<=[ao])e|(?<=(?<![aeiouyq])u)e")


def clean_line(value: str, *, field: str, required: bool = False, limit: int = LINE) -> str:
    """One line of text: NFC, control characters and runs of white space become one blank, unseen ones that turn or hide text go,
    ends trimmed.

    Raises InvalidArgument naming `field` where nothing is left of a required one, or more than `limit` characters are.
    """
    if not value.isascii():
        value = _UNSEEN_IN_LINES.sub("", value)
    line = " ".join(unicodedata.normalize("NFC", _NOT_IN_LINES.sub(" ", value)).split())
    if required and not line:
        raise invalid(field, "must not be empty")
    if len(line) > limit:
        raise invalid(field, f"must have at most {limit} characters")
    return line


def clean_text(value: str, *, field: str, required: bool = False, limit: int = TEXT) -> str:
    """Running text: NFC, line ends as LF, other control characters removed, ends trimmed. Raises like `clean_line`."""
    lines = value.replace("\r\n", "\n").replace("\r", "\n")
    text = unicodedata.normalize("NFC", _NOT_IN_TEXTS.sub("", lines)).strip()
    if required and not text:
        raise invalid(field, "must not be empty")
    if len(text) > limit:
        raise invalid(field, f"must have at most {limit} characters")
    return text


def fold(value: str) -> str:
    """For sorting and comparing: without case and accents, ß as ss (DIN 5007-1: ä sorts as a), and written-out umlauts as umlauts, so
    that Öztürk, Oeztuerk and Ozturk are one, as in search.

    Keeps prefixes: the beginning of a text folds to the beginning of the folded text, for lists that narrow as one types.
    """
    if value.isascii():
        folded = value.lower()
    else:
        decomposed = unicodedata.normalize("NFKD", value.casefold())
        folded = "".join(char for char in decomposed if not unicodedata.combining(char)).translate(_LETTERS)
    return " ".join(_UMLAUT_E.sub("", folded).split())


def prefix_end(prefix: str) -> str:
    """The upper end of the range of texts that begin with `prefix`, for `>= prefix AND < prefix_end(prefix)`."""
    return prefix + "\U0010ffff"
