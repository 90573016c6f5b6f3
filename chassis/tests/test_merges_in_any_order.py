"""Who answers for whom: the same in whatever order merges and their undos are heard."""

from itertools import permutations
from random import Random

import pytest
import sqlalchemy as sa

from kontor_chassis.db.database import Database
from kontor_chassis.db.sessions import Sessions
from kontor_chassis.merges import Merges
from kontor_chassis.principal import Principal

ANNA = Principal(account_id="a", user_id="u")
METADATA = sa.MetaData()
MERGES = Merges(METADATA)
# The record, into which it was merged (itself: undone), and how new this is.
News = tuple[str, str, int]


@pytest.fixture
def merges(database: Database, sessions: Sessions) -> Sessions:
    METADATA.create_all(database.engine)
    return sessions


def hear(sessions: Sessions, *news: News, account: str = "a") -> list[dict[str, str]]:
    with sessions.write(Principal(account_id=account, user_id="u")) as session:
        return [dict(MERGES.keep(session, ref, survivor, sequence=sequence)) for ref, survivor, sequence in news]


def roots(sessions: Sessions, refs: str) -> str:
    with sessions.read(ANNA) as session:
        found = MERGES.roots(session, refs)
    return "".join(found[ref] for ref in refs)


def members(sessions: Sessions, ref: str) -> str:
    with sessions.read(ANNA) as session:
        return "".join(MERGES.members(session, ref))


@pytest.mark.parametrize("order", list(permutations([("p", "q", 2), ("q", "r", 2), ("r", "s", 2)])))
def test_a_chain_ends_at_its_last_survivor_in_any_order(merges: Sessions, order: list[News]) -> None:
    hear(merges, *order)
    assert roots(merges, "pqrst") == "sssst"
    assert members(merges, "q") == "spqr"
    assert members(merges, "t") == "t"


def test_an_undo_frees_the_record_and_those_who_were_merged_into_it(merges: Sessions) -> None:
    hear(merges, ("p", "q", 2), ("q", "r", 2))
    assert hear(merges, ("q", "q", 3)) == [{"p": "r", "q": "r"}]
    assert roots(merges, "pqr") == "qqr"


def test_what_is_old_or_heard_twice_changes_nothing(merges: Sessions) -> None:
    assert hear(merges, ("p", "q", 2), ("p", "q", 2), ("p", "r", 1)) == [{"p": "p"}, {}, {}]
    assert hear(merges, ("x", "x", 3), ("x", "y", 2)) == [{}, {}]
    assert roots(merges, "px") == "qx"


def test_a_circle_has_one_end_until_the_undo_that_was_late_opens_it(merges: Sessions) -> None:
    hear(merges, ("r", "q", 2), ("q", "r", 2), ("s", "r", 2))
    assert roots(merges, "qrs") == "qqq"
    hear(merges, ("r", "r", 3))
    assert roots(merges, "qrs") == "rrr"


def test_another_accounts_merges_are_not_seen(merges: Sessions) -> None:
    hear(merges, ("p", "q", 2), account="b")
    assert (roots(merges, "pq"), members(merges, "q")) == ("pq", "q")
    hear(merges, ("r", "q", 2))
    assert members(merges, "q") == "qr"


@pytest.mark.parametrize("seed", range(25))
def test_any_news_in_any_order_ends_alike_and_tells_every_change(merges: Sessions, seed: int) -> None:
    """Circles among it: they are told in any order, too."""
    random = Random(seed)
    names = "pqrstuv"
    news = [(ref, random.choice(names), sequence) for ref in names for sequence in range(2, random.randint(2, 5))]
    newest = {ref: survivor for ref, survivor, _ in sorted(news, key=lambda item: item[2])}
    told = [*news, *random.sample(news, len(news) // 2)]
    random.shuffle(told)
    known = {ref: ref for ref in names}
    for item in told:
        [changed] = hear(merges, item)
        now = dict(zip(names, roots(merges, names), strict=True))
        assert changed == {ref: known[ref] for ref in names if known[ref] != now[ref]}
        known = now
    for ref in names:
        way = [ref]
        while (following := newest.get(way[-1], way[-1])) not in way:
            way.append(following)
        assert known[ref] == min(way[way.index(following) :])
        assert known[known[ref]] == known[ref]
        assert set(members(merges, ref)) == {other for other in names if known[other] == known[ref]}
