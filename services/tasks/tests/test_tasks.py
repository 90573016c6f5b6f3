"""Tasks (D1, D2, D4): made, read, listed, changed, completed, deleted."""

import asyncio
import base64
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
import sqlalchemy as sa
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date

from kontor.identity.events.v1 import events_pb2 as identity
from kontor.identity.v1 import accounts_pb2 as accounts
from kontor.tasks.events.v1 import events_pb2 as facts
from kontor.tasks.v1 import tasks_pb2 as pb
from kontor.tasks.v1 import timeline_pb2 as timeline
from kontor_chassis.db.plumbing import AUDIT
from kontor_chassis.errors import Aborted, InvalidArgument, NotFound, PermissionDenied
from kontor_chassis.ids import new_id
from kontor_chassis.testing import Harness


async def create(tasks: Harness, title: str = "Angebot nachfassen", **fields: Any) -> pb.Task:
    made: pb.Task = await tasks.call(pb.CreateTaskRequest(task=pb.Task(title=title, **fields)))
    return made


async def titles(tasks: Harness, **filters: Any) -> list[str]:
    return [task.title for task in (await tasks.call(pb.ListTasksRequest(**filters))).tasks]


async def history(tasks: Harness, subject: str) -> list[timeline.Entry]:
    return list((await tasks.call(timeline.ListTimelineRequest(subject=subject))).entries)


async def audited(tasks: Harness) -> list[tuple[str, Any]]:
    def read() -> list[tuple[str, Any]]:
        with tasks.running.context.database.reading(tasks.user.account_id) as connection:
            rows = connection.execute(sa.select(AUDIT.c.action, AUDIT.c.changes).order_by(AUDIT.c.id)).all()
        return [(row.action, row.changes) for row in rows]

    return await tasks.running.context.database.read(read)


def day(text: str) -> Date:
    year, month, number = map(int, text.split("-"))
    return Date(year=year, month=month, day=number)


def moment(*parts: int) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(datetime(*parts, tzinfo=UTC))  # type: ignore[misc, arg-type]
    return stamp


async def test_a_task_is_read_as_it_was_made(tasks: Harness) -> None:
    subject = f"persons/{new_id()}"
    made = await create(
        tasks, "  Angebot\tnachfassen ", kind=pb.TASK_KIND_CALL, note="Erst\r\nlesen", subject=subject,
        priority=pb.PRIORITY_HIGH, due_date=day("2026-03-05"),
    )  # fmt: skip
    assert made == await tasks.call(pb.GetTaskRequest(id=made.id))
    assert (made.title, made.note, made.subject) == ("Angebot nachfassen", "Erst\nlesen", subject)
    assert (made.kind, made.priority, made.state) == (pb.TASK_KIND_CALL, pb.PRIORITY_HIGH, pb.TASK_STATE_OPEN)
    assert made.due_date == day("2026-03-05")
    assert not made.HasField("due_time")
    assert not made.HasField("complete_time")


