"""What a seal is: pure rules, no database.

Each account has a chain of seals in the database of each service. A seal covers entries that were committed since the one
before. Its leaves are a digest per entry, its MAC is made with a key that the database does not hold (keys.py), over what it
says of itself and over the MAC of the one before. So whoever can write in the database only cannot change, take away or add
an entry that is sealed, nor a seal between two others, without its being found.

Bytes are canonical: every value with its length before it, so that no two lists of values have the same bytes.
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from kontor_chassis.seals.keys import SealKeys

_VERSION = "kontor audit seal 1"
_PRUNED = "kontor audit pruned 1"
_DIGEST_BYTES = 32
_NONE = b"\xff\xff\xff\xff"
# Before the first seal of a chain.
START = bytes(_DIGEST_BYTES)
# The leaf of an entry that was announced and was gone when it was to be sealed.
ABSENT = bytes(_DIGEST_BYTES)


@dataclass(frozen=True)
class Seal:
    """A row of `audit_seals`, moments as microseconds since 1970. From the database any value may be of any type."""

    account_id: str
    # 1, 2, 3 … within the account.
    number: int
    key_id: str
    # When the entries were picked.
    create_time: int
    entries: int
    # Of the newest of its entries; for keeping rules.
    last_entry_time: int
    # Whether nothing was left over: whatever was committed before `create_time` is covered by this seal or an older one.
    complete: bool
    # SHA-256 of the leaves, which may be pruned.
    digest: bytes
    # MAC of the seal before.
    previous: bytes
    mac: bytes = b""
    leaves: bytes | None = None
    prune_time: int | None = None
    # Proves that the entries were deleted by rule; else whoever deletes could say so.
    prune_mac: bytes | None = None


def digest_of(entry: Iterable[Any]) -> bytes:
    """The leaf of an audit entry, given the values of its columns as the database holds them."""
    return hashlib.sha256(canonical(entry)).digest()


def pack(leaves: Mapping[str, bytes]) -> bytes:
    """Leaves by entry id, in the order of the ids."""
    return b"".join(_framed(entry_id) + leaves[entry_id] for entry_id in sorted(leaves))


def leaves_of(seal: Seal) -> dict[str, bytes] | None:
    """The leaves of a seal by entry id; None where they are gone, or not those of its digest."""
    packed = seal.leaves
    if not isinstance(packed, bytes) or hashlib.sha256(packed).digest() != seal.digest:
        return None
    leaves: dict[str, bytes] = {}
    place = 0
    while place < len(packed):
        start = place + 4
        end = start + int.from_bytes(packed[place:start], "big")
        place = end + _DIGEST_BYTES
        leaves[packed[start:end].decode("utf-8", "surrogatepass")] = packed[end:place]
    return leaves


def seal_mac(seal: Seal, keys: SealKeys, *, service: str) -> bytes | None:
    """The MAC that the seal must carry; None where its key is not known."""
    said = (
        _VERSION,
        service,
        seal.account_id,
        seal.number,
        seal.key_id,
        seal.create_time,
        seal.entries,
        seal.last_entry_time,
        seal.complete,
        _hex(seal.digest),
        _hex(seal.previous),
    )
    return keys.mac(seal.key_id, canonical(said))


def prune_mac(seal: Seal, keys: SealKeys, *, prune_time: int) -> bytes | None:
    """Proof that the entries of the seal were deleted at that time by a rule. Made with the key that made the seal."""
    return keys.mac(seal.key_id, canonical((_PRUNED, _hex(seal.mac), prune_time)))


def same(mac: Any, other: bytes | None) -> bool:
    return isinstance(mac, bytes) and other is not None and hmac.compare_digest(mac, other)


def canonical(values: Iterable[Any]) -> bytes:
    return b"".join(map(_framed, values))


def _framed(value: Any) -> bytes:
    if value is None:
        return _NONE
    body = str(value).encode("utf-8", "surrogatepass")
    return len(body).to_bytes(4, "big") + body


def _hex(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else repr(value)
