"""How alike two names are: the same, but for a typing error, or by their sound in German. Names are folded (kontor_chassis.text)."""

from enum import IntEnum
from functools import lru_cache

import cologne_phonetics
from rapidfuzz.distance import OSA, Prefix

# Shorter names have too many neighbours: Ott, Otto, Utt.
_SHORTEST = 4
# From here on two errors are no more than one in a short name.
_LONG = 9
_MOST_LONGER = 2


class Likeness(IntEnum):
    OTHER = 0
    SOUND = 1
    TYPO = 2
    SAME = 3


@lru_cache(maxsize=50_000)
def sound(name: str) -> str:
    """By Cologne phonetics (Postel 1969), word by word; what has no Latin letters sounds as it is written."""
    return " ".join(cologne_phonetics.encode(word)[0][1] or word for word in name.replace("-", " ").split())


def last_names(one: str, other: str) -> Likeness:
    """Of last names, and single words of organisations' names."""
    if one == other:
        return Likeness.SAME
    if _typo(one, other):
        return Likeness.TYPO
    return Likeness.SOUND if _sounds(one, other) else Likeness.OTHER


def first_names(one: str, other: str) -> Likeness:
    """As `last_names`; but what differs in its ending only is another name: Jan and Jana, Andrea and Andreas, Christian and Christina."""
    if one == other:
        return Likeness.SAME
    if Prefix.similarity(one, other) >= max(len(one), len(other)) - 2:
        return Likeness.OTHER
    return last_names(one, other)


def organisations(one: str, other: str) -> Likeness:
    """Of names of organisations as `likely.core_name` makes them, word by word: Stadtwerke Köln and Stadtwerke Bonn are two."""
    ours, theirs = one.split(), other.split()
    if len(ours) != len(theirs):
        return Likeness.OTHER
    return min(last_names(word, counterpart) for word, counterpart in zip(ours, theirs, strict=True))


def _sounds(one: str, other: str) -> bool:
    """Of about one length: Hans and Johannes sound alike only to the rules."""
    if min(len(one), len(other)) < _SHORTEST or abs(len(one) - len(other)) > _MOST_LONGER:
        return False
    return len(sound(one)) > 1 and sound(one) == sound(other)


def _typo(one: str, other: str) -> bool:
    """One letter more, less, other or exchanged with its neighbour (optimal string alignment); in long names two."""
    longest = max(len(one), len(other))
    if min(len(one), len(other)) < _SHORTEST:
        return False
    allowed = 2 if longest >= _LONG else 1
    return OSA.distance(one, other, score_cutoff=allowed) <= allowed