async def test_a_task_is_the_callers_own_unless_it_says_whose(tasks: Harness) -> None:
    colleague = new_id()
    mine, theirs = await create(tasks), await create(tasks, assignee_user_id=colleague)
    assert (mine.assignee_user_id, mine.creator_user_id) == (tasks.user.user_id, tasks.user.user_id)
    assert (theirs.assignee_user_id, theirs.creator_user_id) == (colleague, tasks.user.user_id)
    assert (mine.kind, mine.priority) == (pb.TASK_KIND_TASK, pb.PRIORITY_NORMAL)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": " \u0000 "}, "title"),
        ({"title": "x" * 301}, "title"),
        ({"note": "x" * 100_001}, "note"),
        ({"subject": "tasks/0193e6b0-0000-7000-8000-000000000000"}, "subject"),
        ({"subject": "persons/1"}, "subject"),
        ({"subject": "persons/../x"}, "subject"),
        ({"assignee_user_id": "me"}, "assignee_user_id"),
        ({"due_date": day("2026-02-30")}, "due_date"),
        ({"due_date": Date(year=2026)}, "due_date"),
        ({"due_date": day("9999-12-31")}, "due_date"),
        ({"due_time": Timestamp(seconds=2**60)}, "due_time"),
        ({"due_date": day("2026-03-05"), "due_time": moment(2026, 3, 5, 9)}, "due_time"),
        ({"kind": 99}, "kind"),
        ({"priority": 99}, "priority"),
    ],
)
async def test_a_wrong_task_is_refused_with_the_field_named(tasks: Harness, fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        await create(tasks, **{"title": "Anruf", **fields})
    assert [violation.field for violation in caught.value.violations] == [field]
    assert await titles(tasks) == []


async def test_a_caller_who_is_no_user_must_say_whose_the_task_is(tasks: Harness) -> None:
    service = replace(tasks.user, user_id="", role="", service="operator")
    with pytest.raises(InvalidArgument) as caught:
        await tasks.call(pb.CreateTaskRequest(task=pb.Task(title="Anruf")), user=service)
    assert caught.value.violations[0].field == "assignee_user_id"


async def fill(tasks: Harness) -> None:
    """In the order of the account's days (Europe/Berlin is one hour ahead of UTC)."""
    await create(tasks, "ohne Datum")
    await create(tasks, "am 5.", due_date=day("2026-03-05"))
    await create(tasks, "am 4. um 23:30 Uhr", due_time=moment(2026, 3, 4, 22, 30))
    await create(tasks, "am 5. um 0:30 Uhr", due_time=moment(2026, 3, 4, 23, 30))
    await create(tasks, "am 4.", due_date=day("2026-03-04"))
    await create(tasks, "auch ohne Datum")


IN_ORDER = ["am 4.", "am 4. um 23:30 Uhr", "am 5.", "am 5. um 0:30 Uhr", "ohne Datum", "auch ohne Datum"]


@pytest.mark.parametrize("state", [pb.TASK_STATE_UNSPECIFIED, pb.TASK_STATE_OPEN])
async def test_a_list_is_sorted_by_due_date_and_paged_without_gaps(tasks: Harness, state: pb.TaskState.ValueType) -> None:
    await fill(tasks)
    seen: list[str] = []
    token = ""
    while True:
        response = await tasks.call(pb.ListTasksRequest(page_size=2, page_token=token, state=state))
        seen += [task.title for task in response.tasks]
        token = response.next_page_token
        if not token:
            break
    assert seen == IN_ORDER


async def test_another_time_zone_of_the_account_moves_its_days(tasks: Harness) -> None:
    await fill(tasks)
    body = identity.AccountUpdated(account=accounts.Account(time_zone="America/New_York", locale="en"))
    await tasks.deliver(body, subject="accounts/1", sequence=2)
    moved = ["am 4.", "am 4. um 23:30 Uhr", "am 5. um 0:30 Uhr", "am 5.", "ohne Datum", "auch ohne Datum"]
    assert await titles(tasks) == moved
    older = identity.AccountUpdated(account=accounts.Account(time_zone="Asia/Tokyo", locale="en"))
    await tasks.deliver(older, subject="accounts/1", sequence=1)
    assert await titles(tasks) == moved


async def test_a_time_zone_that_nobody_knows_is_taken_as_the_default(tasks: Harness) -> None:
    await fill(tasks)
    for number, zone in enumerate(("Mars/Olympus", "", "../../etc/passwd", "\u0000"), start=1):
        body = identity.AccountUpdated(account=accounts.Account(time_zone=zone))
        await tasks.deliver(body, subject="accounts/1", sequence=number)
        assert await titles(tasks) == IN_ORDER


async def test_filters_narrow_a_list_together(tasks: Harness) -> None:
    colleague, subject = new_id(), f"deals/{new_id()}"
    other = replace(tasks.user, user_id=colleague)
    await create(tasks, "mein Anruf", kind=pb.TASK_KIND_CALL, subject=subject)
    await create(tasks, "ihr Anruf", kind=pb.TASK_KIND_CALL, assignee_user_id=colleague)
    await tasks.call(pb.CreateTaskRequest(task=pb.Task(title="ihr Brief", kind=pb.TASK_KIND_LETTER)), user=other)
    done = await create(tasks, "erledigt", subject=subject)
    await tasks.call(pb.CompleteTaskRequest(id=done.id))
    for filters, expected in (
        ({"kind": pb.TASK_KIND_CALL}, ["mein Anruf", "ihr Anruf"]),
        ({"assignee_user_id": colleague}, ["ihr Anruf", "ihr Brief"]),
        ({"creator_user_id": colleague}, ["ihr Brief"]),
        ({"creator_user_id": tasks.user.user_id, "assignee_user_id": colleague}, ["ihr Anruf"]),
        ({"subject": subject}, ["mein Anruf", "erledigt"]),
        ({"subject": subject, "state": pb.TASK_STATE_DONE}, ["erledigt"]),
        ({"state": pb.TASK_STATE_OPEN, "kind": pb.TASK_KIND_LETTER, "assignee_user_id": colleague}, ["ihr Brief"]),
        ({"subject": f"deals/{new_id()}"}, []),
    ):
        assert await titles(tasks, **filters) == expected


@pytest.mark.parametrize(
    ("filters", "field"),
    [
        ({"subject": "persons"}, "subject"),
        ({"assignee_user_id": "\u0000"}, "assignee_user_id"),
        ({"creator_user_id": "me"}, "creator_user_id"),
        ({"kind": 99}, "kind"),
        ({"state": 99}, "state"),
        ({"page_size": -1}, "page_size"),
        ({"page_token": "x"}, "page_token"),
    ],
)
async def test_a_wrong_filter_is_refused(tasks: Harness, filters: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        await titles(tasks, **filters)
    assert caught.value.violations[0].field == field


async def test_a_made_up_page_token_is_refused(tasks: Harness) -> None:
    await create(tasks)
    await create(tasks)
    token = (await tasks.call(pb.ListTasksRequest(page_size=1))).next_page_token
    filter_hash = orjson.loads(base64.urlsafe_b64decode(token + "=="))[0]
    for position in ([2**63, "x"], [-(2**63), "x"], [2**62, "x"], ["1", "x"], [1], [1, "\u0000"]):
        forged = base64.urlsafe_b64encode(orjson.dumps([filter_hash, *position])).rstrip(b"=").decode()
        with pytest.raises(InvalidArgument):
            await tasks.call(pb.ListTasksRequest(page_size=1, page_token=forged))
    with pytest.raises(InvalidArgument):
        await tasks.call(pb.ListTasksRequest(page_size=1, page_token=token, state=pb.TASK_STATE_OPEN))


async def test_a_page_is_shorter_where_its_notes_are_long(tasks: Harness) -> None:
    for number in range(42):
        await create(tasks, f"{number:02}", note="x" * 100_000)
    first = await tasks.call(pb.ListTasksRequest(page_size=200))
    rest = await tasks.call(pb.ListTasksRequest(page_size=200, page_token=first.next_page_token))
    assert len(first.tasks) == 40
    assert [task.title for task in [*first.tasks, *rest.tasks]] == [f"{number:02}" for number in range(42)]


async def test_an_update_changes_only_the_masked_fields(tasks: Harness) -> None:
    made = await create(tasks, note="alt", due_date=day("2026-03-05"))
    wanted = pb.Task(id=made.id, title="Neu", note="neu")
    changed = await tasks.call(pb.UpdateTaskRequest(task=wanted, update_mask=["title", "state", "creator_user_id", "nonsense"]))
    assert (changed.title, changed.note, changed.due_date) == ("Neu", "alt", day("2026-03-05"))
    assert (changed.state, changed.creator_user_id, changed.etag) == (pb.TASK_STATE_OPEN, tasks.user.user_id, "2")
    assert [list(fact.changed_fields) for fact in await tasks.published(facts.TaskUpdated)] == [["title"]]


async def test_a_new_due_time_replaces_the_day_and_the_other_way_round(tasks: Harness) -> None:
    made = await create(tasks, due_date=day("2026-03-05"))
    timed = await tasks.call(pb.UpdateTaskRequest(task=pb.Task(id=made.id, due_time=moment(2026, 3, 6, 8)), update_mask=["due_time"]))
    assert (timed.HasField("due_date"), timed.due_time) == (False, moment(2026, 3, 6, 8))
    same = await tasks.call(pb.UpdateTaskRequest(task=pb.Task(id=made.id), update_mask=["due_date"]))
    assert same == timed
    never = await tasks.call(pb.UpdateTaskRequest(task=pb.Task(id=made.id), update_mask=["due_date", "due_time"]))
    assert (never.HasField("due_date"), never.HasField("due_time")) == (False, False)


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (pb.Task(), "title"),
        (pb.Task(), "assignee_user_id"),
        (pb.Task(subject="x"), "subject"),
        (pb.Task(due_date=day("2026-03-05"), due_time=moment(2026, 3, 5, 9)), "due_time"),
    ],
)
async def test_a_wrong_update_is_refused_and_changes_nothing(tasks: Harness, wanted: pb.Task, field: str) -> None:
    made = await create(tasks)
    wanted.id = made.id
    with pytest.raises(InvalidArgument) as caught:
        await tasks.call(pb.UpdateTaskRequest(task=wanted, update_mask=[field, "due_date"]))
    assert caught.value.violations[0].field == field
    assert made == await tasks.call(pb.GetTaskRequest(id=made.id))


