"""Audit entries are kept by rule (A6), and the chain of their seals goes on without them (S12)."""

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from kontor_chassis import housekeeping
from kontor_chassis.principal import EVERY_ACCOUNT
from kontor_chassis.seals import pruning
from kontor_chassis.seals.verification import Fault, Finding


def kept(log: Any) -> list[str]:
    with log.database.reading(EVERY_ACCOUNT) as connection:
        return sorted(connection.execute(sa.text("SELECT subject FROM audit")).scalars())


def prune(log: Any, *, days: int) -> int:
    return pruning.prune_audit(log.database, log.clock, log.keys, days=days)


def test_entries_older_than_the_rule_go_in_every_account_and_the_chain_goes_on(log: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "_SEALS_AT_ONCE", 2)
    log.batches(["persons/1", "persons/2"], ["persons/3"], ["persons/4"], ["persons/5"], ["persons/6"])
    log.write("persons/b", account_id="b")
    log.seal(account_id="b")
    log.clock.advance(days=31)
    log.batches(["persons/7"])
    assert prune(log, days=30) == 7
    assert kept(log) == ["persons/7"]
    assert prune(log, days=30) == 0
    part = log.part()
    assert (part.seals, part.entries, part.pruned_entries) == (6, 1, 6)
    log.batches(["persons/8"])
    assert log.findings() == []


def test_a_batch_goes_as_a_whole_when_its_newest_entry_is_old_enough(log: Any) -> None:
    log.write("persons/1")
    log.clock.advance(days=2)
    log.write("persons/2")
    log.seal()
    log.clock.advance(days=29)
    assert prune(log, days=30) == 0
    log.clock.advance(days=2)
    assert prune(log, days=30) == 2
    assert log.findings() == []


def test_what_is_not_sealed_is_kept(log: Any) -> None:
    log.write("persons/1")
    log.clock.advance(days=400)
    assert prune(log, days=30) == 0
    assert log.seal()
    assert prune(log, days=30) == 1


def test_a_batch_that_is_not_ours_any_more_is_kept_and_holds_up_no_other(log: Any) -> None:
    log.batches(["persons/1"], ["persons/2"], ["persons/3"])
    log.tamper("UPDATE audit_seals SET digest = mac WHERE number = 1")
    log.clock.advance(days=31)
    assert prune(log, days=30) == 2
    assert kept(log) == ["persons/1"]


def test_without_the_key_nothing_is_deleted(log: Any) -> None:
    log.batches(["persons/1"])
    log.clock.advance(days=31)
    other = replace(log.keys, newest="other", by_id={"other": bytes(32)})
    assert pruning.prune_audit(log.database, log.clock, other, days=30) == 0
    assert kept(log) == ["persons/1"]


def test_without_a_rule_entries_are_kept_for_ever(log: Any) -> None:
    log.batches(["persons/1"])
    log.clock.advance(days=36_000)
    housekeeping.prune(log.database, log.clock)
    assert kept(log) == ["persons/1"]


def test_an_entry_that_was_deleted_before_its_time_stays_known_until_its_time(log: Any) -> None:
    log.batches(["persons/1", "persons/2"])
    entry_id = log.entry("persons/1")
    log.tamper("DELETE FROM audit WHERE subject = 'persons/1'")
    assert log.findings() == [Finding(Fault.MISSING, seal=1, entry_id=entry_id)]
    log.clock.advance(days=31)
    assert prune(log, days=30) == 1
    assert log.findings() == []
