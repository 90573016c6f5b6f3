"""R7, R8: the broker may be away or be killed; work goes on, and what happened is told in the end, in order per record."""

import random
import time
from pathlib import Path

import pytest

from tests.reliability import told_facts
from tests.reliability.broken import LONG, SEED, Breakable
from tests.reliability.figures import Tell
from tests.reliability.ledger import Load, compare
from tests.suite_clients import eventually, open_team

AWAY_SECONDS = 60 if LONG else 20


@pytest.fixture
def told(fragile_split: Breakable) -> Breakable:
    told_facts.begin(fragile_split.bus_url)
    return fragile_split


def facts_of(told: Breakable, load: Load) -> None:
    """Every acknowledged change was told, none overtook another of its record, and none is told that was not made."""
    facts = told_facts.read(told.bus_url)
    told_facts.end(told.bus_url)
    mine = [fact for fact in facts if fact.account_id == load.team.account_id]
    assert told_facts.overtaken(mine) == []
    created = {fact.subject.partition("/")[2] for fact in mine if fact.type == "kontor.contacts.person.created.v1"}
    acknowledged = load.ledger.acknowledged
    assert {*acknowledged["keyed"].values(), *acknowledged["once"].values()} <= created
    updates = {fact.sequence for fact in mine if fact.subject == f"persons/{load.person}"}
    assert updates >= set(range(2, max(updates) + 1))
    assert len(updates) >= len(acknowledged["update"])


def test_while_the_broker_is_away_work_goes_on_and_afterwards_everything_is_told(told: Breakable, tmp_path: Path, tell: Tell) -> None:
    installation, broker = told.installation, told.rabbitmq
    assert broker is not None
    load = Load(open_team(installation), tmp_path)
    with load:
        load.progresses()
        broker.stop()
        away_until = time.monotonic() + AWAY_SECONDS
        try:
            _, checks = eventually(lambda: installation.readiness("contacts"), lambda seen: seen[0] == 503)
            assert checks["bus"] == "failing"
            assert checks["contacts.database"] == "ok"
            while time.monotonic() < away_until:
                load.progresses()
        finally:
            broker.start()
        assert load.ledger.failures == 0
        eventually(lambda: installation.readiness("contacts")[0], lambda status: status == 200)
        load.progresses()

    tell(compare(load))
    facts_of(told, load)


def test_a_broker_that_is_killed_while_facts_are_published_loses_none(told: Breakable, tmp_path: Path, tell: Tell) -> None:
    installation, broker, chance = told.installation, told.rabbitmq, random.Random(SEED)
    assert broker is not None
    load = Load(open_team(installation), tmp_path)
    with load:
        for _ in range(20 if LONG else 3):
            load.progresses()
            time.sleep(chance.uniform(0, 1))
            broker.kill()
            broker.start()
        eventually(lambda: installation.readiness("contacts")[0], lambda status: status == 200)
        load.progresses()
    assert load.ledger.failures == 0

    tell(compare(load))
    facts_of(told, load)
