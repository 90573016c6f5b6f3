"""What only the index in a folder has to fear: crashes, damage, a second process, a full disk."""

import asyncio
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from kontor_chassis.errors import Unavailable
from kontor_search.domain.documents import IndexDocument
from kontor_search.domain.queries import Query
from kontor_search.index.embedded import embedded_index
from kontor_search.index.embedded_generation import FolderGeneration
from kontor_search.index.live import Index

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def person(number: int, name: str = "Anna", sequence: int = 1) -> IndexDocument:
    return IndexDocument("a", f"persons/{number}", "person", name, NOW, sequence)


async def started(folder: Path, now: datetime = NOW) -> Index:
    index = embedded_index(folder, clock=lambda: now)
    await index.start()
    return index


async def found(index: Index, text: str = "anna") -> set[str]:
    return {hit.ref for hit in (await index.search("a", Query(text))).hits}


async def filled(folder: Path) -> None:
    """A complete index with two documents in two commits, stopped in order."""
    index = await started(folder)
    async with await index.begin_rebuild() as rebuild:
        await rebuild.add([person(1)])
        await rebuild.commit()
    await index.upsert([person(2)])
    await index.stop()


async def test_a_crash_loses_nothing_that_upsert_returned_for(tmp_path: Path) -> None:
    """The folder as it is the moment after, without any orderly stop."""
    index = await started(tmp_path / "a")
    await index.upsert([person(1), person(2)])
    await index.delete("a", {"persons/2": 2})
    await index.begin_rebuild()
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    await index.stop()
    again = await started(tmp_path / "b")
    assert await found(again) == {"persons/1"}
    assert len([folder for folder in (tmp_path / "b").iterdir() if folder.is_dir()]) == 1
    await again.stop()


def generation(folder: Path) -> Path:
    (only,) = [path for path in folder.iterdir() if path.is_dir()]
    return only


def empty_files(ending: str) -> Callable[[Path], None]:
    def empty(folder: Path) -> None:
        for path in generation(folder).glob(f"*{ending}"):
            path.write_bytes(b"")

    return empty


DAMAGES: dict[str, Callable[[Path], object]] = {
    "folder gone": shutil.rmtree,
    "generation gone": lambda folder: shutil.rmtree(generation(folder)),
    "current gone": lambda folder: (folder / "current").unlink(),
    "current cut": lambda folder: (folder / "current").write_text('{"folder": "0000'),
    "current of another shape": lambda folder: (folder / "current").write_text('["000001"]'),
    "current points elsewhere": lambda folder: (folder / "current").write_text('{"folder": "../..", "format": 1, "complete": true}'),
    "format of another release": lambda folder: (folder / "current").write_text('{"folder": "000002", "format": 0, "complete": true}'),
    "meta cut": lambda folder: (generation(folder) / "meta.json").write_text("{"),
    "meta gone": lambda folder: (generation(folder) / "meta.json").unlink(),
    "terms empty": empty_files(".term"),
    "postings empty": empty_files(".idx"),
    "documents empty": empty_files(".store"),
    "columns empty": empty_files(".fast"),
}


@pytest.mark.parametrize("damage", DAMAGES)
async def test_a_damaged_index_begins_empty_says_so_and_works(tmp_path: Path, damage: str) -> None:
    await filled(tmp_path / "index")
    DAMAGES[damage](tmp_path / "index")
    with capture_logs() as logs:
        index = await started(tmp_path / "index")
    # Where nothing at all is left it cannot be told from the very first start.
    level = "info" if damage == "folder gone" else "warning"
    assert [line["log_level"] for line in logs if line["event"] == "search_index_begun_empty"] == [level]
    assert index.needs_rebuild
    assert await index.refs("a") == {}
    await index.upsert([person(3)])
    assert await found(index) == {"persons/3"}
    await index.stop()
    index = await started(tmp_path / "index")
    assert index.needs_rebuild
    async with await index.begin_rebuild() as rebuild:
        await rebuild.commit()
    assert not index.needs_rebuild
    await index.stop()


async def test_damage_that_shows_later_is_told_and_a_rebuild_repairs_it(tmp_path: Path) -> None:
    await filled(tmp_path / "index")
    for path in generation(tmp_path / "index").glob("*.store"):
        data = path.read_bytes()
        path.write_bytes(bytes(255 - byte for byte in data[:40]) + data[40:])
    index = await started(tmp_path / "index")
    with pytest.raises(Unavailable):
        await found(index)
    assert index.needs_rebuild
    async with await index.begin_rebuild() as rebuild:
        await rebuild.add([person(1), person(2)])
        await rebuild.commit()
    assert await found(index) == {"persons/1", "persons/2"}
    assert not index.needs_rebuild
    await index.stop()


