"""Tampering is found (S12): by somebody who can write in the database, and does not have the key."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from kontor_chassis.seals.verification import Fault, Finding


def faults(log: Any) -> list[tuple[Fault, int, str]]:
    return [(item.fault, item.seal, item.subject) for item in log.findings()]


def make_up(log: Any) -> None:
    """An entry about persons/7 that looks as that about persons/1."""
    copied = "action, changes, actor_user_id, means, create_time"
    log.tamper(
        f"INSERT INTO audit (account_id, id, subject, {copied})"
        f" SELECT account_id, 'made-up', 'persons/7', {copied} FROM audit WHERE subject = 'persons/1'"
    )


def test_a_log_that_nobody_touched_is_intact(log: Any) -> None:
    log.batches(["persons/1", "persons/2"], ["persons/3"])
    log.write("persons/4")
    part = log.part()
    assert (part.seals, part.entries, part.findings, part.more) == (2, 3, [], False)
    assert log.findings() == []


def test_an_empty_log_is_intact(log: Any) -> None:
    assert log.findings() == []
    assert log.part().seal_time is None


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("changes", '{"name":["old of persons/2","other"]}'),
        ("changes", '{ "name": ["old of persons/2", "new of persons/2"] }'),
        ("action", "create"),
        ("actor_user_id", "somebody else"),
        ("means", "import"),
        ("create_time", 1772442000000001),
        ("api_key_id", "k"),
        ("api_key_name", ""),
        ("subject", "persons/3"),
    ],
)
def test_a_sealed_entry_that_was_changed_is_named(log: Any, column: str, value: object) -> None:
    log.batches(["persons/1", "persons/2"], ["persons/4"])
    entry_id = log.entry("persons/2")
    log.tamper(f"UPDATE audit SET {column} = :value WHERE subject = 'persons/2'", value=value)
    subject = "persons/3" if column == "subject" else "persons/2"
    assert log.findings() == [Finding(Fault.CHANGED, seal=1, entry_id=entry_id, subject=subject)]


def test_an_entry_that_was_given_to_another_account_is_missing_in_one_and_too_many_in_the_other(log: Any) -> None:
    log.batches(["persons/1", "persons/2"])
    log.write("persons/9", account_id="b")
    log.seal(account_id="b")
    entry_id = log.entry("persons/9")
    log.tamper("UPDATE audit SET account_id = 'a' WHERE account_id = 'b'")
    assert [(item.fault, item.entry_id) for item in log.findings()] == [(Fault.UNCOVERED, entry_id)]
    assert [item.fault for item in log.part(account_id="b").findings] == [Fault.MISSING]


def test_a_sealed_entry_that_was_deleted_is_named(log: Any) -> None:
    log.batches(["persons/1"], ["persons/2", "persons/3"])
    entry_id = log.entry("persons/3")
    log.tamper("DELETE FROM audit WHERE subject = 'persons/3'")
    assert log.findings() == [Finding(Fault.MISSING, seal=2, entry_id=entry_id)]


def test_an_entry_that_was_inserted_is_named(log: Any) -> None:
    log.batches(["persons/1"], ["persons/2"])
    make_up(log)
    assert log.findings() == [Finding(Fault.UNCOVERED, entry_id="made-up", subject="persons/7")]


def test_one_deleted_and_one_inserted_are_both_named(log: Any) -> None:
    log.batches(["persons/1", "persons/2"])
    log.tamper("UPDATE audit SET id = 'other' WHERE subject = 'persons/1'")
    assert faults(log) == [(Fault.MISSING, 1, ""), (Fault.UNCOVERED, 0, "persons/1")]


def test_an_entry_that_was_dated_back_and_put_among_those_to_be_sealed_is_named(log: Any) -> None:
    log.batches(["persons/1"])
    log.clock.advance(hours=2)
    log.batches(["persons/2"])
    make_up(log)
    log.tamper("INSERT INTO audit_unsealed (account_id, entry_id) VALUES ('a', 'made-up')")
    log.batches(["persons/3"])
    assert log.findings() == [Finding(Fault.LATE, seal=3, entry_id="made-up", subject="persons/7")]


def test_an_entry_that_is_deleted_before_it_is_sealed_is_missed_when_it_is_to_be(log: Any) -> None:
    log.write("persons/1", "persons/2")
    entry_id = log.entry("persons/2")
    log.tamper("DELETE FROM audit WHERE subject = 'persons/2'")
    log.seal()
    assert log.findings() == [Finding(Fault.MISSING, seal=1, entry_id=entry_id)]


@pytest.mark.parametrize(
    "change",
    [
        "digest = mac",
        "mac = digest",
        "key_id = key_id, entries = 1",
        "last_entry_time = last_entry_time + 1",
        "create_time = create_time + 1",
        "complete = NOT complete",
        "account_id = 'a', previous = mac",
        "leaves = digest",
        "leaves = NULL",
    ],
)
def test_a_seal_that_was_changed_is_named(log: Any, change: str) -> None:
    log.batches(["persons/1"], ["persons/2", "persons/3"], ["persons/4"])
    log.tamper(f"UPDATE audit_seals SET {change} WHERE number = 2")
    found = log.part().findings
    assert found
    assert {item.fault for item in found} == {Fault.SEAL_CHANGED}
    assert found[0].seal == 2


def test_a_seal_that_was_made_anew_without_the_key_is_named(log: Any) -> None:
    """Its digest fits to its entries again; its MAC cannot."""
    log.batches(["persons/1"], ["persons/2"])
    log.tamper("UPDATE audit SET action = 'create' WHERE subject = 'persons/1'")
    other = replace(log.keys, by_id={log.keys.newest: bytes(32)})
    log.tamper("INSERT INTO audit_unsealed (account_id, entry_id) SELECT account_id, id FROM audit WHERE subject = 'persons/1'")
    log.tamper("DELETE FROM audit_seals WHERE number = 1")
    log.tamper("UPDATE audit_seals SET account_id = 'kept' WHERE number = 2")
    forger = replace(log, keys=other)
    assert forger.seal()
    log.tamper("UPDATE audit_seals SET account_id = 'a' WHERE account_id = 'kept'")
    assert [(item.fault, item.seal) for item in log.part().findings] == [(Fault.SEAL_CHANGED, 1), (Fault.SEAL_CHANGED, 2)]


@pytest.mark.parametrize(("gone", "first", "count"), [((1,), 1, 1), ((2,), 2, 1), ((1, 2), 1, 2)])
def test_seals_that_are_gone_are_named_and_so_are_their_entries(log: Any, gone: tuple[int, ...], first: int, count: int) -> None:
    log.batches(["persons/1"], ["persons/2"], ["persons/3"])
    for number in gone:
        log.tamper(f"DELETE FROM audit_seals WHERE number = {number}")
    found = log.findings()
    assert found[0] == Finding(Fault.SEAL_MISSING, seal=first, count=count)
    assert [item.subject for item in found[1:]] == [f"persons/{number}" for number in gone]


def test_seals_that_were_moved_are_named(log: Any) -> None:
    log.batches(["persons/1"], ["persons/2"], ["persons/3"])
    for before, after in ((2, 9), (3, 2), (9, 3)):
        log.tamper(f"UPDATE audit_seals SET number = {after} WHERE number = {before}")
    found = log.findings()
    assert [(item.fault, item.seal) for item in found] == [(Fault.SEAL_CHANGED, 2), (Fault.SEAL_CHANGED, 3)]


def test_a_seal_of_another_account_does_not_stand_for_this_one(log: Any) -> None:
    log.write("persons/1", account_id="b")
    log.seal(account_id="b")
    log.tamper("UPDATE audit SET account_id = 'a'")
    log.tamper("UPDATE audit_seals SET account_id = 'a'")
    assert [(item.fault, item.seal) for item in log.findings()] == [(Fault.SEAL_CHANGED, 1)]


def test_newest_seals_that_are_gone_are_found_as_long_as_their_entries_stay(log: Any) -> None:
    log.batches(["persons/1"], ["persons/2"])
    log.tamper("DELETE FROM audit_seals WHERE number = 2")
    assert faults(log) == [(Fault.UNCOVERED, 0, "persons/2")]


def test_newest_seals_that_are_gone_with_their_entries_leave_a_gap_where_the_sealer_still_runs(log: Any) -> None:
    sealer = log.sealer()
    for subject in ("persons/1", "persons/2", "persons/3"):
        log.write(subject)
        log.seal(sealer)
    log.tamper("DELETE FROM audit_seals WHERE number > 1")
    log.tamper("DELETE FROM audit WHERE subject <> 'persons/1'")
    assert log.findings() == []
    log.write("persons/4")
    log.seal(sealer)
    assert log.findings() == [Finding(Fault.SEAL_MISSING, seal=2, count=2)]


@pytest.mark.parametrize(
    "forge",
    [
        lambda log: None,
        lambda log: log.tamper("UPDATE audit_seals SET prune_mac = mac WHERE number = 1"),
    ],
    ids=["no proof", "a proof of something else"],
)
def test_nobody_else_can_say_that_entries_were_deleted_by_rule(log: Any, forge: Callable[[Any], None]) -> None:
    log.batches(["persons/1", "persons/2"], ["persons/3"])
    log.tamper("UPDATE audit_seals SET leaves = NULL, prune_time = 1772442000000000 WHERE number = 1")
    log.tamper("DELETE FROM audit WHERE subject IN ('persons/1', 'persons/2')")
    forge(log)
    assert log.findings() == [Finding(Fault.SEAL_CHANGED, seal=1, count=2)]


def test_a_key_that_is_not_here_proves_nothing(log: Any) -> None:
    log.batches(["persons/1"])
    other = replace(log.keys, newest="other", by_id={"other": bytes(32)})
    assert log.part(keys=other).findings == [Finding(Fault.KEY_MISSING, seal=1, count=1)]
