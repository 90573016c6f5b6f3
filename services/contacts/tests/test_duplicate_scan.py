"""The scan of a whole account for duplicates, its pairs, and dismissing them (B15), on both databases."""

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from kontor.contacts.v1 import duplicates_pb2 as pb
from kontor.contacts.v1 import operations_pb2
from kontor.contacts.v1 import organisations_pb2 as organisations
from kontor.contacts.v1 import persons_pb2 as persons
from kontor_chassis.errors import Aborted, InvalidArgument, NotFound
from kontor_chassis.ids import new_id
from kontor_chassis.testing import Harness
from kontor_contacts.domain.scans import read_position
from kontor_contacts.store import operations
from kontor_contacts.store.tables import DUPLICATE_KEYS, DUPLICATES
from kontor_contacts.usecases import scanning

ALLOW = pb.ON_DUPLICATE_ALLOW


async def create(contacts: Harness, name: str, *, user: Any = None, **fields: Any) -> persons.Person:
    first, _, last = name.rpartition(" ")
    person = persons.Person(first_name=first, last_name=last, **fields)
    made: persons.Person = await contacts.call(persons.CreatePersonRequest(person=person, on_duplicate=ALLOW), user=user)
    return made


async def scan(contacts: Harness, *, user: Any = None) -> operations_pb2.Operation:
    begun = await contacts.call(pb.ScanDuplicatesRequest(), user=user)
    await contacts.running.context.parts.operations.settled()
    done: operations_pb2.Operation = await contacts.call(operations_pb2.GetOperationRequest(id=begun.id), user=user)
    return done


async def pairs(contacts: Harness, noun: str = "", *, user: Any = None) -> list[tuple[str, str, int]]:
    response = await contacts.call(pb.ListDuplicatesRequest(noun=noun), user=user)
    return [(*sorted((item.left.name, item.right.name)), item.score) for item in response.duplicates]