async def test_a_second_process_is_refused_and_harms_nothing(tmp_path: Path) -> None:
    index = await started(tmp_path)
    await index.upsert([person(1)])
    with pytest.raises(Unavailable):
        await started(tmp_path)
    assert await found(index) == {"persons/1"}
    await index.stop()
    again = await started(tmp_path)
    assert await found(again) == {"persons/1"}
    await again.stop()


async def test_a_failed_write_is_told_and_the_next_one_works(tmp_path: Path) -> None:
    """As with a full disk: the folder is away for a while."""
    index = await started(tmp_path / "index")
    await index.upsert([person(1)])
    serving = generation(tmp_path / "index")
    serving.rename(tmp_path / "away")
    with pytest.raises(Unavailable):
        await index.upsert([person(2)])
    assert not index.ready()
    (tmp_path / "away").rename(serving)
    await index.upsert([person(2), person(3)])
    assert index.ready()
    assert await found(index) == {"persons/1", "persons/2", "persons/3"}
    await index.stop()


async def test_a_failure_of_the_new_generation_fails_the_rebuild_and_not_the_changes(tmp_path: Path) -> None:
    index = await started(tmp_path / "index")
    serving = generation(tmp_path / "index")
    rebuild = await index.begin_rebuild()
    await rebuild.add([person(1)])
    (new,) = [path for path in (tmp_path / "index").iterdir() if path.is_dir() and path != serving]
    new.rename(tmp_path / "away")
    with pytest.raises(Unavailable):
        await rebuild.commit()
    await index.upsert([person(2)])
    assert await found(index) == {"persons/2"}
    await rebuild.abort()
    async with await index.begin_rebuild() as second:
        await second.add([person(3)])
        await second.commit()
    assert await found(index) == {"persons/3"}
    await index.stop()


async def test_marks_of_deletions_are_forgotten_after_their_time(tmp_path: Path) -> None:
    index = await started(tmp_path)
    await index.delete("a", {"persons/1": 5})
    await index.stop()
    index = await started(tmp_path, NOW + timedelta(days=6))
    await index.upsert([person(1, sequence=4)])
    assert await found(index) == set()
    await index.stop()
    index = await started(tmp_path, NOW + timedelta(days=8))
    await index.upsert([person(1, sequence=4)])
    assert await found(index) == {"persons/1"}
    await index.stop()


async def test_changes_that_come_together_are_committed_together(tmp_path: Path) -> None:
    index = await started(tmp_path)
    await asyncio.gather(*(index.upsert([person(number)]) for number in range(200)))
    assert len(await index.refs("a")) == 200
    segments = list(generation(tmp_path).glob("*.store"))
    assert len(segments) < 20
    await index.stop()


async def test_a_caller_that_gives_up_disturbs_no_other(tmp_path: Path) -> None:
    index = await started(tmp_path)
    impatient = asyncio.create_task(index.upsert([person(1)]))
    patient = asyncio.create_task(index.upsert([person(2)]))
    await asyncio.sleep(0)
    impatient.cancel()
    await patient
    assert "persons/2" in await found(index)
    await index.stop()


async def test_a_disk_that_cannot_be_used_is_waited_for_and_no_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await filled(tmp_path)
    files = {path.name for path in generation(tmp_path).iterdir()}

    def broken(_: FolderGeneration) -> None:
        raise ValueError("An IO error occurred: 'Input/output error (os error 5)'")

    index = embedded_index(tmp_path, clock=lambda: NOW)
    with monkeypatch.context() as patch:
        patch.setattr(FolderGeneration, "check", broken)
        with pytest.raises(Unavailable, match="cannot be used"):
            await index.start()
    assert {path.name for path in generation(tmp_path).iterdir()} >= {name for name in files if "lock" not in name}
    # The same index tries again, when the disk can be used.
    await index.start()
    assert not index.needs_rebuild
    assert await found(index) == {"persons/1", "persons/2"}
    await index.stop()


async def test_an_index_on_a_full_disk_can_be_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await filled(tmp_path)

    def full(_: FolderGeneration) -> None:
        raise ValueError("An IO error occurred: 'No space left on device (os error 28)'")

    with monkeypatch.context() as patch:
        patch.setattr(FolderGeneration, "forget_marks", full)
        index = await started(tmp_path)
    assert not index.needs_rebuild
    assert await found(index) == {"persons/1", "persons/2"}
    await index.stop()
