"""Deletes old entries by rule, a sealed batch at a time, so that the chain of seals goes on.

A seal stays when its entries go, with their number and digest, and with a proof of its own that this was us: else whoever deletes
entries could mark their seal as pruned. What is not sealed yet is not deleted, nor what cannot be proven to be a batch of ours.
"""

from datetime import timedelta

import sqlalchemy as sa
import structlog

from kontor_chassis.clock import Clock
from kontor_chassis.db.database import Database
from kontor_chassis.db.plumbing import AUDIT_SEALS
from kontor_chassis.db.types import micros
from kontor_chassis.principal import EVERY_ACCOUNT
from kontor_chassis.seals import statements
from kontor_chassis.seals.chain import Seal, leaves_of, prune_mac, same, seal_mac
from kontor_chassis.seals.keys import SealKeys

log = structlog.get_logger()

_SEALS_AT_ONCE = 5
_START = (-(2**63), 0)


def prune_audit(database: Database, clock: Clock, keys: SealKeys, *, days: int) -> int:
    """Delete the entries of seals that cover nothing younger, in small transactions; answers how many."""
    now = clock()
    before = micros(now - timedelta(days=days))
    pruned = 0
    account_id = _next_account(database, "")
    while account_id is not None:
        after: tuple[int, int] | None = _START
        while after is not None:
            with database.writing(EVERY_ACCOUNT) as connection:
                old = statements.older(connection, account_id, before=before, after=after, limit=_SEALS_AT_ONCE)
                pruned += sum(_prune(connection, seal, keys, service=database.name, prune_time=micros(now)) for seal in old)
            after = (old[-1].last_entry_time, old[-1].number) if len(old) == _SEALS_AT_ONCE else None
        account_id = _next_account(database, account_id)
    return pruned


def _prune(connection: sa.Connection, seal: Seal, keys: SealKeys, *, service: str, prune_time: int) -> int:
    leaves = leaves_of(seal)
    mac = prune_mac(seal, keys, prune_time=prune_time)
    if leaves is None or mac is None or not same(seal.mac, seal_mac(seal, keys, service=service)):
        log.error("audit_batch_kept", service=service, account_id=seal.account_id, number=seal.number)
        return 0
    if not statements.mark_pruned(connection, seal, prune_time=prune_time, mac=mac):
        return 0
    return statements.delete_entries(connection, seal.account_id, list(leaves))


def _next_account(database: Database, after: str) -> str | None:
    with database.reading(EVERY_ACCOUNT) as connection:
        return statements.next_account(connection, after, table=AUDIT_SEALS)