async def test_an_update_that_changes_nothing_tells_nobody(tasks: Harness) -> None:
    made = await create(tasks, due_time=moment(2026, 3, 5, 9))
    assert made == await tasks.call(pb.UpdateTaskRequest(task=made, update_mask=["title", "due_time", "kind", "priority"]))
    assert await tasks.published(facts.TaskUpdated) == []
    assert [action for action, _ in await audited(tasks)] == ["create"]


async def test_of_two_updates_with_one_etag_exactly_one_wins(tasks: Harness) -> None:
    made = await create(tasks)

    async def rename(title: str) -> str:
        try:
            await tasks.call(pb.UpdateTaskRequest(task=pb.Task(id=made.id, title=title), update_mask=["title"], etag=made.etag))
        except Aborted as error:
            return error.detail["etag"]
        return ""

    assert sorted(await asyncio.gather(rename("Eins"), rename("Zwei"))) == ["", "2"]


async def test_a_done_task_stays_in_the_history_of_its_subject_with_who_and_when(tasks: Harness) -> None:
    subject = f"persons/{new_id()}"
    made = await create(tasks, note="Preis klären", subject=subject)
    assert await history(tasks, subject) == []
    tasks.clock.advance(hours=1)
    colleague = replace(tasks.user, user_id=new_id())
    done = await tasks.call(pb.CompleteTaskRequest(id=made.id), user=colleague)
    assert (done.state, done.completer_user_id) == (pb.TASK_STATE_DONE, colleague.user_id)
    assert done.complete_time == moment(2026, 3, 2, 10)
    [entry] = await history(tasks, subject)
    assert (entry.kind, entry.ref, list(entry.subjects)) == (timeline.ENTRY_KIND_TASK, f"tasks/{made.id}", [subject])
    assert (entry.title, entry.text, entry.author_user_id) == ("Angebot nachfassen", "Preis klären", colleague.user_id)
    assert entry.occur_time == done.complete_time


