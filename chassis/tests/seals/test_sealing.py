"""Sealing: in the background, once, and whatever commits late is sealed late (S12)."""

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from kontor_chassis.db.sessions import Sessions
from kontor_chassis.principal import EVERY_ACCOUNT, Principal
from kontor_chassis.seals import sealer as sealing
from kontor_chassis.seals import verification
from kontor_chassis.seals.keys import read_seal_keys, write_seal_keys


def seals(log: Any, account_id: str = "a") -> list[int]:
    """How many entries each seal covers."""
    with log.database.reading(EVERY_ACCOUNT) as connection:
        statement = sa.text("SELECT entries FROM audit_seals WHERE account_id = :account ORDER BY number")
        return list(connection.execute(statement, {"account": account_id}).scalars())


def waiting(log: Any) -> int:
    with log.database.reading(EVERY_ACCOUNT) as connection:
        return int(connection.execute(sa.text("SELECT count(*) FROM audit_unsealed")).scalar_one())


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_what_commits_late_is_sealed_though_newer_entries_are_sealed_already(log: Any) -> None:
    """Ids are taken before the commit: "greater than the last one" would leave such an entry out for ever. SQLite has one writer anyway."""
    begun, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        with Sessions(log.database, log.clock).write(Principal(account_id="a")) as session:
            session.audit("persons/slow", "create")
            begun.set()
            assert go_on.wait(30)

    writer = threading.Thread(target=slow)
    writer.start()
    assert begun.wait(30)
    log.batches(["persons/fast"])
    go_on.set()
    writer.join(30)
    assert log.seal()
    assert seals(log) == [1, 1]
    assert log.findings() == []


def test_two_sealers_make_one_seal_of_the_same_entries(log: Any) -> None:
    log.write("persons/1", "persons/2")
    one, other = log.sealer(), log.sealer()
    picked, picked_too = one.pick("a"), other.pick("a")
    assert picked is not None
    assert picked_too is not None
    assert one.seal(picked)
    assert not other.seal(picked_too)
    assert seals(log) == [2]
    log.write("persons/3")
    assert log.seal(other)
    assert log.findings() == []


async def test_two_sealers_at_once_seal_everything_once(log: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "MOST_ENTRIES", 7)
    for number in range(10):
        log.write(*(f"persons/{number}-{item}" for item in range(20)), account_id="ab"[number % 2])
    sealers = [log.sealer(), log.sealer()]
    for sealer in sealers:
        sealer.start()
    for sealer in sealers:
        await sealer.settled()
    for sealer in sealers:
        await sealer.stop()
    assert waiting(log) == 0
    assert sum(seals(log, "a")) == sum(seals(log, "b")) == 100
    assert log.findings() == []
    assert log.part(account_id="b").findings == []


def test_a_sealer_that_dies_before_its_commit_has_done_nothing(log: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    log.write("persons/1", "persons/2")

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(sealing.statements, "insert", die)
        with pytest.raises(KeyboardInterrupt):
            log.seal()
    assert (waiting(log), seals(log)) == (2, [])
    assert log.seal()
    assert (waiting(log), seals(log)) == (0, [2])
    assert log.findings() == []


def test_a_refused_write_leaves_nothing_to_seal(log: Any) -> None:
    def refuse() -> None:
        with Sessions(log.database, log.clock).write(Principal(account_id="a")) as session:
            session.audit("persons/1", "create")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        refuse()
    assert not log.seal()


async def test_a_sealer_seals_every_account_and_tells_its_seals_where_it_is_to(log: Any) -> None:
    log.write("persons/1")
    log.write("persons/2", account_id="b")
    telling = sealing.Sealer(log.database, log.clock, log.keys, seconds=10, tells=True)
    with capture_logs() as told:
        assert not await telling.work()
    assert [(line["account_id"], line["number"], line["entries"]) for line in told if line["event"] == "audit_sealed"] == [
        ("a", 1, 1),
        ("b", 1, 1),
    ]


def test_entries_wait_for_nobody_who_seals(log: Any) -> None:
    """A sealer that has picked its entries holds nothing: writes go on."""
    log.write("persons/1")
    sealer = log.sealer()
    picked = sealer.pick("a")
    log.write("persons/2")
    assert sealer.seal(picked)
    assert (waiting(log), seals(log)) == (1, [1])


def test_a_log_is_verified_in_parts(log: Any) -> None:
    log.batches(*([f"persons/{number}-{item}" for item in range(3)] for number in range(5)))
    after, entries, seen = 0, 0, 0
    while True:
        part = log.part(after=after, entries=4)
        assert part.findings == []
        after, entries, seen = part.last, entries + part.entries, seen + 1
        if not part.more:
            break
    assert (entries, after) == (15, 5)
    assert seen > 1


def test_what_is_uncovered_is_found_in_passes_of_bounded_memory(log: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "_IDS_AT_ONCE", 2)
    log.batches(["persons/1", "persons/2", "persons/3"], ["persons/4"])
    log.write("persons/5")
    log.tamper("DELETE FROM audit_unsealed")
    log.write("persons/6")
    assert [item.subject for item in log.findings()] == ["persons/5"]


def test_seals_of_an_older_key_still_hold_after_a_newer_one_was_put_before_it(log: Any, tmp_path: Path) -> None:
    log.batches(["persons/1"])
    path = tmp_path / "keys" / "chassis.audit"
    path.write_text("ab" * 32 + "\n" + path.read_text())
    both = read_seal_keys(tmp_path / "keys", "chassis")
    assert both is not None
    assert both.newest != log.keys.newest
    newer = replace(log, keys=both)
    newer.batches(["persons/2"])
    assert newer.findings() == []
    assert [(item.fault, item.seal) for item in log.part().findings] == [(verification.Fault.KEY_MISSING, 2)]


def test_keys_are_made_once_for_their_owner_only_and_are_not_shown(tmp_path: Path) -> None:
    write_seal_keys(tmp_path / "keys", ["contacts", "sales"])
    first = (tmp_path / "keys" / "contacts.audit").read_text()
    write_seal_keys(tmp_path / "keys", ["contacts", "tasks"])
    files = sorted((tmp_path / "keys").iterdir())
    assert [path.name for path in files] == ["contacts.audit", "sales.audit", "tasks.audit"]
    assert (tmp_path / "keys" / "contacts.audit").read_text() == first
    assert {path.stat().st_mode & 0o177 for path in files} == {0}
    keys = read_seal_keys(tmp_path / "keys", "contacts")
    assert first.strip() not in repr(keys)
    assert read_seal_keys(tmp_path / "keys", "identity") is None


@pytest.mark.parametrize("text", ["", "\n", "ab", "zz" * 32, "ab" * 32 + "\nab", "ü"])
def test_a_file_that_holds_no_keys_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "contacts.audit").write_text(text)
    with pytest.raises(ValueError, match=r"contacts\.audit"):
        read_seal_keys(tmp_path, "contacts")
