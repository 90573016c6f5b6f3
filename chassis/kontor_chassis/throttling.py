"""How often something may be done: buckets that leak, `burst` at once, then one per `every`.

A bucket is kept as one moment: when it will be empty (the generic cell rate algorithm, ITU-T I.371). Whoever keeps buckets in rows
holds them while it decides, so that many at once cannot slip through.
"""

import ipaddress
import math
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Rule:
    burst: int
    every: timedelta


@dataclass(frozen=True)
class Refuse:
    seconds: int


def take(empty_time: datetime | None, rule: Rule, *, now: datetime) -> datetime | Refuse:
    """Count one try: when the bucket will be empty now, or Refuse with the seconds until the next try may be made."""
    start = max(empty_time or now, now)
    wait = start - now - (rule.burst - 1) * rule.every
    if wait > timedelta(0):
        return Refuse(math.ceil(wait.total_seconds()))
    return start + rule.every


def give_back(empty_time: datetime, rule: Rule) -> datetime:
    return empty_time - rule.every


def network_of(peer: str) -> str:
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
