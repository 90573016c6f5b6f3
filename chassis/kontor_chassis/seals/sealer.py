"""Seals audit logs in the background: a write leaves its entries and is done, and waits for nobody.

Guarantees and traps:
- Entries are picked by being in `audit_unsealed`, never by "greater than the last one": ids commit out of order.
- Reading and digesting happen outside of any transaction; the transaction takes the entries out of `audit_unsealed`, adds the
  seal and is over. It gives up where anybody else took one of them meanwhile, so of two sealers one is for nothing.
- A process that dies in between leaves the entries unsealed, and the next one seals them.
- What this process has sealed it remembers. Where the newest seals are gone from the database, the next one takes its number
  after the remembered ones: the gap stays for good and is found.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

import sqlalchemy as sa
import structlog

from kontor_chassis.clock import Clock
from kontor_chassis.db.database import Database
from kontor_chassis.db.plumbing import AUDIT_UNSEALED
from kontor_chassis.db.types import micros
from kontor_chassis.principal import EVERY_ACCOUNT
from kontor_chassis.seals import statements
from kontor_chassis.seals.chain import ABSENT, START, Seal, digest_of, pack, seal_mac
from kontor_chassis.seals.keys import SealKeys
from kontor_chassis.worker import Worker

log = structlog.get_logger()

# A seal of so many entries is read in one go when it is verified.
MOST_ENTRIES = 1000
# "KO" and a number: any constant does, the lock is per database.
_LOCK = 0x4B4F_0002


@dataclass(frozen=True)
class Batch:
    """What is to be sealed of one account."""

    account_id: str
    leaves: Mapping[str, bytes]
    last_entry_time: int
    create_time: int
    complete: bool


class _Overtaken(Exception):
    """Another process seals, too."""


class Sealer(Worker):
    """One process's share of sealing a service's audit log."""

    def __init__(self, database: Database, clock: Clock, keys: SealKeys, *, seconds: float, tells: bool = False) -> None:
        """Seals every `seconds`; with `tells` each seal is logged, so that a copy is kept where logs are kept."""
        super().__init__(f"{database.name}_sealer", rest_seconds=seconds)
        self._database = database
        self._clock = clock
        self._keys = keys
        self._tells = tells
        # By account: number and MAC of the newest seal made here.
        self._made: dict[str, tuple[int, bytes]] = {}

    async def work(self) -> bool:
        more = False
        account_id = await self._database.read(self._next_account, "")
        while account_id is not None:
            batch = await self._database.read(self.pick, account_id)
            if batch is not None and await self._database.write(self.seal, batch):
                more = more or not batch.complete
            account_id = await self._database.read(self._next_account, account_id)
        return more

    def pick(self, account_id: str) -> Batch | None:
        """Entries that no seal covers yet; None where there are none."""
        create_time = micros(self._clock())
        with self._database.reading(EVERY_ACCOUNT) as connection:
            ids = statements.waiting(connection, account_id, limit=MOST_ENTRIES)
            entries = statements.entries(connection, account_id, ids)
        if not ids:
            return None
        return Batch(
            account_id=account_id,
            leaves={entry_id: digest_of(entries[entry_id]) if entry_id in entries else ABSENT for entry_id in ids},
            last_entry_time=max((entry.create_time for entry in entries.values()), default=create_time),
            create_time=create_time,
            complete=len(ids) < MOST_ENTRIES,
        )

    def seal(self, batch: Batch) -> bool:
        """Add the seal of a batch to its chain; False where another process has done so."""
        try:
            with self._database.writing(EVERY_ACCOUNT) as connection:
                seal = self._add(connection, batch)
        except _Overtaken:
            return False
        self._made[seal.account_id] = (seal.number, seal.mac)
        if self._tells:
            told = {"account_id": seal.account_id, "number": seal.number, "entries": seal.entries, "seal": seal.mac.hex()}
            log.info("audit_sealed", service=self._database.name, **told)
        return True

    def _add(self, connection: sa.Connection, batch: Batch) -> Seal:
        # Two sealers would wait for each other's rows; there is no need to.
        if self._database.dialect == "postgresql" and not connection.exec_driver_sql(f"SELECT pg_try_advisory_xact_lock({_LOCK})").scalar():
            raise _Overtaken
        if statements.settle(connection, batch.account_id, list(batch.leaves)) != len(batch.leaves):
            raise _Overtaken
        number, previous = self._end(connection, batch.account_id)
        packed = pack(batch.leaves)
        seal = Seal(
            account_id=batch.account_id,
            number=number + 1,
            key_id=self._keys.newest,
            create_time=batch.create_time,
            entries=len(batch.leaves),
            last_entry_time=batch.last_entry_time,
            complete=batch.complete,
            digest=hashlib.sha256(packed).digest(),
            previous=previous,
            leaves=packed,
        )
        seal = replace(seal, mac=seal_mac(seal, self._keys, service=self._database.name) or b"")
        statements.insert(connection, seal)
        return seal

    def _end(self, connection: sa.Connection, account_id: str) -> tuple[int, bytes]:
        """Number and MAC of the seal that the next one follows."""
        head = statements.head(connection, account_id)
        found = (head.number, head.mac) if head is not None else (0, START)
        made = self._made.get(account_id, (0, START))
        if made[0] > found[0]:
            log.error("audit_seals_gone", service=self._database.name, account_id=account_id, sealed=made[0], found=found[0])
            return made
        return found

    def _next_account(self, after: str) -> str | None:
        with self._database.reading(EVERY_ACCOUNT) as connection:
            return statements.next_account(connection, after, table=AUDIT_UNSEALED)