async def test_completing_twice_is_completing_once(tasks: Harness) -> None:
    made = await create(tasks, subject=f"persons/{new_id()}")
    done = await tasks.call(pb.CompleteTaskRequest(id=made.id, etag=made.etag))
    tasks.clock.advance(hours=1)
    assert done == await tasks.call(pb.CompleteTaskRequest(id=made.id), user=replace(tasks.user, user_id=new_id()))
    assert len(await tasks.published(facts.TaskCompleted)) == 1
    with pytest.raises(Aborted):
        await tasks.call(pb.CompleteTaskRequest(id=made.id, etag=made.etag))


async def test_a_reopened_task_leaves_the_history(tasks: Harness) -> None:
    subject = f"persons/{new_id()}"
    made = await create(tasks, subject=subject)
    assert made == await tasks.call(pb.ReopenTaskRequest(id=made.id))
    await tasks.call(pb.CompleteTaskRequest(id=made.id))
    opened = await tasks.call(pb.ReopenTaskRequest(id=made.id))
    assert (opened.state, opened.completer_user_id, opened.HasField("complete_time")) == (pb.TASK_STATE_OPEN, "", False)
    assert await history(tasks, subject) == []
    assert [fact.task.state for fact in await tasks.published(facts.TaskReopened)] == ["open"]
    await tasks.call(pb.CompleteTaskRequest(id=made.id))
    assert len(await history(tasks, subject)) == 1


