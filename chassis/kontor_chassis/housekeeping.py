"""Bounds what grows by itself: consumed events' ids and kept answers are forgotten after a while, audit entries where a rule says so."""

import asyncio
from datetime import timedelta

import sqlalchemy as sa
import structlog

from kontor_chassis.clock import Clock
from kontor_chassis.db.database import Database
from kontor_chassis.db.plumbing import IDEMPOTENCY, INBOX
from kontor_chassis.errors import KontorError
from kontor_chassis.principal import EVERY_ACCOUNT
from kontor_chassis.seals.keys import SealKeys
from kontor_chassis.seals.pruning import prune_audit

log = structlog.get_logger()

# Longer than any event may wait in a queue or among the dead letters before it is replayed.
INBOX_KEPT = timedelta(days=30)
IDEMPOTENCY_KEPT = timedelta(days=1)
_EVERY_SECONDS = 3600
_ROWS_AT_ONCE = 5000


def prune(database: Database, clock: Clock) -> int:
    """Forget what is old, in small transactions; answers how many rows."""
    pruned = 0
    for table, column, kept in ((INBOX, INBOX.c.receive_time, INBOX_KEPT), (IDEMPOTENCY, IDEMPOTENCY.c.create_time, IDEMPOTENCY_KEPT)):
        keys = list(table.primary_key.columns)
        while True:
            with database.writing(EVERY_ACCOUNT) as connection:
                old = sa.select(*keys).where(column < clock() - kept).limit(_ROWS_AT_ONCE)
                count = connection.execute(sa.delete(table).where(sa.tuple_(*keys).in_(old))).rowcount
            pruned += count
            if count < _ROWS_AT_ONCE:
                break
    return pruned


def refresh_statistics(database: Database) -> None:
    """Let SQLite look at its indexes again where tables have grown; PostgreSQL does so by itself."""
    if database.dialect == "sqlite":
        with database.reading(EVERY_ACCOUNT) as connection:
            connection.exec_driver_sql("PRAGMA optimize")


async def keep_pruning(database: Database, clock: Clock, *, audit_days: int = 0, seal_keys: SealKeys | None = None) -> None:
    """Prune every hour, until cancelled; the audit only where `audit_days` is not 0, and with the keys of its seals."""
    while True:
        await asyncio.sleep(_EVERY_SECONDS)
        try:
            rows = await database.write(prune, database, clock)
            if audit_days and seal_keys is not None:
                rows += await database.write(prune_audit, database, clock, seal_keys, days=audit_days)
            await database.write(refresh_statistics, database)
        except (KontorError, sa.exc.SQLAlchemyError) as error:
            log.warning("pruning_failed", service=database.name, error=str(error))
        else:
            log.info("pruned", service=database.name, rows=rows)
