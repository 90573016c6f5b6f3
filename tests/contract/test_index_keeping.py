"""Both indexes keep the promises of `kontor_search.index.port`: changes, rebuilds, restarts."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from kontor_chassis.errors import FailedPrecondition, Unavailable
from kontor_search.index.live import Index
from tests.contract.index_harness import MINE, OTHER, Maker, document, found, search

# Changes ----------------------------------------------------------------------------------------------------------------------


async def test_an_update_replaces_the_document(index: Index) -> None:
    await index.upsert([document("persons/1", "Anna Weber", tags=("vip",))])
    await index.upsert([document("persons/1", "Anna Kaiser", sequence=2)])
    assert await found(index, "weber") == []
    assert await found(index, "anna", tags=frozenset({"vip"})) == []
    assert await found(index, "kaiser") == ["persons/1"]
    assert await index.refs(MINE) == {"persons/1": 2}


async def test_an_older_state_is_dropped_also_within_one_call(index: Index) -> None:
    await index.upsert([document("persons/1", "Neu", sequence=5), document("persons/1", "Alt", sequence=4)])
    await index.upsert([document("persons/1", "Alt", sequence=4)])
    await asyncio.gather(
        index.upsert([document("persons/1", "Neuer", sequence=6)]), index.upsert([document("persons/1", "Alt", sequence=3)])
    )
    assert await found(index, "alt") == []
    assert await found(index, "neuer") == ["persons/1"]
    assert await index.refs(MINE) == {"persons/1": 6}


async def test_the_same_state_may_come_again(index: Index) -> None:
    """Delivery is at least once, and a rebuild may make other words of the same state."""
    await index.upsert([document("persons/1", "Anna", sequence=5)])
    await index.upsert([document("persons/1", "Anna Maria", sequence=5)])
    assert await found(index, "maria") == ["persons/1"]


async def test_a_deleted_document_is_gone_and_late_states_do_not_bring_it_back(index: Index) -> None:
    await index.upsert([document("persons/1", "Anna", sequence=3), document("persons/2", "Anna")])
    await index.delete(MINE, {"persons/1": 4, "persons/7": 9})
    await index.upsert([document("persons/1", "Anna", sequence=4), document("persons/7", "Anna", sequence=8)])
    assert await found(index, "anna") == ["persons/2"]
    assert await index.refs(MINE) == {"persons/2": 1}
    await index.upsert([document("persons/1", "Anna", sequence=5)])
    assert set(await found(index, "anna")) == {"persons/1", "persons/2"}


async def test_a_late_deletion_does_not_remove_a_newer_state(index: Index) -> None:
    await index.upsert([document("persons/1", "Anna", sequence=5)])
    await index.delete(MINE, {"persons/1": 4})
    assert await found(index, "anna") == ["persons/1"]


async def test_two_thousand_documents_are_all_there(index: Index) -> None:
    """F5: provably complete."""
    await index.upsert([document(f"persons/{n}", f"Anna Nummer{n:04}", sequence=n + 1) for n in range(2_000)])
    assert await index.refs(MINE) == {f"persons/{n}": n + 1 for n in range(2_000)}
    assert await index.refs(OTHER) == {}
    assert (await search(index, "anna")).kind_counts == {"person": 2_000}
    assert await found(index, "nummer1234") == ["persons/1234"]


async def test_many_changes_at_once_are_all_found(index: Index) -> None:
    await asyncio.gather(*(index.upsert([document(f"persons/{n}", f"Anna Nummer{n:03}")]) for n in range(100)))
    assert len(await index.refs(MINE)) == 100


WEIRD = [
    "",
    " ",
    "x" * 10_000,
    "ab " * 5_000,
    "!?$%&/()=*+~#'-_.:,;<>|^°\"\\",
    "\x00",
    "a\x00b",
    "\u202eoznam\u202c",
    "😀👩\u200d👩\u200d👧",
    "🇩🇪 Flagge",
    "\ud800",
    "a" + "\u0300" * 5_000,
    "\u200b",
    "١٢٣٤٥٦",
    "ﷺ" * 300,
    "-",
    "AND",
    "NOT anna",
    "a" * 64 + "b" * 64,
]


@pytest.mark.parametrize("weird", WEIRD)
async def test_weird_texts_harm_nothing(index: Index, weird: str) -> None:
    few = (weird, weird)
    await index.upsert(
        [
            document("persons/1", weird, keywords=few, text=weird, tags=few, emails=few, phones=few, subjects=few),
            document("persons/2", "Anna Berg"),
        ]
    )
    result = await search(index, weird, tags=frozenset({weird}), owner_user_id="")
    assert {hit.ref for hit in result.hits} <= {"persons/1"}
    await search(index, weird)
    assert await found(index, "anna berg") == ["persons/2"]
    assert set(await index.refs(MINE)) == {"persons/1", "persons/2"}


async def test_weird_sequences_and_times_harm_nothing(index: Index) -> None:
    await index.upsert(
        [
            document("persons/1", "Anna", sequence=2**63 - 1, update_time=datetime.max.replace(tzinfo=UTC)),
            document("persons/2", "Anna", sequence=0, update_time=datetime.min.replace(tzinfo=UTC)),
        ]
    )
    hits = (await search(index, "anna")).hits
    assert {hit.update_time.year for hit in hits} == {1, 9999}


# Rebuild ----------------------------------------------------------------------------------------------------------------------


async def test_a_rebuild_replaces_everything_at_once(index: Index) -> None:
    await index.upsert([document("persons/1", "Anna Alt"), document("persons/2", "Ben Alt")])
    rebuild = await index.begin_rebuild()
    await rebuild.add([document("persons/1", "Anna Neu", sequence=1)])
    assert set(await found(index, "alt")) == {"persons/1", "persons/2"}
    await rebuild.commit()
    assert await found(index, "alt") == []
    assert await found(index, "neu") == ["persons/1"]
    assert await index.refs(MINE) == {"persons/1": 1}
    assert not index.needs_rebuild


async def test_changes_during_a_rebuild_reach_both_generations(index: Index) -> None:
    await index.upsert([document("persons/1", "Anna", sequence=1), document("persons/2", "Ben", sequence=1)])
    async with await index.begin_rebuild() as rebuild:
        await index.upsert([document("persons/1", "Anna Neu", sequence=2), document("persons/3", "Cem", sequence=1)])
        await index.delete(MINE, {"persons/2": 2})
        # What the owner listed before those changes comes after them.
        await rebuild.add([document("persons/1", "Anna", sequence=1), document("persons/2", "Ben", sequence=1)])
        assert await index.refs(MINE) == {"persons/1": 2, "persons/3": 1}
        await rebuild.commit()
    assert await index.refs(MINE) == {"persons/1": 2, "persons/3": 1}
    assert await found(index, "anna neu") == ["persons/1"]
    await index.upsert([document("persons/4", "Dora")])
    assert await found(index, "dora") == ["persons/4"]


async def test_search_and_changes_go_on_while_a_rebuild_runs(index: Index) -> None:
    """F5: without downtime; no search fails or misses, no change is lost."""
    everyone = [document(f"persons/{n}", f"Anna Nummer{n}") for n in range(300)]
    await index.upsert(everyone)
    done = asyncio.Event()

    async def search_on() -> int:
        searches = 0
        while not done.is_set():
            assert (await search(index, "anna")).kind_counts["person"] >= 300
            searches += 1
        return searches

    async def change_on() -> int:
        changes = 0
        while not done.is_set():
            await index.upsert([document(f"persons/new-{changes}", "Neu")])
            changes += 1
        return changes

    searching, changing = asyncio.create_task(search_on()), asyncio.create_task(change_on())
    for _ in range(2):
        rebuild = await index.begin_rebuild()
        await rebuild.add([document(ref, "Neu", sequence=sequence) for ref, sequence in (await index.refs(MINE)).items() if "new" in ref])
        for start in range(0, 300, 50):
            await rebuild.add(everyone[start : start + 50])
        await rebuild.commit()
    done.set()
    assert await searching > 0
    changes = await changing
    assert len(await index.refs(MINE)) == 300 + changes


async def test_an_aborted_rebuild_leaves_everything_as_it_was(index: Index) -> None:
    await index.upsert([document("persons/1", "Anna")])
    async with await index.begin_rebuild() as rebuild:
        await rebuild.add([document("persons/2", "Ben")])
    assert await index.refs(MINE) == {"persons/1": 1}
    with pytest.raises(Unavailable):
        await rebuild.add([document("persons/2", "Ben")])
    rebuild = await index.begin_rebuild()
    await rebuild.commit()
    assert await index.refs(MINE) == {}


async def test_only_one_rebuild_runs_at_a_time(index: Index) -> None:
    first, second = await asyncio.gather(index.begin_rebuild(), index.begin_rebuild(), return_exceptions=True)
    assert isinstance(second, FailedPrecondition)
    assert not isinstance(first, BaseException)
    await first.abort()


# Life cycle -------------------------------------------------------------------------------------------------------------------


async def test_the_very_first_start_is_no_reason_to_warn(make: Maker) -> None:
    index = make()
    with capture_logs() as logs:
        await index.start()
        await index.stop()
    assert [(line["log_level"], line["first_start"]) for line in logs if line["event"] == "search_index_begun_empty"] == [("info", True)]
    again = make()
    with capture_logs() as logs:
        await again.start()
        await again.stop()
    assert [line["event"] for line in logs if line["event"] == "search_index_begun_empty"] == []


async def test_a_restart_keeps_everything(index: Index, reopen: Callable[[], Awaitable[Index]]) -> None:
    assert index.needs_rebuild
    await index.upsert([document("persons/1", "Anna", sequence=3), document("persons/2", "Ben")])
    await index.delete(MINE, {"persons/2": 2})
    again = await reopen()
    assert again.needs_rebuild
    assert again.ready()
    assert await found(again, "anna") == ["persons/1"]
    await again.upsert([document("persons/1", "Alt", sequence=2), document("persons/2", "Ben")])
    assert await again.refs(MINE) == {"persons/1": 3}


async def test_a_restart_keeps_a_rebuild_that_was_committed_and_forgets_one_that_was_not(
    index: Index, reopen: Callable[[], Awaitable[Index]]
) -> None:
    rebuild = await index.begin_rebuild()
    await rebuild.add([document("persons/1", "Anna")])
    await rebuild.commit()
    unfinished = await index.begin_rebuild()
    await unfinished.add([document("persons/2", "Ben")])
    again = await reopen()
    assert not again.needs_rebuild
    assert await again.refs(MINE) == {"persons/1": 1}
    rebuild = await again.begin_rebuild()
    await rebuild.commit()
    assert await again.refs(MINE) == {}


async def test_what_is_pending_when_it_stops_is_committed(index: Index, reopen: Callable[[], Awaitable[Index]]) -> None:
    pending = [asyncio.create_task(index.upsert([document(f"persons/{n}", "Anna")])) for n in range(10)]
    await asyncio.sleep(0)
    again = await reopen()
    await asyncio.gather(*pending)
    assert len(await again.refs(MINE)) == 10


async def test_a_stopped_index_refuses(index: Index) -> None:
    await index.stop()
    assert not index.ready()
    with pytest.raises(Unavailable):
        await search(index, "anna")
    with pytest.raises(Unavailable):
        await index.upsert([document("persons/1", "Anna")])
