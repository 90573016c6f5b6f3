"""Writes that come together are committed together, and none suffers from another."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from kontor_chassis.db.database import Database
from kontor_chassis.errors import Unavailable
from kontor_mail_ingest.store.group_commit import GroupCommit


async def run(folder: Path, items: Sequence[int], *, most: int, failure: Exception) -> tuple[list[list[int]], list[object]]:
    """The groups that were tried, and what became of each item; 0 fails."""
    database = Database(f"sqlite:///{folder}/group.db", name="group")
    groups: list[list[int]] = []

    def work(group: Sequence[int]) -> list[int]:
        groups.append(list(group))
        if 0 in group:
            raise failure
        return [item * 10 for item in group]

    commits = GroupCommit(database, work, most=most)
    results: list[object] = await asyncio.gather(*(commits.add(item) for item in items), return_exceptions=True)
    await commits.close()
    await asyncio.to_thread(database.close)
    return groups, results


async def test_items_that_come_together_go_together_in_groups_of_the_size_allowed(tmp_path: Path) -> None:
    groups, results = await run(tmp_path, range(1, 6), most=3, failure=ValueError())
    assert groups == [[1, 2, 3], [4, 5]]
    assert results == [10, 20, 30, 40, 50]


async def test_a_bad_item_fails_alone(tmp_path: Path) -> None:
    failure = ValueError("bad")
    groups, results = await run(tmp_path, [1, 0, 2], most=10, failure=failure)
    assert groups == [[1, 0, 2], [1], [0], [2]]
    assert results == [10, failure, 20]


async def test_an_unavailable_database_is_asked_once_for_all(tmp_path: Path) -> None:
    failure = Unavailable("away")
    groups, results = await run(tmp_path, [1, 0, 2], most=10, failure=failure)
    assert groups == [[1, 0, 2]]
    assert results == [failure] * 3


async def test_a_caller_that_gives_up_undoes_nothing(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/group.db", name="group")
    done: list[int] = []
    commits: GroupCommit[int, None] = GroupCommit(database, lambda group: [done.append(item) for item in group], most=10)
    adding = [asyncio.create_task(commits.add(item)) for item in (1, 2)]
    await asyncio.sleep(0)
    adding[0].cancel()
    with pytest.raises(asyncio.CancelledError):
        await adding[0]
    await adding[1]
    await commits.close()
    await asyncio.to_thread(database.close)
    assert done == [1, 2]
