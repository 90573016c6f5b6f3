"""Operations: listed, seen by record, cancelled, stopped with their user's rights, and forgotten (B12)."""

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from kontor.contacts.v1 import custom_fields_pb2 as fields
from kontor.contacts.v1 import duplicates_pb2 as duplicates
from kontor.contacts.v1 import operations_pb2 as pb
from kontor.contacts.v1 import persons_pb2 as persons
from kontor.contacts.v1 import record_kinds_pb2 as kinds
from kontor.contacts.v1 import visibility_pb2 as visibility
from kontor.identity.events.v1 import events_pb2 as identity
from kontor.identity.v1 import groups_pb2 as groups
from kontor.identity.v1 import users_pb2 as users
from kontor_chassis.errors import Aborted, InvalidArgument, NotFound, PermissionDenied
from kontor_chassis.ids import new_id
from kontor_chassis.testing import Harness
from kontor_contacts.store.operations import LEASE
from kontor_contacts.store.tables import OPERATION_RESULTS, OPERATIONS
from kontor_contacts.usecases import bulk_steps, operation_pruning, operation_worker

RUNNING, DONE = pb.OPERATION_STATE_RUNNING, pb.OPERATION_STATE_DONE
CANCELLED, FAILED = pb.OPERATION_STATE_CANCELLED, pb.OPERATION_STATE_FAILED


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_steps, "_GATHERED", 2)
    monkeypatch.setattr(bulk_steps, "_TREATED", 2)


async def test_operations_are_listed_newest_first_and_filtered(bulk: Any, contacts: Harness) -> None:
    await bulk.people(2)
    made = []
    for _ in range(3):
        made.append((await bulk.done(all=True, add_tags=["Neu"])).id)
        contacts.clock.advance(seconds=1)
    scan = (await contacts.call(duplicates.ScanDuplicatesRequest())).id
    await bulk.worker.settled()
    seen: list[str] = []
    token = ""
    while True:
        answer = await contacts.call(pb.ListOperationsRequest(page_size=2, page_token=token))
        seen += [item.id for item in answer.operations]
        token = answer.next_page_token
        if not token:
            break
    assert seen == [scan, *reversed(made)]
    for asked, ids in (
        ({"kind": "scan_duplicates"}, [scan]),
        ({"kind": "bulk_persons", "state": DONE}, made[::-1]),
        ({"state": CANCELLED}, []),
        ({"state": DONE}, seen),
    ):
        assert [item.id for item in (await contacts.call(pb.ListOperationsRequest(**asked))).operations] == ids
    stranger = replace(contacts.user, account_id=new_id())
    assert list((await contacts.call(pb.ListOperationsRequest(), user=stranger)).operations) == []


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (pb.ListOperationsRequest(kind="bulk_deals"), "kind"),
        (pb.ListOperationsRequest(state=77), "state"),  # type: ignore[arg-type]
        (pb.ListOperationsRequest(page_token="x"), "page_token"),
    ],
)
async def test_a_wrong_list_is_refused_by_name(contacts: Harness, request_: Any, field: str) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        await contacts.call(request_)
    assert [violation.field for violation in refusal.value.violations] == [field]


async def test_results_are_paged_and_filtered_by_outcome(bulk: Any, contacts: Harness) -> None:
    people = await bulk.people(3)
    await bulk.person("Weber", tags=["Neu"])
    done = await bulk.done(all=True, add_tags=["Neu"])
    seen: list[str] = []
    token = ""
    while True:
        answer = await contacts.call(pb.ListOperationResultsRequest(id=done.id, page_size=2, page_token=token))
        seen += [item.name for item in answer.results]
        token = answer.next_page_token
        if not token:
            break
    assert seen == ["Person 0", "Person 1", "Person 2", "Weber"]
    changed = await bulk.results(done, outcome=pb.OPERATION_OUTCOME_CHANGED)
    assert [ref for ref, _, _ in changed] == [f"persons/{person.id}" for person in people]
    with pytest.raises(InvalidArgument):
        await contacts.call(pb.ListOperationResultsRequest(id=done.id, outcome=pb.OPERATION_OUTCOME_GONE, page_token="x"))


