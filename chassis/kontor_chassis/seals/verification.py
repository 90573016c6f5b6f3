"""Compares an audit log with its seals, a bounded part at a time, while the service goes on writing, sealing and pruning.

What is found: entries that were changed or deleted since they were sealed, entries that no seal covers, seals that were changed,
removed or put elsewhere, and entries that turned up long after the time they bear. What cannot be found by this alone: a change
before an entry is sealed, and newest seals that were removed together with their entries; for the latter see `heads`.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

import sqlalchemy as sa

from kontor_chassis.seals import statements
from kontor_chassis.seals.chain import START, Seal, digest_of, leaves_of, prune_mac, same, seal_mac
from kontor_chassis.seals.keys import SealKeys

# Seals that are read at once; each may have a thousand leaves.
_SEALS_AT_ONCE = 10
# Of one part; those whose entries are pruned cost little, but not nothing.
_MOST_SEALS = 2000
_IDS_AT_ONCE = 200_000
# No transaction takes so long, and no two clocks of an installation differ by so much, in microseconds.
_LATE = 3_600_000_000


class Fault(Enum):
    # The entry is not what was sealed.
    CHANGED = "changed"
    # The entry was sealed, or was announced to be, and is gone.
    MISSING = "missing"
    # The entry is covered by no seal and does not wait for one.
    UNCOVERED = "uncovered"
    # The entry was not there when everything of its time was sealed.
    LATE = "late"
    # The seal is not what was made, or does not follow the one before it.
    SEAL_CHANGED = "seal_changed"
    # Seals of these numbers are gone.
    SEAL_MISSING = "seal_missing"
    # The seal was made with a key that is not here: nothing can be said about it.
    KEY_MISSING = "key_missing"


@dataclass(frozen=True)
class Finding:
    fault: Fault
    # The number of the seal, or of the first one that is missing; 0 where it is about none.
    seal: int = 0
    entry_id: str = ""
    # The record that the entry is about, as far as that is known.
    subject: str = ""
    # How many entries are concerned, or seals that are missing; 0 where that is not known.
    count: int = 1


@dataclass
class Part:
    """What was compared."""

    seals: int = 0
    entries: int = 0
    # Said by their seals, deleted by rule.
    pruned_entries: int = 0
    findings: list[Finding] = field(default_factory=list)
    # Of the newest seal that was read, in microseconds since 1970.
    seal_time: int | None = None
    # Number of the last seal that was read.
    last: int = 0
    more: bool = False
    # Entries among the findings that are gone.
    missing: int = 0


def verify_part(connection: sa.Connection, account_id: str, keys: SealKeys, *, service: str, after: int, entries: int) -> Part:
    """Compare the seals with numbers greater than `after`, until about so many entries are compared."""
    part = Part(last=after)
    before = statements.seal(connection, account_id, after) if after else None
    complete_time = statements.last_complete(connection, account_id, up_to=after)
    if before is not None:
        part.seal_time = before.create_time
    while True:
        found = statements.seals(connection, account_id, after=part.last, limit=_SEALS_AT_ONCE)
        for seal in found:
            if part.entries >= entries or part.seals >= _MOST_SEALS:
                part.more = True
                return part
            if not isinstance(seal.number, int):
                part.findings.append(Finding(Fault.SEAL_CHANGED, count=0))
                return part
            _verify_seal(part, connection, seal, before, keys, service=service, complete_time=complete_time)
            before = seal
            complete_time = seal.create_time if seal.complete else complete_time
        if len(found) < _SEALS_AT_ONCE:
            return part


def _verify_seal(
    part: Part, connection: sa.Connection, seal: Seal, before: Seal | None, keys: SealKeys, *, service: str, complete_time: int | None
) -> None:
    part.seals += 1
    part.last = seal.number
    follows = _follows(part, seal, before)
    mac = seal_mac(seal, keys, service=service)
    if mac is None:
        part.findings.append(Finding(Fault.KEY_MISSING, seal=seal.number, count=_count(seal)))
        return
    proven = same(seal.mac, mac)
    if not follows or not proven:
        part.findings.append(Finding(Fault.SEAL_CHANGED, seal=seal.number, count=_count(seal)))
    if not proven:
        return
    part.seal_time = seal.create_time
    leaves = leaves_of(seal)
    if seal.prune_time is not None and _is_pruned(seal, keys):
        part.pruned_entries += seal.entries
    elif leaves is None:
        part.findings.append(Finding(Fault.SEAL_CHANGED, seal=seal.number, count=_count(seal)))
    else:
        _compare(part, connection, seal, leaves, keys, complete_time=complete_time)


def _follows(part: Part, seal: Seal, before: Seal | None) -> bool:
    expected = before.number + 1 if before is not None else 1
    if seal.number != expected:
        part.findings.append(Finding(Fault.SEAL_MISSING, seal=expected, count=seal.number - expected))
        return True
    return same(seal.previous, before.mac if before is not None else START)


def _compare(
    part: Part, connection: sa.Connection, seal: Seal, leaves: Mapping[str, bytes], keys: SealKeys, *, complete_time: int | None
) -> None:
    rows = statements.entries(connection, seal.account_id, list(leaves))
    if len(rows) < len(leaves):
        # Our own pruning may have come in between.
        now = statements.seal(connection, seal.account_id, seal.number)
        if now is not None and _is_pruned(now, keys):
            part.pruned_entries += seal.entries
            return
    part.entries += len(leaves)
    for entry_id, leaf in leaves.items():
        row = rows.get(entry_id)
        if row is None:
            part.missing += 1
            part.findings.append(Finding(Fault.MISSING, seal=seal.number, entry_id=entry_id))
        elif digest_of(row) != leaf:
            part.findings.append(Finding(Fault.CHANGED, seal=seal.number, entry_id=entry_id, subject=str(row.subject)))
        elif complete_time is not None and row.create_time < complete_time - _LATE:
            part.findings.append(Finding(Fault.LATE, seal=seal.number, entry_id=entry_id, subject=str(row.subject)))


def _is_pruned(seal: Seal, keys: SealKeys) -> bool:
    return seal.prune_time is not None and same(seal.prune_mac, prune_mac(seal, keys, prune_time=seal.prune_time))


def _count(seal: Seal) -> int:
    return seal.entries if isinstance(seal.entries, int) else 0


def uncovered(connection: sa.Connection, account_id: str, *, missing: int = 0) -> int:
    """How many entries neither a seal covers nor wait for one, given how many sealed ones are missing. Counted, not proven: right
    where the seals are."""
    entries, sealed, waiting = statements.counts(connection, account_id)
    return max(0, entries - (sealed - missing) - waiting)


def find_uncovered(connection: sa.Connection, account_id: str, *, most: int) -> list[Finding]:
    """Which ones, up to so many. Reads the whole log in passes of bounded memory: first the entries, then those that wait, then the
    seals, which is the way that an entry goes meanwhile."""
    entries, _, _ = statements.counts(connection, account_id)
    passes = entries // _IDS_AT_ONCE + 1
    found: list[str] = []
    for number in range(passes):
        if len(found) < most:
            found += sorted(_uncovered(connection, account_id, number, passes))
    rows = statements.entries(connection, account_id, found[:most])
    return [Finding(Fault.UNCOVERED, entry_id=entry_id, subject=str(row.subject)) for entry_id, row in rows.items()]


def _uncovered(connection: sa.Connection, account_id: str, number: int, passes: int) -> set[str]:
    ids = {entry_id for entry_id in statements.entry_ids(connection, account_id) if zlib.crc32(entry_id.encode()) % passes == number}
    ids.difference_update(statements.waiting_ids(connection, account_id))
    for seal in statements.every_seal(connection, account_id):
        ids.difference_update(leaves_of(seal) or ())
    return ids
