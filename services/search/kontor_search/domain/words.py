"""Words as search compares them: without case, accents and the three ways to write an umlaut; and the parts of words.

Every word has one or two forms. The first is the word folded (`Müller` → `muller`, `Mueller` → `mueller`), the second, where it
differs, has the written-out umlauts folded too (`muller`). Two words are the same if they share a form, so Müller = Mueller = Muller,
and yet `Einrichtung` is found in `Büroeinrichtung`, where `oe` is no umlaut. The rule for the second form is that of the
Snowball stemmer "German2": ae → a, oe → o, and ue → u unless a vowel or q stands before it (Bauer, Quelle).

Folding keeps prefixes: the beginning of a word folds to the beginning of the folded word. As-you-type search rests on that.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

# More than any record needs; what lies behind is not searchable. Bounds work and memory for hostile text.
MAX_TEXT = 100_000
# Longer "words" are encoded data; they are cut, so that their beginning is still found.
MAX_WORD = 64
# Shorter parts of words would find everything.
MIN_PART = 3
# Parts are compared up to this length.
MAX_PART = 32

# NFKD sorts runs of combining marks in quadratic time, hence it is applied piece by piece.
_PIECE = 256
# Accents and vowel points of the scripts that can be read without them.
_MARKS = re.compile(
    "[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
)
# Soft hyphens, zero-width characters, marks of writing direction: not to be seen, hence not to be searched.
_INVISIBLE = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff]")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LETTERS = str.maketrans({"ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ı": "i", "ŧ": "t", "æ": "ae", "œ": "oe", "þ": "th"})
_WORD = re.compile(r"[^\W_]+")
_COMPOUND = re.compile(r"(?<![^\W_])[^\W_]+(?:['’\-‐–][^\W_]+)+")
_JOINT = re.compile(r"['’\-‐–]")
_UMLAUT_E = re.compile(r"(?<=[ao])e|(?<=(?<![aeiouyq])u)e")


def clean(text: str) -> str:
    """`text` in NFC, cut to MAX_TEXT, without control characters and what UTF-8 cannot carry."""
    text = _CONTROLS.sub(" ", text[:MAX_TEXT])
    if text.isascii():
        return text
    text = text.encode("utf-8", "replace").decode("utf-8")
    if unicodedata.is_normalized("NFC", text):
        return text
    return "".join(unicodedata.normalize("NFC", piece) for piece in _pieces(text))


def fold(text: str) -> str:
    """`text` without case, accents and invisible characters. Letters that stand for two become two: ß → ss, æ → ae."""
    if text.isascii():
        return text.lower()
    folded = "".join(unicodedata.normalize("NFKD", piece).casefold() for piece in _pieces(_INVISIBLE.sub("", text)))
    return _MARKS.sub("", folded).translate(_LETTERS)


def forms(word: str) -> tuple[str, ...]:
    """The forms of a folded word, see above."""
    # Most words are done with these tests; the expression alone would be the dearest step of indexing.
    if "ae" not in word and "oe" not in word and "ue" not in word:
        return (word,)
    short = _UMLAUT_E.sub("", word)
    return (word,) if short == word else (word, short)


def split(text: str) -> list[str]:
    """The folded words of `text` in their order."""
    return _split(fold(text[:MAX_TEXT]))


def words(text: str) -> list[str]:
    """All that is to be found as a word in `text`: its words in all forms, and compounds such as E-Mail or O'Brien joined as well."""
    folded = fold(text[:MAX_TEXT])
    found = _split(folded)
    if _JOINT.search(folded):
        found += [_JOINT.sub("", compound)[:MAX_WORD] for compound in _COMPOUND.findall(folded)]
    return found + [form for word in found for form in forms(word)[1:]]


def parts(found: Iterable[str], *, limit: int = 200_000) -> Iterator[str]:
    """For each distinct word the parts by whose beginning any part of it is found: what remains after 1, 2, 3 … letters.

    `limit` bounds the characters that come out in all.
    """
    for word in dict.fromkeys(found):
        ends = _ends(word)
        limit -= len(ends)
        if limit < 0:
            return
        if ends:
            yield ends


@lru_cache(maxsize=20_000)
def _ends(word: str) -> str:
    return " ".join(word[start : start + MAX_PART] for start in range(1, len(word) - MIN_PART + 1))


def _split(folded: str) -> list[str]:
    found = _WORD.findall(folded)
    return found if max(map(len, found), default=0) <= MAX_WORD else [word[:MAX_WORD] for word in found]


def _pieces(text: str) -> Iterator[str]:
    return (text[start : start + _PIECE] for start in range(0, len(text), _PIECE))
