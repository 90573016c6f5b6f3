"""How often one may try to sign in.

Three limits hold together, so that somebody who guesses one person's password from one place is stopped early without locking
that person out elsewhere, and guessing from many places, or at many people, is stopped too. A try is counted before the password
is looked at, so that many at once cannot slip through, and given back where the password was right.
"""

import hashlib
from datetime import timedelta

from kontor_chassis.throttling import Refuse, Rule, give_back, network_of, take

__all__ = ["PER_ADDRESS", "PER_ADDRESS_AND_PEER", "PER_PEER", "Refuse", "Rule", "buckets", "give_back", "take"]

PER_ADDRESS_AND_PEER = Rule(burst=20, every=timedelta(minutes=1))
PER_ADDRESS = Rule(burst=100, every=timedelta(minutes=1))
# Many people may share one network address.
PER_PEER = Rule(burst=200, every=timedelta(seconds=10))


def buckets(email_key: str, peer: str) -> dict[str, Rule]:
    """Key → rule of every bucket that a try falls into. Keys are hashes: whose address was tried is nobody's business."""
    network = network_of(peer)
    wanted = {_key("address", email_key): PER_ADDRESS, _key("pair", email_key, network): PER_ADDRESS_AND_PEER}
    if network:
        wanted[_key("peer", network)] = PER_PEER
    return wanted


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