async def test_a_done_task_that_is_changed_changes_in_the_history_too(tasks: Harness) -> None:
    first, second = f"persons/{new_id()}", f"projects/{new_id()}"
    made = await create(tasks, subject=first)
    await tasks.call(pb.CompleteTaskRequest(id=made.id))
    await tasks.call(pb.UpdateTaskRequest(task=pb.Task(id=made.id, title="Neu", subject=second), update_mask=["title", "subject"]))
    assert await history(tasks, first) == []
    assert [entry.title for entry in await history(tasks, second)] == ["Neu"]
    await tasks.call(pb.UpdateTaskRequest(task=pb.Task(id=made.id), update_mask=["subject"]))
    assert await history(tasks, second) == []


async def test_a_deleted_task_leaves_an_audit_entry_and_nothing_else(tasks: Harness) -> None:
    subject = f"persons/{new_id()}"
    made = await create(tasks, subject=subject)
    await tasks.call(pb.CompleteTaskRequest(id=made.id))
    with pytest.raises(Aborted):
        await tasks.call(pb.DeleteTaskRequest(id=made.id, etag=made.etag))
    await tasks.call(pb.DeleteTaskRequest(id=made.id, etag="2"))
    with pytest.raises(NotFound):
        await tasks.call(pb.GetTaskRequest(id=made.id))
    assert (await history(tasks, subject), await titles(tasks)) == ([], [])
    assert [fact.id for fact in await tasks.published(facts.TaskDeleted)] == [made.id]
    action, changes = (await audited(tasks))[-1]
    assert (action, changes["title"]) == ("delete", ["Angebot nachfassen", None])


async def test_every_change_is_told_and_audited_once(tasks: Harness) -> None:
    made = await create(tasks, due_date=day("2026-03-05"))
    await tasks.call(pb.UpdateTaskRequest(task=pb.Task(id=made.id, note="neu"), update_mask=["note"]))
    await tasks.call(pb.CompleteTaskRequest(id=made.id))
    await tasks.call(pb.ReopenTaskRequest(id=made.id))
    await tasks.call(pb.DeleteTaskRequest(id=made.id))
    assert [action for action, _ in await audited(tasks)] == ["create", "update", "complete", "reopen", "delete"]
    [created] = await tasks.published(facts.TaskCreated)
    assert (created.task.assignee_user_id, created.task.due_date) == (tasks.user.user_id, day("2026-03-05"))
    assert [envelope.sequence for envelope in tasks.bus.published] == [1, 2, 3, 4, 5]
    assert {envelope.subject for envelope in tasks.bus.published} == {f"tasks/{made.id}"}


async def test_another_account_sees_nothing(tasks: Harness) -> None:
    made = await create(tasks)
    stranger = replace(tasks.user, account_id=new_id())
    for request in (
        pb.GetTaskRequest(id=made.id),
        pb.UpdateTaskRequest(task=pb.Task(id=made.id, title="Meins"), update_mask=["title"]),
        pb.CompleteTaskRequest(id=made.id),
        pb.ReopenTaskRequest(id=made.id),
        pb.DeleteTaskRequest(id=made.id),
    ):
        with pytest.raises(NotFound):
            await tasks.call(request, user=stranger)
    for filters in ({}, {"assignee_user_id": tasks.user.user_id}):
        assert (await tasks.call(pb.ListTasksRequest(**filters), user=stranger)).tasks == []  # type: ignore[arg-type]
    assert made == await tasks.call(pb.GetTaskRequest(id=made.id))


@pytest.mark.parametrize("task_id", ["", "1", "\u0000", "' OR 1=1"])
async def test_what_is_no_id_is_not_found(tasks: Harness, task_id: str) -> None:
    with pytest.raises(NotFound):
        await tasks.call(pb.GetTaskRequest(id=task_id))
    with pytest.raises(NotFound):
        await tasks.call(pb.DeleteTaskRequest(id=task_id))


async def test_a_scope_is_needed(tasks: Harness) -> None:
    made = await create(tasks)
    reader = replace(tasks.user, scopes=frozenset({"tasks.read"}))
    for request in (
        pb.CreateTaskRequest(task=pb.Task(title="x")),
        pb.CompleteTaskRequest(id=made.id),
        pb.DeleteTaskRequest(id=made.id),
    ):
        with pytest.raises(PermissionDenied):
            await tasks.call(request, user=reader)
    assert len((await tasks.call(pb.ListTasksRequest(), user=reader)).tasks) == 1
