"""How often one may try to sign in. Limits are buckets that leak: `burst` tries at once, then one per `every`.

Three limits hold together, so that somebody who guesses one person's password from one place is stopped early without locking
that person out elsewhere, and guessing from many places, or at many people, is stopped too. A bucket is kept as one moment:
when it will be empty (the generic cell rate algorithm). A try is counted before the password is looked at, so that many at once
cannot slip through, and given back where the password was right.
"""

import hashlib
import ipaddress
import math
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Rule:
    burst: int
    every: timedelta


PER_ADDRESS_AND_PEER = Rule(burst=20, every=timedelta(minutes=1))
PER_ADDRESS = Rule(burst=100, every=timedelta(minutes=1))
# Many people may share one network address.
PER_PEER = Rule(burst=200, every=timedelta(seconds=10))


@dataclass(frozen=True)
class Refuse:
    seconds: int


def buckets(email_key: str, peer: str) -> dict[str, Rule]:
    """Key → rule of every bucket that a try falls into. Keys are hashes: whose address was tried is nobody's business."""
    network = _network(peer)
    wanted = {_key("address", email_key): PER_ADDRESS, _key("pair", email_key, network): PER_ADDRESS_AND_PEER}
    if network:
        wanted[_key("peer", network)] = PER_PEER
    return wanted


def take(empty_time: datetime | None, rule: Rule, *, now: datetime) -> datetime | Refuse:
    """Count one try: when the bucket will be empty now, or Refuse with the seconds until the next try may be made."""
    start = max(empty_time or now, now)
    wait = start - now - (rule.burst - 1) * rule.every
    if wait > timedelta(0):
        return Refuse(math.ceil(wait.total_seconds()))
    return start + rule.every


def give_back(empty_time: datetime, rule: Rule) -> datetime:
    return empty_time - rule.every


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _network(peer: str) -> str:
    """Whom to count: an IPv4 address, or the /64 that one IPv6 customer gets at least (RFC 6177 section 2)."""
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return peer
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address.packed[:8] + bytes(8), 64)))
    return str(address)
