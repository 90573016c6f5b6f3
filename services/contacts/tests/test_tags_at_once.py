"""Tags merged while others change the records that carry them (B9): what everybody was told holds, and all lists agree."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from kontor.contacts.v1 import bulk_pb2 as bulk
from kontor.contacts.v1 import operations_pb2 as operations
from kontor.contacts.v1 import persons_pb2 as persons
from kontor.contacts.v1 import tags_pb2 as pb
from kontor.contacts.v1.duplicates_pb2 import ON_DUPLICATE_ALLOW
from kontor_chassis.errors import NotFound
from kontor_chassis.testing import Harness
from kontor_contacts.store import tags as store

# Long enough for a write to begin, and to wait for who holds the rows.
_A_MOMENT = 0.3
Meanwhile = Callable[[Coroutine[Any, Any, Any]], Coroutine[Any, Any, Any]]


async def person(contacts: Harness, name: str, *tags: str) -> persons.Person:
    request = persons.CreatePersonRequest(person=persons.Person(last_name=name, tags=tags), on_duplicate=ON_DUPLICATE_ALLOW)
    made: persons.Person = await contacts.call(request)
    return made


async def tag_ids(contacts: Harness) -> dict[str, str]:
    return {tag.name: tag.id for tag in (await contacts.call(pb.ListTagsRequest(page_size=200))).tags}


async def listed(contacts: Harness, **request: Any) -> list[str]:
    return [item.last_name for item in (await contacts.call(persons.ListPersonsRequest(page_size=200, **request))).persons]


@pytest.fixture
def meanwhile(contacts: Harness, monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """Merges the tag A into B and, when its carriers carry both, begins something else, which may have to wait."""
    reached, go = threading.Event(), threading.Event()
    put_on_carriers = store.put_on_carriers

    def paused(*args: Any) -> None:
        put_on_carriers(*args)
        reached.set()
        assert go.wait(20)

    async def run(other: Coroutine[Any, Any, Any]) -> Any:
        known = await tag_ids(contacts)
        monkeypatch.setattr(store, "put_on_carriers", paused)
        merging = asyncio.create_task(contacts.call(pb.MergeTagsRequest(id=known["A"], into_id=known["B"])))
        assert await asyncio.to_thread(reached.wait, 20)
        changing = asyncio.create_task(other)
        await asyncio.sleep(_A_MOMENT)
        go.set()
        await merging
        return await changing

    return run


async def agree(contacts: Harness, *tags: str) -> list[str]:
    """Who carries these tags, by every way of asking."""
    everybody = (await contacts.call(persons.ListPersonsRequest(page_size=200))).persons
    carrying = sorted(item.last_name for item in everybody if set(tags) <= set(item.tags))
    text = " AND ".join(f"tags:{name}" for name in tags)
    for request in (
        {"tag": tags},
        {"filter": text},
        {"filter": text, "order_by": "create_time"},
        {"filter": text, "order_by": "first_name"},
    ):
        assert sorted(await listed(contacts, **request)) == carrying, request
    for tag in (await contacts.call(pb.ListTagsRequest(page_size=200))).tags:
        assert tag.person_count == sum(tag.name in item.tags for item in everybody), tag.name
    return carrying


async def test_a_person_is_changed_meanwhile(contacts: Harness, meanwhile: Meanwhile) -> None:
    x = await person(contacts, "X", "A", "D")
    await person(contacts, "Y", "B")
    changed = persons.Person(id=x.id, tags=["C", "D"])
    await meanwhile(contacts.call(persons.UpdatePersonRequest(person=changed, update_mask=["tags"])))
    assert list((await contacts.call(persons.GetPersonRequest(id=x.id))).tags) == ["C", "D"]
    assert await agree(contacts, "C", "D") == ["X"]
    assert await agree(contacts, "B") == ["Y"]


async def test_a_bulk_action_adds_another_tag_meanwhile(contacts: Harness, meanwhile: Meanwhile) -> None:
    names = [f"X{number}" for number in range(5)]
    ids = [(await person(contacts, name, "A")).id for name in names]
    await person(contacts, "Y", "B", "C")

    async def add() -> None:
        begun = await contacts.call(bulk.BulkChangePersonsRequest(ids=ids, add_tags=["C"]))
        await contacts.running.context.parts.operations.settled()
        done = await contacts.call(operations.GetOperationRequest(id=begun.id))
        assert (done.changed, done.failed) == (5, 0)

    await meanwhile(add())
    assert await agree(contacts, "B", "C") == [*names, "Y"]


async def test_a_person_is_deleted_meanwhile(contacts: Harness, meanwhile: Meanwhile) -> None:
    x = await person(contacts, "X", "A")
    await person(contacts, "Y", "B")
    await meanwhile(contacts.call(persons.DeletePersonRequest(id=x.id)))
    with pytest.raises(NotFound):
        await contacts.call(persons.GetPersonRequest(id=x.id))
    assert await agree(contacts, "B") == ["Y"]


async def test_many_merges_and_a_bulk_action_at_once_end_all_and_agree(contacts: Harness) -> None:
    count = 120
    for start in range(0, count, 40):
        await asyncio.gather(*(person(contacts, f"P{number:03}", "A1", "A2", "A3") for number in range(start, start + 40)))
    await person(contacts, "Y", "B1", "B2", "B3")
    known = await tag_ids(contacts)
    begun = await contacts.call(bulk.BulkChangePersonsRequest(filter="tags:A1", add_tags=["C"]))
    merges = (contacts.call(pb.MergeTagsRequest(id=known[f"A{number}"], into_id=known[f"B{number}"])) for number in (1, 2, 3))
    await asyncio.gather(*merges)
    await contacts.running.context.parts.operations.settled()
    done = await contacts.call(operations.GetOperationRequest(id=begun.id))
    assert (done.changed, done.failed) == (done.total, 0)
    for number in (1, 2, 3):
        assert len(await agree(contacts, f"B{number}", "C")) == done.total
