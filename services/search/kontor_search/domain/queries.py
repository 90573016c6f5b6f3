"""What the user typed, as terms of which a hit must contain every one."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from kontor_chassis.visibility import Viewer
from kontor_search.domain import phones, words

# What a user types; the rest of a longer text is not looked at.
MAX_QUERY = 200
# Each further word costs time and finds nothing more.
MAX_TERMS = 10
# Hits behind this one cannot be asked for.
MAX_DEPTH = 1_000

_NUMBER = re.compile(r"(?<![^\W_])(?:\+|\(\+?)?[0-9][0-9 ()/.\-]*[0-9](?![^\W_])")


@dataclass(frozen=True)
class Term:
    """A word, or a phone number with the words that it would be if it were none.

    A document has the term if it has each of the words in one of its forms, or a phone part that begins with one of the `numbers`.
    """

    words: tuple[tuple[str, ...], ...]
    numbers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Query:
    """One search. Filters narrow the hits; the counts per kind do not regard `kinds`."""

    text: str
    kinds: frozenset[str] = frozenset()
    # A hit has all of these, compared without case.
    tags: frozenset[str] = frozenset()
    owner_user_id: str = ""
    # Who asks; what is not visible to them is neither found nor counted.
    viewer: Viewer = None
    # From (inclusive) and until (exclusive) this time of the last change.
    updated_from: datetime | None = None
    updated_until: datetime | None = None
    limit: int = 20
    offset: int = 0


def terms(text: str) -> tuple[Term, ...]:
    """The terms of a typed text in their order; none if it has no letter or digit. Every text is a valid query."""
    text = unicodedata.normalize("NFKC", text[:MAX_QUERY])
    found: list[Term] = []
    rest = 0
    for match in _NUMBER.finditer(text):
        numbers = phones.beginnings(match[0])
        if numbers:
            found += _plain(text[rest : match.start()])
            found.append(Term(tuple(words.forms(word) for word in words.split(match[0])), tuple(numbers)))
            rest = match.end()
    found += _plain(text[rest:])
    return tuple(dict.fromkeys(found))[:MAX_TERMS]


def typing_mistakes(word: str) -> int:
    """How many wrong, missing, additional or swapped letters a typed word may have. None where it has digits: those tell things apart."""
    return 0 if len(word) < 4 or not word.isalpha() else 1 if len(word) < 8 else 2


def tag_key(tag: str) -> str:
    """Tags are the same if they differ in case or outer blanks only."""
    return words.clean(tag).strip().casefold()[:200]


def _plain(text: str) -> list[Term]:
    return [Term((words.forms(word),)) for word in words.split(text)]
