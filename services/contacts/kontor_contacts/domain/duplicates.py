"""Whether two records may be one: reasons with weights, added up to a score of 0 to 100. docs/duplicates.md has the table.

What decides is the name. Where names are altogether different, shared addresses and numbers alone make a pair no more than
possible: couples, colleagues and their switchboard share them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from kontor_contacts.domain.names import Likeness, first_names, last_names, organisations

# From here on a pair is told.
POSSIBLE = 50
_MOST_WITHOUT_NAME = 55
_MOST = 100

WEIGHTS: Mapping[str, int] = {
    "same_name": 60,
    "similar_name": 55,
    "sounding_name": 50,
    "swapped_name": 55,
    "partial_name": 30,
    "same_email": 50,
    "same_phone": 30,
    "same_website": 50,
    "same_organisation": 15,
    "same_birthday": 20,
}
# Both birthdays are known and differ: father and son.
_OTHER_BIRTHDAY = -40
_BY_LIKENESS = {Likeness.SAME: "same_name", Likeness.TYPO: "similar_name", Likeness.SOUND: "sounding_name"}


@dataclass(frozen=True)
class Likely:
    """What is compared of a record; names are folded, an organisation's stands in `last` without its legal form."""

    last: str
    first: str = ""
    gender: str = ""
    emails: frozenset[str] = frozenset()
    # E.164.
    phones: frozenset[str] = frozenset()
    # Ids of where somebody works.
    organisations: frozenset[str] = frozenset()
    # Hosts of web sites.
    websites: frozenset[str] = frozenset()
    # `1980-05-01`; empty where the year is not known.
    birthday: str = ""
    # A person's name has two parts; without the first it is not whole.
    is_person: bool = True


@dataclass(frozen=True)
class Match:
    score: int
    reasons: tuple[str, ...]


def match(one: Likely, other: Likely) -> Match:
    """The score, and what it is made of, the weightiest first."""
    name = _by_name(one, other)
    reasons = [name] if name else []
    for reason, ours, theirs in (
        ("same_email", one.emails, other.emails),
        ("same_website", one.websites, other.websites),
        ("same_phone", one.phones, other.phones),
        ("same_organisation", one.organisations, other.organisations),
    ):
        if not ours.isdisjoint(theirs):
            reasons.append(reason)
    score = 0
    if one.birthday and other.birthday:
        if one.birthday == other.birthday:
            reasons.append("same_birthday")
        else:
            score = _OTHER_BIRTHDAY
    score += sum(WEIGHTS[reason] for reason in reasons)
    if name is None:
        score = min(score, _MOST_WITHOUT_NAME)
    return Match(max(0, min(score, _MOST)), tuple(sorted(reasons, key=lambda reason: -WEIGHTS[reason])))


def _by_name(one: Likely, other: Likely) -> str | None:
    if not one.is_person:
        return _BY_LIKENESS.get(organisations(one.last, other.last))
    if one.gender and other.gender and one.gender != other.gender:
        return None
    last = last_names(one.last, other.last)
    if last is Likeness.SAME and _is_partial(one.first, other.first):
        return "partial_name"
    if not (one.first and other.first):
        return None
    straight = min(last, first_names(one.first, other.first))
    if straight is not Likeness.OTHER:
        return _BY_LIKENESS[straight]
    swapped = min(last_names(one.last, other.first), last_names(one.first, other.last))
    return "swapped_name" if swapped >= Likeness.TYPO else None


def _is_partial(one: str, other: str) -> bool:
    """One of them is missing, or the other's initial."""
    shorter, longer = sorted((one.rstrip("."), other.rstrip(".")), key=len)
    return not shorter or (len(shorter) == 1 and len(longer) > 1 and longer.startswith(shorter))