async def test_results_name_people_as_whoever_asks_sees_them_now(bulk: Any, contacts: Harness) -> None:
    renamed, hidden, deleted = await bulk.people(3)
    admin = replace(contacts.user, user_id=new_id(), role="admin")
    done = await bulk.done(all=True, add_tags=["Neu"])

    async def names(user: Any) -> list[str]:
        answer = await contacts.call(pb.ListOperationResultsRequest(id=done.id), user=user)
        return [item.name for item in answer.results]

    assert await names(contacts.user) == ["Person 0", "Person 1", "Person 2"]
    limited = visibility.Visibility(mode=visibility.VISIBILITY_MODE_LIMITED, user_ids=[admin.user_id])
    for person in (persons.Person(id=renamed.id, last_name="Weber"), persons.Person(id=hidden.id, visibility=limited)):
        mask = ["last_name" if person.last_name else "visibility"]
        await contacts.call(persons.UpdatePersonRequest(person=person, update_mask=mask), user=admin)
    await contacts.call(persons.DeletePersonRequest(id=deleted.id))
    assert await names(contacts.user) == ["Weber", "", ""]
    assert await names(admin) == ["Weber", "Person 1", ""]


async def test_results_keep_names_only_of_what_the_action_has_deleted(bulk: Any, contacts: Harness) -> None:
    people = await bulk.people(2)
    await bulk.done(ids=[people[0].id], add_tags=["Neu"])
    done = await bulk.done(ids=[people[0].id, people[1].id, new_id()], delete=True)
    answer = await contacts.call(pb.ListOperationResultsRequest(id=done.id))
    assert [item.name for item in answer.results] == ["Person 0", "Person 1", ""]
    with contacts.running.context.database.reading(contacts.user.account_id) as connection:
        kept = list(connection.execute(sa.select(OPERATION_RESULTS.c.name).order_by(OPERATION_RESULTS.c.name)).scalars())
    assert kept == ["", "", "Person 0", "Person 1"]


async def test_only_those_who_began_it_and_admins_see_and_stop_it(bulk: Any, contacts: Harness) -> None:
    await bulk.people(1)
    done = await bulk.done(all=True, add_tags=["Neu"])
    colleague = replace(contacts.user, user_id=new_id())
    for request in (pb.ListOperationResultsRequest(id=done.id), pb.CancelOperationRequest(id=done.id)):
        with pytest.raises(PermissionDenied):
            await contacts.call(request, user=colleague)
        await contacts.call(request, user=replace(colleague, role="admin"))
        with pytest.raises(NotFound):
            await contacts.call(request, user=replace(contacts.user, account_id=new_id()))
    assert (await bulk.get(done, user=colleague)).changed == 1


@pytest.mark.usefixtures("idle")
async def test_what_is_done_when_it_is_cancelled_stays_done_and_is_told(bulk: Any, contacts: Harness) -> None:
    people = await bulk.people(5)
    begun = await bulk.begin(all=True, add_tags=["Neu"])
    operation = bulk.stored(begun)
    while operation.changed < 2:
        operation = await bulk.step(operation)
    cancelled = await contacts.call(pb.CancelOperationRequest(id=begun.id))
    assert (cancelled.state, cancelled.total, cancelled.changed, cancelled.progress) == (CANCELLED, 5, 2, 40)
    assert cancelled.HasField("end_time")
    with pytest.raises(Aborted):
        await bulk.step(operation)
    assert await contacts.call(pb.CancelOperationRequest(id=begun.id)) == cancelled
    assert await bulk.outcomes(begun) == ["changed", "changed", "waiting", "waiting", "waiting"]
    assert [list((await bulk.read(person)).tags) for person in people] == [["Neu"], ["Neu"], [], [], []]
    assert [entry[:2] for entry in bulk.audited(f"operations/{begun.id}")] == [("user", "create"), ("user", "cancel")]


async def test_the_worker_leaves_what_was_cancelled_and_goes_on_with_the_next(bulk: Any, contacts: Harness) -> None:
    await bulk.people(3)
    worker = bulk.worker
    step = worker.step

    async def cancel_first(operation: Any) -> Any:
        if operation.id == first.id:
            await contacts.call(pb.CancelOperationRequest(id=first.id))
        return await step(operation)

    worker.step = cancel_first
    first = await bulk.begin(all=True, add_tags=["Erst"])
    second = await bulk.begin(all=True, add_tags=["Dann"])
    await worker.settled()
    assert ((await bulk.get(first)).state, (await bulk.get(second)).state) == (CANCELLED, DONE)


async def test_what_has_ended_cannot_be_cancelled_and_stays(bulk: Any, contacts: Harness) -> None:
    await bulk.people(1)
    done = await bulk.done(all=True, add_tags=["Neu"])
    assert await contacts.call(pb.CancelOperationRequest(id=done.id)) == done
    assert len(bulk.audited(f"operations/{done.id}")) == 1


