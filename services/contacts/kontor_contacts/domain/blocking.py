"""Keys that records which may be one have in common, so that not everybody need be compared with everybody.

Two records that `duplicates.match` finds alike have at least one key in common, but for few: one typing error spares the beginning or
the end of a name, or its sound, and the other name. Keys are hashed, which keeps them short, spreads them evenly,
and keeps addresses out of one more table; what a hash brings together by chance is compared and found to be different.
"""

import hashlib
from collections.abc import Iterator

from kontor_contacts.domain.duplicates import Likely
from kontor_contacts.domain.names import sound

# A key that more records have is too common to tell anything: everybody called Müller, a switchboard.
COMMON = 50
# Enough for anybody; a record with fifty addresses is found by its first ones.
_MOST_POINTS = 5
_PART = 3
_LONG_PART = 8


def keys_of(record: Likely) -> frozenset[int]:
    return frozenset(_hashed(text) for text in _texts(record))


def _texts(record: Likely) -> Iterator[str]:
    for kind, values in (("@", record.emails), ("+", record.phones), ("/", record.websites)):
        yield from (kind + value for value in sorted(values)[:_MOST_POINTS])
    if not record.is_person:
        yield from _of_organisation(record.last)
        return
    first, last = sound(record.first), sound(record.last)
    initial = record.first[:1]
    yield f"n{last}|{initial}"
    yield from (f"o{organisation}|{last}" for organisation in sorted(record.organisations)[:_MOST_POINTS])
    if record.first:
        yield f"s{'|'.join(sorted((first, last)))}"
        yield f"b{record.last[:_PART]}|{first}"
        yield f"e{record.last[-_PART:]}|{first}"


def _of_organisation(name: str) -> Iterator[str]:
    words = sorted(sound(name).split())
    yield f"n{'|'.join(words)}"
    yield f"b{name[:_LONG_PART]}"
    yield f"e{name[-_LONG_PART:]}"


def _hashed(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)