@pytest.fixture
def idle(contacts: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker finds nothing to do; the test does its steps."""
    monkeypatch.setattr(contacts.running.context.parts.operations, "_due", lambda: None)


async def held(contacts: Harness) -> operations.Operation:
    """A scan that has begun."""
    begun = await contacts.call(pb.ScanDuplicatesRequest())
    with contacts.running.context.sessions.read(contacts.user) as session:
        operation = operations.get(session, begun.id)
    assert operation is not None
    return operation


async def test_a_scan_finds_people_and_organisations_likeliest_first(contacts: Harness) -> None:
    for name in ("Anna Öztürk", "Anna Ötzürk", "Bernd Weber", "Weber Bernd", "Jan Müller", "Jana Müller", "Clara Adam"):
        await create(contacts, name)
    for name in ("Müller GmbH", "Mueller AG", "Amt"):
        organisation = organisations.Organisation(name=name)
        await contacts.call(organisations.CreateOrganisationRequest(organisation=organisation, on_duplicate=ALLOW))
    await create(contacts, "Anna Öztürk")
    done = await scan(contacts)
    assert (done.state, done.progress, done.kind) == (operations_pb2.OPERATION_STATE_DONE, 100, "scan_duplicates")
    assert done.HasField("end_time")
    found = await pairs(contacts)
    assert found[0] == ("Anna Öztürk", "Anna Öztürk", 60)
    assert sorted(found[1:]) == [("Anna Ötzürk", "Anna Öztürk", 55), ("Anna Ötzürk", "Anna Öztürk", 55), ("Bernd Weber", "Weber Bernd", 55)]
    assert await pairs(contacts, "organisations") == [("Mueller AG", "Müller GmbH", 60)]


async def test_pairs_are_paged_without_gaps(contacts: Harness) -> None:
    for number in range(4):
        await create(contacts, "Anna Öztürk", title=str(number))
    await scan(contacts)
    seen: list[str] = []
    token = ""
    while True:
        response = await contacts.call(pb.ListDuplicatesRequest(page_size=2, page_token=token))
        seen += [item.id for item in response.duplicates]
        token = response.next_page_token
        if not token:
            break
    assert len(seen) == len(set(seen)) == 6


async def test_a_dismissed_pair_never_returns(contacts: Harness) -> None:
    first = await create(contacts, "Anna Öztürk")
    await create(contacts, "Anna Öztürk")
    await scan(contacts)
    [pair] = (await contacts.call(pb.ListDuplicatesRequest())).duplicates
    dismissed = await contacts.call(pb.DismissDuplicateRequest(id=pair.id))
    assert dismissed.dismissed
    assert await pairs(contacts) == []
    # Not even where both have changed meanwhile.
    await contacts.call(persons.UpdatePersonRequest(person=persons.Person(id=first.id, title="Dr."), update_mask=["title"]))
    contacts.clock.advance(days=400)
    await scan(contacts)
    assert await pairs(contacts) == []
    assert (await contacts.call(pb.DismissDuplicateRequest(id=pair.id))).dismissed


async def test_a_candidate_that_was_told_can_be_dismissed(contacts: Harness) -> None:
    await create(contacts, "Anna Öztürk")
    made = await contacts.call(persons.CreatePersonRequest(person=persons.Person(first_name="Anna", last_name="Öztürk")))
    assert len(await pairs(contacts)) == 1
    await contacts.call(pb.DismissDuplicateRequest(id=made.duplicates[0].id))
    await scan(contacts)
    assert await pairs(contacts) == []


async def test_pairs_that_are_none_any_more_go_with_the_next_scan(contacts: Harness) -> None:
    first = await create(contacts, "Anna Öztürk")
    await create(contacts, "Anna Öztürk")
    await create(contacts, "Anna Ötzürk")
    await scan(contacts)
    assert len(await pairs(contacts)) == 3
    await contacts.call(persons.UpdatePersonRequest(person=persons.Person(id=first.id, last_name="Weber"), update_mask=["last_name"]))
    contacts.clock.advance(hours=1)
    await scan(contacts)
    assert await pairs(contacts) == [("Anna Ötzürk", "Anna Öztürk", 55)]


async def test_a_scan_sees_its_own_account_only(contacts: Harness) -> None:
    """S1."""
    stranger = replace(contacts.user, account_id=new_id())
    await create(contacts, "Anna Öztürk")
    await create(contacts, "Anna Öztürk", user=stranger)
    begun = await scan(contacts)
    await scan(contacts, user=stranger)
    assert await pairs(contacts) == await pairs(contacts, user=stranger) == []
    await create(contacts, "Anna Öztürk")
    await scan(contacts)
    [pair] = (await contacts.call(pb.ListDuplicatesRequest())).duplicates
    for request in (operations_pb2.GetOperationRequest(id=begun.id), pb.DismissDuplicateRequest(id=pair.id)):
        with pytest.raises(NotFound):
            await contacts.call(request, user=stranger)
    assert len(await pairs(contacts)) == 1
    assert await pairs(contacts, user=stranger) == []


async def test_records_that_came_without_keys_get_them_in_the_scan(contacts: Harness) -> None:
    await create(contacts, "Anna Öztürk")
    await create(contacts, "Anna Öztürk")
    with contacts.running.context.database.writing(contacts.user.account_id) as connection:
        connection.execute(sa.delete(DUPLICATE_KEYS))
    await scan(contacts)
    assert len(await pairs(contacts)) == 1


@pytest.mark.usefixtures("idle")
async def test_a_scan_goes_on_where_a_dead_worker_was_without_double_pairs(contacts: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "_RECORDS", 2)
    # More than the longest run of one key's rows here, so that the last key of a step can be cut off.
    monkeypatch.setattr(scanning, "_KEYS", 6)
    for name in ("Anna Öztürk", "Anna Öztürk", "Bernd Weber", "Weber Bernd", "Clara Adam"):
        await create(contacts, name)
    worker = contacts.running.context.parts.operations
    operation = await held(contacts)
    steps = 0
    while operation.state == "running":
        # Every step is done twice: once by a worker that dies before it can tell anybody, as its database sees it.
        found = await contacts.running.context.database.read(worker._look, operation)
        after = await contacts.running.context.database.write(worker._keep, operation, found)
        with pytest.raises(Aborted):
            await contacts.running.context.database.write(worker._keep, operation, found)
        with contacts.running.context.sessions.read(contacts.user) as session:
            stored = operations.get(session, operation.id)
        assert stored is not None
        assert (stored.position, stored.found) == (after.position, after.found)
        operation = stored
        steps += 1
    assert steps > 8
    assert sorted(await pairs(contacts)) == [("Anna Öztürk", "Anna Öztürk", 60), ("Bernd Weber", "Weber Bernd", 55)]
    with contacts.running.context.database.reading(contacts.user.account_id) as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(DUPLICATES)).scalar_one() == 2


async def test_work_that_a_dead_worker_held_is_taken_up_when_its_lease_is_over(contacts: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    await create(contacts, "Anna Öztürk")
    await create(contacts, "Anna Öztürk")
    worker = contacts.running.context.parts.operations
    with monkeypatch.context() as patch:
        patch.setattr(worker, "_due", lambda: None)
        operation = await held(contacts)
        assert await contacts.running.context.database.write(worker._claim, operation)
        await worker.step(operation)
    await worker.settled()
    assert await pairs(contacts) == []
    contacts.clock.advance(seconds=operations.LEASE.total_seconds() + 1)
    await worker.settled()
    assert len(await pairs(contacts)) == 1


@pytest.mark.usefixtures("idle")
async def test_a_person_who_is_deleted_during_the_scan_leaves_no_pair(contacts: Harness) -> None:
    first = await create(contacts, "Anna Öztürk")
    await create(contacts, "Anna Öztürk")
    worker = contacts.running.context.parts.operations
    operation = await held(contacts)
    operation = await worker.step(operation)
    assert read_position(operation.position).phase == "pairs"
    found = await contacts.running.context.database.read(worker._look, operation)
    assert len(found.found) == 1
    await contacts.call(persons.DeletePersonRequest(id=first.id))
    operation = await contacts.running.context.database.write(worker._keep, operation, found)
    assert (operation.found, await pairs(contacts)) == (0, [])


@pytest.mark.usefixtures("idle")
async def test_a_scan_that_is_under_way_is_answered_again(contacts: Harness) -> None:
    first = await contacts.call(pb.ScanDuplicatesRequest())
    assert await contacts.call(pb.ScanDuplicatesRequest()) == first
    assert (first.state, first.progress) == (operations_pb2.OPERATION_STATE_RUNNING, 0)


@pytest.mark.parametrize(("fields", "field"), [({"noun": "deals"}, "noun"), ({"page_token": "x"}, "page_token")])
async def test_what_cannot_be_listed_is_refused_by_name(contacts: Harness, fields: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        await contacts.call(pb.ListDuplicatesRequest(**fields))
    assert [violation.field for violation in refusal.value.violations] == [field]
