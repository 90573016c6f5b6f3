"""What an index is told of a document, field by field: words, parts of words, and what it gives back for a hit."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from kontor_search.domain import phones, words
from kontor_search.domain.documents import NAMED_KINDS, IndexDocument
from kontor_search.domain.highlights import excerpt
from kontor_search.domain.queries import Term
from kontor_search.index.port import Hit

# Names, addresses and the like; the rest of a longer one is not searchable.
MAX_FIELD = 1_000
# Entries of a repeated field.
MAX_ENTRIES = 200

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Shown:
    """The texts of a document as they are shown, in NFC and within limits."""

    title: str
    keywords: tuple[str, ...]
    text: str
    tags: tuple[str, ...]
    emails: tuple[str, ...]
    phones: tuple[str, ...]
    subjects: tuple[str, ...]


@dataclass(frozen=True)
class Stored:
    """What is kept as JSON, for hits."""

    ref: str
    kind: str
    # Microseconds since 1970.
    updated: int
    texts: Shown


@dataclass(frozen=True)
class Material:
    """The folded words of a document, of its names, of the facts around them and of its running text; and the parts of those words."""

    names: list[str]
    name_parts: list[str]
    facts: list[str]
    fact_parts: list[str]
    text: list[str]
    text_parts: list[str]
    phones: list[str]


def shown(document: IndexDocument) -> Shown:
    return Shown(
        title=words.clean(document.title[:MAX_FIELD]),
        keywords=_entries(document.keywords),
        text=words.clean(document.text),
        tags=_entries(document.tags),
        emails=_entries(document.emails),
        phones=_entries(document.phones),
        subjects=_entries(document.subjects),
    )


def material(texts: Shown) -> Material:
    names = words.words(texts.title)
    facts = words.words("\n".join((*texts.keywords, *texts.emails, *texts.tags)))
    text = words.words(texts.text)
    return Material(
        names=names,
        name_parts=list(words.parts(names)),
        facts=facts,
        fact_parts=list(words.parts(facts)),
        text=text,
        text_parts=list(words.parts(text)),
        phones=[part for phone in texts.phones for part in phones.parts(phone)],
    )


def microseconds(time: datetime) -> int:
    """Since 1970, in UTC; what filters by time compare."""
    return (time - _EPOCH) // timedelta(microseconds=1)


def precedence(document: IndexDocument) -> float:
    """Decides between equally good hits, 0 to 1: records with a name of their own first, then what changed last."""
    days = min(max((document.update_time - _EPOCH).days, 0), 73_000) / 73_000
    return (0.5 if document.kind in NAMED_KINDS else 0.0) + days / 2


def _entries(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(words.clean(value[:MAX_FIELD]) for value in values[:MAX_ENTRIES])


def stored(document: IndexDocument, texts: Shown) -> Stored:
    return Stored(document.ref, document.kind, microseconds(document.update_time), texts)


def hit(found: Mapping[str, Any], wanted: Sequence[Term], *, score: float) -> Hit:
    """The hit of a document whose `Stored` came back from JSON as `found`."""
    texts = found["texts"]
    return Hit(
        ref=found["ref"],
        kind=found["kind"],
        title=texts["title"],
        highlight=excerpt(wanted, _in_order(texts)),
        subjects=tuple(texts["subjects"]),
        update_time=_EPOCH + timedelta(microseconds=found["updated"]),
        score=score,
    )


def _in_order(texts: Mapping[str, Any]) -> Iterator[str]:
    """Where an excerpt is looked for, first things first."""
    yield texts["title"]
    for name in ("keywords", "emails", "phones", "tags"):
        yield from texts[name]
    yield texts["text"]
