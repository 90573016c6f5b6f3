"""Audit entries are kept by rule (A6)."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from kontor_chassis import housekeeping
from kontor_chassis.db.database import Database
from kontor_chassis.db.plumbing import AUDIT
from kontor_chassis.db.sessions import Sessions
from kontor_chassis.principal import Principal

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def write(database: Database, account_id: str, *, days_ago: int, entries: int = 1) -> None:
    sessions = Sessions(database, lambda: NOW - timedelta(days=days_ago))
    with sessions.write(Principal(account_id=account_id)) as session:
        for number in range(entries):
            session.audit(f"persons/{account_id}-{days_ago}-{number}", "create")


def kept(database: Database) -> list[str]:
    with database.reading("*") as connection:
        return sorted(connection.execute(sa.select(AUDIT.c.subject)).scalars())


def test_entries_older_than_the_rule_go_in_every_account(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(housekeeping, "_ROWS_AT_ONCE", 2)
    write(database, "a", days_ago=31, entries=5)
    write(database, "a", days_ago=29)
    write(database, "b", days_ago=30)
    write(database, "c", days_ago=400, entries=3)
    assert housekeeping.prune_audit(database, lambda: NOW, days=30) == 8
    assert kept(database) == ["persons/a-29-0", "persons/b-30-0"]
    assert housekeeping.prune_audit(database, lambda: NOW, days=30) == 0


def test_without_a_rule_entries_are_kept_for_ever(database: Database) -> None:
    write(database, "a", days_ago=36_000)
    housekeeping.prune(database, lambda: NOW)
    assert kept(database) == ["persons/a-36000-0"]
