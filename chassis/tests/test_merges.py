"""Who stands for whom since records were merged: the same, whatever is heard of in whatever order and however often (R11)."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kontor_chassis.db import locks
from kontor_chassis.db.database import Database
from kontor_chassis.db.sessions import Sessions, WriteSession
from kontor_chassis.ids import new_id
from kontor_chassis.merges import Merges
from kontor_chassis.principal import Principal

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TABLES = sa.MetaData()
MERGES = Merges(TABLES)
RECORDS = ["a", "b", "c", "d", "e"]


@pytest.fixture
def sessions(database: Database) -> Sessions:
    TABLES.create_all(database.engine)
    return Sessions(database, lambda: NOW)


@dataclass(frozen=True)
class News:
    record: str
    survivor: str
    sequence: int


@dataclass
class History:
    """Merges and undone merges as they really happened: only records that are there go into others, the latest undo first."""

    news: list[News] = field(default_factory=list)
    merges: list[News] = field(default_factory=list)

    def merge(self, chance: random.Random) -> None:
        there = sorted(set(RECORDS) - {item.record for item in self.merges})
        if len(there) > 1:
            record, survivor = chance.sample(there, 2)
            self.merges.append(self._tell(record, survivor))

    def undo(self) -> None:
        if self.merges:
            record = self.merges.pop().record
            self._tell(record, record)

    def _tell(self, record: str, survivor: str) -> News:
        self.news.append(News(record, survivor, 1 + sum(item.record == record for item in self.news)))
        return self.news[-1]

    def heads(self) -> dict[str, str]:
        into = {item.record: item.survivor for item in self.merges}

        def end(record: str) -> str:
            return end(into[record]) if record in into else record

        return {record: end(record) for record in into}


def apply(session: WriteSession, item: News) -> Any:
    locks.claim(session, [locks.ACCOUNT])
    return MERGES.keep(session, item.record, item.survivor, sequence=item.sequence)


def principal(account_id: str) -> Principal:
    return Principal(account_id=account_id, service="test")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.sampled_from(["merge", "merge", "undo"]), max_size=14), chance=st.randoms(use_true_random=False))
def test_the_heads_are_those_of_the_history_in_whatever_order_it_is_heard_of(
    sessions: Sessions, steps: list[str], chance: random.Random
) -> None:
    history = History()
    for step in steps:
        history.merge(chance) if step == "merge" else history.undo()
    arriving = chance.sample(history.news * 2, len(history.news) * 2)
    with sessions.write(principal(new_id())) as session:
        for item in arriving:
            apply(session, item)
        assert MERGES.roots(session, RECORDS) == {record: record for record in RECORDS} | history.heads()
        for head in set(history.heads().values()):
            went = [record for record, end in history.heads().items() if end == head]
            assert MERGES.members(session, head) == [head, *sorted(went)]


def test_news_answer_for_whom_somebody_else_may_stand_now(sessions: Sessions) -> None:
    with sessions.write(principal(new_id())) as session:
        assert list(apply(session, News("b", "c", 4))) == ["b"]
        assert list(apply(session, News("a", "b", 4))) == ["a"]
        assert apply(session, News("b", "b", 5)) == {"b": "c", "a": "c"}
        assert list(apply(session, News("b", "c", 4))) == []
        assert MERGES.root(session, "a") == "b"
        assert MERGES.root(session, "x") == "x"


def test_a_record_that_goes_into_itself_stands_for_itself(sessions: Sessions) -> None:
    with sessions.write(principal(new_id())) as session:
        apply(session, News("a", "a", 1))
        assert MERGES.roots(session, ["a"]) == {"a": "a"}


def test_another_account_knows_nothing_of_it(sessions: Sessions) -> None:
    with sessions.write(principal(new_id())) as session:
        apply(session, News("a", "b", 1))
    with sessions.read(principal(new_id())) as reading:
        assert MERGES.roots(reading, ["a"]) == {"a": "a"}
        assert MERGES.members(reading, "b") == ["b"]


def test_links_of_a_chain_that_become_known_at_the_same_time_see_each_other(sessions: Sessions) -> None:
    """Two processes, each with one link: whichever commits first, the other one finds it."""
    account = new_id()

    def hear(item: News) -> None:
        with sessions.write(principal(account)) as session:
            apply(session, item)

    for round_ in range(10):
        links = [News(f"{round_}-{number}", f"{round_}-{number + 1}", 1) for number in range(4)]
        with ThreadPoolExecutor(4) as pool:
            listen: Callable[[News], None] = hear
            list(pool.map(listen, links))
        with sessions.read(principal(account)) as session:
            heads = MERGES.roots(session, [item.record for item in links])
        assert set(heads.values()) == {f"{round_}-4"}
        assert len(heads) == 4
