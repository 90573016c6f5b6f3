"""The excerpt that a hit shows: HTML-safe, with what matched in <em>…</em>."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from html import escape

from kontor_search.domain.queries import Term, typing_mistakes
from kontor_search.domain.words import fold

# Letters of an excerpt, before HTML needs more, and how many of them stand before the first match.
MAX_EXCERPT = 160
_BEFORE = 40
# Texts are looked through in pieces, so that a match deep in a long one costs little; they overlap by more than a word.
_PIECE = 1_000
_OVERLAP = 100

_WORD = re.compile(r"[^\W_]+")
_BLANKS = re.compile(r"\s+")
Span = tuple[int, int]


def excerpt(terms: Sequence[Term], texts: Iterable[str]) -> str:
    """From the first text in which a term begins a word, else in which it stands at all, else misspelt; else how the first text begins."""
    present = [text for text in texts if text]
    for pattern in _patterns(terms):
        for text in present:
            for piece in _pieces(text):
                if pattern.search(fold(piece)):
                    return _marked(piece, _spans(piece, pattern))
    wanted = tuple(word[0] for term in terms for word in term.words if typing_mistakes(word[0]))
    for text in present:
        piece = next(_pieces(text))
        spans = [match.span() for match in _WORD.finditer(piece) if _misspelt(match[0], wanted)]
        if spans:
            return _marked(piece, spans)
    return _marked(next(_pieces(present[0])), []) if present else ""


def _patterns(terms: Sequence[Term]) -> Iterator[re.Pattern[str]]:
    """What to find in folded text: the terms at the beginning of words, then anywhere. Written-out umlauts count as umlauts."""
    forms = sorted({form for term in terms for word in term.words for form in word}, key=len, reverse=True)
    numbers = sorted({number.lstrip("0?") for term in terms for number in term.numbers}, key=len, reverse=True)
    written = [r"[^0-9]{0,3}".join(number) for number in numbers if number] + [re.sub("(?<=[aou])", "e?", form) for form in forms]
    if written:
        either = "|".join(written)
        yield re.compile(rf"(?<![^\W_])(?:{either})")
        yield re.compile(either)


def _pieces(text: str) -> Iterator[str]:
    for start in range(0, len(text), _PIECE):
        yield _BLANKS.sub(" ", text[max(start - _OVERLAP, 0) : start + _PIECE]).strip()


def _spans(piece: str, pattern: re.Pattern[str]) -> list[Span]:
    """Where `piece` matches: found in the folded letters, told for the original ones."""
    folded = [_fold_letter(letter) for letter in piece]
    origin = [index for index, letters in enumerate(folded) for _ in letters]
    return [(origin[match.start()], origin[match.end() - 1] + 1) for match in pattern.finditer("".join(folded))]


@lru_cache(maxsize=4_096)
def _fold_letter(letter: str) -> str:
    return fold(letter)


def _marked(piece: str, spans: Sequence[Span]) -> str:
    first = spans[0][0] if spans else 0
    start = first - _BEFORE if first > MAX_EXCERPT // 2 else 0
    end = start + MAX_EXCERPT
    html = ["…"] if start else []
    at = start
    for begin, stop in spans:
        if at <= begin and stop <= end:
            html += [escape(piece[at:begin]), "<em>", escape(piece[begin:stop]), "</em>"]
            at = stop
    return "".join(html) + escape(piece[at:end]) + ("…" if len(piece) > end else "")


@lru_cache(maxsize=10_000)
def _misspelt(word: str, wanted: tuple[str, ...]) -> bool:
    folded = fold(word)
    return any(_near(folded, other, typing_mistakes(other)) for other in wanted)


def _near(word: str, other: str, allowed: int) -> bool:
    """Whether the beginning of `word` becomes `other` by so many mistakes (optimal string alignment distance)."""
    # Most words are done with this: each mistake can cost only one of the first letters.
    first = other[: allowed + 2]
    if len(word) < len(other) - allowed or sum(letter in word[: 2 * allowed + 2] for letter in first) < len(first) - allowed:
        return False
    older: list[int] = []
    before = list(range(len(other) + 1))
    for index, letter in enumerate(word[: len(other) + allowed]):
        row = [index + 1]
        for place, wanted in enumerate(other):
            cost = min(before[place + 1] + 1, row[place] + 1, before[place] + (letter != wanted))
            if index and place and letter == other[place - 1] and word[index - 1] == wanted:
                cost = min(cost, older[place - 1] + 1)
            row.append(cost)
        older, before = before, row
        if row[-1] <= allowed:
            return True
        if min(row) > allowed and min(older) > allowed:
            return False
    return False
