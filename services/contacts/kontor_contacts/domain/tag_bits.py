"""Tags as bits, which a list reads on its way through an index before it looks up anything (a Bloom filter, B. H. Bloom 1970)."""

from collections.abc import Iterable
from zlib import crc32

# A 64-bit integer without its sign.
_BITS = 63


def tag_bits(tag_ids: Iterable[str]) -> int:
    """Two bits per tag. Who carries all of some tags has all of their bits; who has all of the bits need not carry the tags."""
    bits = 0
    for tag_id in tag_ids:
        number = crc32(tag_id.encode())
        bits |= 1 << number % _BITS | 1 << number // _BITS % _BITS
    return bits