@pytest.mark.usefixtures("idle")
async def test_a_scan_can_be_cancelled_too(contacts: Harness) -> None:
    begun = await contacts.call(duplicates.ScanDuplicatesRequest())
    assert (await contacts.call(pb.CancelOperationRequest(id=begun.id))).state == CANCELLED
    assert (await contacts.call(duplicates.ScanDuplicatesRequest())).id != begun.id


async def test_a_filter_that_breaks_meanwhile_fails_the_operation_with_the_reason(
    bulk: Any, contacts: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    definition = fields.CustomField(record_kind=kinds.RECORD_KIND_PERSON, key="ort", label="Ort", type=fields.CUSTOM_FIELD_TYPE_TEXT)
    field = await contacts.call(fields.CreateCustomFieldRequest(custom_field=definition))
    people = await bulk.people(1)
    with monkeypatch.context() as patch:
        patch.setattr(bulk.worker, "_due", lambda: None)
        begun = await bulk.begin(filter='NOT custom.ort = "Kiel"', add_tags=["Neu"])
        await contacts.call(fields.DeleteCustomFieldRequest(id=field.id))
    await bulk.worker.settled()
    failed = await bulk.get(begun)
    assert (failed.state, failed.changed) == (FAILED, 0)
    assert "custom.ort" in failed.failure
    assert list((await bulk.read(people[0])).tags) == []


async def test_an_unexpected_fault_fails_the_operation_and_the_next_one_has_its_turn(
    bulk: Any, contacts: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bulk.people(1)

    def broken(*_: object) -> None:
        raise RuntimeError("a mistake of ours")

    kind = replace(operation_worker.KINDS["scan_duplicates"], keep=broken)  # type: ignore[arg-type]
    monkeypatch.setitem(operation_worker.KINDS, "scan_duplicates", kind)
    scan = await contacts.call(duplicates.ScanDuplicatesRequest())
    done = await bulk.done(all=True, add_tags=["Neu"])
    failed = await bulk.get(scan)
    assert (failed.state, done.state) == (FAILED, DONE)
    assert "a mistake of ours" not in failed.failure
    assert "Incident" in failed.failure


@pytest.mark.parametrize(
    ("change", "stopped"),
    [({"role": "ROLE_READER"}, True), ({"role": "ROLE_MEMBER", "active": False}, True), ({"role": "ROLE_MEMBER", "active": True}, False)],
)
@pytest.mark.usefixtures("idle")
async def test_an_operation_stops_when_its_user_loses_their_rights(
    bulk: Any, contacts: Harness, change: dict[str, Any], stopped: bool
) -> None:
    await bulk.people(3)
    begun = await bulk.begin(all=True, add_tags=["Neu"])
    scan = await contacts.call(duplicates.ScanDuplicatesRequest())
    operation = await bulk.step(bulk.stored(begun))
    user = users.User(id=contacts.user.user_id, **{"active": True, **change})
    await contacts.deliver(identity.UserUpdated(user=user), subject=f"users/{user.id}")
    await contacts.deliver(identity.UserUpdated(user=users.User(id=new_id())), subject="users/other")
    now = await bulk.get(begun)
    assert now.state == (FAILED if stopped else RUNNING)
    assert bool(now.failure) == stopped
    assert (await bulk.get(scan)).state == RUNNING
    if stopped:
        with pytest.raises(Aborted):
            await bulk.step(operation)


@pytest.mark.parametrize(
    ("role", "change", "stopped"),
    [
        ("member", "left", True),
        ("member", "stayed", False),
        ("member", "another", False),
        ("member", "deleted", True),
        # They see everything, in a group or not.
        ("admin", "left", False),
        ("owner", "deleted", False),
    ],
)
@pytest.mark.usefixtures("idle")
async def test_an_operation_stops_when_its_user_leaves_a_group(bulk: Any, contacts: Harness, role: str, change: str, stopped: bool) -> None:
    group = new_id()
    user = replace(contacts.user, role=role, groups=frozenset({group, new_id()}))
    await bulk.people(3)
    begun = await bulk.begin(user=user, all=True, add_tags=["Neu"])
    scan = await contacts.call(duplicates.ScanDuplicatesRequest())
    operation = await bulk.step(bulk.stored(begun))
    others = [new_id()]
    body: Any = {
        "left": identity.GroupUpdated(group=groups.Group(id=group, user_ids=others)),
        "stayed": identity.GroupUpdated(group=groups.Group(id=group, user_ids=[*others, user.user_id])),
        "another": identity.GroupUpdated(group=groups.Group(id=new_id(), user_ids=others)),
        "deleted": identity.GroupDeleted(id=group),
    }[change]
    await contacts.deliver(body, subject=f"groups/{group}")
    now = await bulk.get(begun)
    assert (now.state, "group" in now.failure) == ((FAILED, True) if stopped else (RUNNING, False))
    assert (await bulk.get(scan)).state == RUNNING
    if stopped:
        with pytest.raises(Aborted):
            await bulk.step(operation)


@pytest.mark.usefixtures("idle")
async def test_an_operation_stops_when_the_key_that_began_it_is_deleted(bulk: Any, contacts: Harness) -> None:
    await bulk.people(1)
    key = new_id()
    begun = await bulk.begin(user=replace(contacts.user, api_key_id=key, api_key_name="Import"), all=True, add_tags=["Neu"])
    by_hand = await bulk.begin(all=True, add_tags=["Neu"])
    await contacts.deliver(identity.ApiKeyDeleted(id=new_id(), user_id=contacts.user.user_id), subject="api-keys/other")
    assert (await bulk.get(begun)).state == RUNNING
    await contacts.deliver(identity.ApiKeyDeleted(id=key, user_id=contacts.user.user_id), subject=f"api-keys/{key}")
    now = await bulk.get(begun)
    assert (now.state, "key" in now.failure) == (FAILED, True)
    assert (await bulk.get(by_hand)).state == RUNNING


async def test_what_has_ended_long_ago_is_forgotten_with_its_results(bulk: Any, contacts: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operation_pruning, "_ROWS_AT_ONCE", 2)
    await bulk.people(5)
    old = await bulk.done(all=True, add_tags=["Neu"])
    contacts.clock.advance(days=29)
    young = await bulk.done(all=True, add_tags=["Neuer"])
    contacts.clock.advance(days=1, seconds=1)
    with monkeypatch.context() as patch:
        patch.setattr(bulk.worker, "_due", lambda: None)
        running = await bulk.begin(all=True, add_tags=["Neuester"])
        contacts.clock.advance(days=1)
        assert await operation_pruning.prune(contacts.running.context) == 1
    with pytest.raises(NotFound):
        await bulk.get(old)
    assert (await bulk.get(running)).state == RUNNING
    with contacts.running.context.database.reading(contacts.user.account_id) as connection:
        left = set(connection.execute(sa.select(OPERATION_RESULTS.c.operation_id)).scalars())
        assert set(connection.execute(sa.select(OPERATIONS.c.id)).scalars()) == {young.id, running.id}
    assert left == {young.id}
    assert await operation_pruning.prune(contacts.running.context) == 0


async def test_operations_take_turns(bulk: Any, contacts: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long one lets go after some steps, so that a short one need not wait for its end."""
    monkeypatch.setattr(operation_worker, "_STEPS_AT_A_TIME", 2)
    await bulk.people(9)
    order: list[str] = []
    step = bulk.worker.step

    async def told(operation: Any) -> Any:
        order.append(operation.kind)
        contacts.clock.advance(seconds=1)
        return await step(operation)

    bulk.worker.step = told
    begun = await bulk.begin(all=True, add_tags=["Neu"])
    await contacts.call(duplicates.ScanDuplicatesRequest())
    await bulk.worker.settled()
    assert (await bulk.get(begun)).state == DONE
    assert order[:2] == ["bulk_persons"] * 2
    assert "bulk_persons" in order[order.index("scan_duplicates") :]


async def test_a_worker_that_stops_lets_go(bulk: Any, contacts: Harness) -> None:
    """Who starts next goes on at once, not only when the lease is over."""
    await bulk.people(1)
    worker = bulk.worker
    with contacts.running.context.sessions.read(contacts.user) as session:
        now = session.now
    worker._due = lambda: None
    begun = await bulk.begin(all=True, add_tags=["Neu"])
    operation = bulk.stored(begun)
    assert await contacts.running.context.database.write(worker._claim, operation)
    worker._held = operation
    await worker.stop()
    with contacts.running.context.database.reading(contacts.user.account_id) as connection:
        lease = connection.execute(sa.select(OPERATIONS.c.lease_time)).scalar_one()
    assert lease == now < now + LEASE
    people = await contacts.call(persons.ListPersonsRequest())
    assert list(people.persons[0].tags) == []
