"""Calendar feeds (D12): what is in them, and when they are new. That their lines are right is tested in domain/test_calendars.py."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import icalendar
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date

from kontor.identity.events.v1 import events_pb2 as identity
from kontor.identity.v1 import accounts_pb2 as accounts
from kontor.tasks.v1 import calendar_pb2 as pb
from kontor.tasks.v1 import tasks_pb2
from kontor_chassis.errors import InvalidArgument, PermissionDenied
from kontor_chassis.ids import new_id
from kontor_chassis.testing import Harness


def day(text: str) -> Date:
    year, month, number = map(int, text.split("-"))
    return Date(year=year, month=month, day=number)


def moment(*parts: int) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(datetime(*parts, tzinfo=UTC))  # type: ignore[misc, arg-type]
    return stamp


async def create(tasks: Harness, title: str, **fields: Any) -> tasks_pb2.Task:
    made: tasks_pb2.Task = await tasks.call(tasks_pb2.CreateTaskRequest(task=tasks_pb2.Task(title=title, **fields)))
    return made


async def get(tasks: Harness, **fields: str) -> pb.GetTaskCalendarResponse:
    answer: pb.GetTaskCalendarResponse = await tasks.call(pb.GetTaskCalendarRequest(**fields))
    return answer


def read(answer: pb.GetTaskCalendarResponse, kind: str = "VEVENT") -> dict[str, Any]:
    """Its components by summary, as a calendar program reads them."""
    calendar = icalendar.Calendar.from_ical(answer.calendar)
    return {str(component["SUMMARY"]): component for component in calendar.walk(kind)}


async def test_a_task_due_on_a_day_is_an_event_of_that_whole_day(tasks: Harness) -> None:
    note = "Preis, Lieferzeit;\nRabatt \\ Skonto"
    made = await create(tasks, "Angebot nachfassen", due_date=day("2026-03-29"), note=note, priority=tasks_pb2.PRIORITY_HIGH)
    event = read(await get(tasks))["Angebot nachfassen"]
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (date(2026, 3, 29), date(2026, 3, 30))
    assert (event["UID"], event["SEQUENCE"], event["PRIORITY"], event["TRANSP"]) == (f"task-{made.id}@kontor", 1, 1, "TRANSPARENT")
    assert event["DESCRIPTION"] == note
    assert event["CATEGORIES"].cats == ["Aufgabe"]
    assert event["DTSTAMP"].dt == event["LAST-MODIFIED"].dt == event["CREATED"].dt == tasks.clock()


@pytest.mark.parametrize(
    "due",
    [
        # The hour before and after the clocks change in Berlin, in both directions.
        datetime(2026, 3, 29, 0, 30, tzinfo=UTC),
        datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
        datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
    ],
)
async def test_a_task_due_at_a_time_is_an_event_at_that_moment(tasks: Harness, due: datetime) -> None:
    stamp = Timestamp()
    stamp.FromDatetime(due)
    await create(tasks, "Anruf", due_time=stamp, kind=tasks_pb2.TASK_KIND_CALL)
    answer = await get(tasks)
    event = read(answer)["Anruf"]
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (due, due + timedelta(minutes=30))
    assert b"TZID" not in answer.calendar


async def test_the_feed_holds_the_callers_own_open_tasks_with_a_date(tasks: Harness) -> None:
    await create(tasks, "meine", due_date=day("2026-03-05"))
    await create(tasks, "irgendwann")
    await create(tasks, "ihre", due_date=day("2026-03-05"), assignee_user_id=new_id())
    done = await create(tasks, "erledigt", due_date=day("2026-03-05"))
    await tasks.call(tasks_pb2.CompleteTaskRequest(id=done.id))
    assert set(read(await get(tasks))) == {"meine"}
    assert set(read(await get(tasks, style="todo"), "VTODO")) == {"meine", "irgendwann"}
    stranger = replace(tasks.user, account_id=new_id())
    assert read(await tasks.call(pb.GetTaskCalendarRequest(), user=stranger)) == {}


async def test_what_was_due_more_than_a_year_ago_is_left_out(tasks: Harness) -> None:
    await create(tasks, "lange her", due_date=day("2025-02-28"))
    await create(tasks, "überfällig", due_date=day("2025-03-05"))
    assert set(read(await get(tasks))) == {"überfällig"}


async def test_tasks_can_be_had_as_to_dos(tasks: Harness) -> None:
    await create(tasks, "am Tag", due_date=day("2026-03-05"), kind=tasks_pb2.TASK_KIND_LETTER)
    await create(tasks, "zur Zeit", due_time=moment(2026, 3, 5, 9))
    await create(tasks, "irgendwann")
    todos = read(await get(tasks, style="todo"), "VTODO")
    assert todos["am Tag"]["DUE"].dt == date(2026, 3, 5)
    assert todos["zur Zeit"]["DUE"].dt == datetime(2026, 3, 5, 9, tzinfo=UTC)
    assert "DUE" not in todos["irgendwann"]
    assert {todo["STATUS"] for todo in todos.values()} == {"NEEDS-ACTION"}
    assert todos["am Tag"]["CATEGORIES"].cats == ["Brief"]


async def test_another_style_is_refused(tasks: Harness) -> None:
    with pytest.raises(InvalidArgument) as caught:
        await get(tasks, style="journal")
    assert caught.value.violations[0].field == "as"


async def test_the_feed_speaks_the_accounts_language_and_names_its_zone(tasks: Harness) -> None:
    await create(tasks, "Anruf", due_date=day("2026-03-05"), kind=tasks_pb2.TASK_KIND_CALL)
    german = await get(tasks)
    assert b"\r\nNAME:Kontor: Aufgaben\r\nX-WR-CALNAME:Kontor: Aufgaben\r\n" in german.calendar
    assert b"\r\nREFRESH-INTERVAL;VALUE=DURATION:PT15M\r\n" in german.calendar
    assert b"\r\nX-WR-TIMEZONE:Europe/Berlin\r\n" in german.calendar
    body = identity.AccountUpdated(account=accounts.Account(time_zone="Europe/London", locale="en"))
    await tasks.deliver(body, subject="accounts/1")
    english = await get(tasks, if_none_match=german.etag)
    assert not english.not_modified
    assert b"NAME:Kontor: tasks\r\n" in english.calendar
    assert read(english)["Anruf"]["CATEGORIES"].cats == ["Call"]


async def test_an_unchanged_feed_is_not_sent_again(tasks: Harness) -> None:
    await create(tasks, "Anruf", due_date=day("2026-03-05"))
    first = await get(tasks)
    again = await get(tasks, if_none_match=first.etag)
    assert (again.not_modified, again.calendar, again.etag) == (True, b"", first.etag)
    # The same tasks make the same bytes.
    assert first == await get(tasks)
    assert not (await get(tasks, if_none_match=first.etag, style="todo")).not_modified
    assert not (await get(tasks, if_none_match="x")).not_modified


async def test_whatever_changes_the_feed_changes_its_etag(tasks: Harness) -> None:
    """Though the clock stands still, and the number of tasks is the same in between."""
    made = [await create(tasks, f"{number}", due_date=day("2026-03-05")) for number in range(2)]
    etags = [(await get(tasks)).etag]

    async def after(request: Any) -> None:
        await tasks.call(request)
        assert not (await get(tasks, if_none_match=etags[-1])).not_modified
        etags.append((await get(tasks)).etag)

    await after(tasks_pb2.UpdateTaskRequest(task=tasks_pb2.Task(id=made[0].id, title="Neu"), update_mask=["title"]))
    await after(tasks_pb2.CompleteTaskRequest(id=made[0].id))
    await after(tasks_pb2.CreateTaskRequest(task=tasks_pb2.Task(title="statt dessen", due_date=day("2026-03-05"))))
    await after(tasks_pb2.DeleteTaskRequest(id=made[1].id))
    await after(tasks_pb2.ReopenTaskRequest(id=made[0].id))
    assert len(set(etags)) == len(etags)
    # What is not in the feed does not change it.
    await create(tasks, "ihre", due_date=day("2026-03-05"), assignee_user_id=new_id())
    assert (await get(tasks, if_none_match=etags[-1])).not_modified


async def test_a_changed_task_keeps_its_uid_and_raises_its_sequence(tasks: Harness) -> None:
    made = await create(tasks, "Anruf", due_date=day("2026-03-05"))
    before = read(await get(tasks))["Anruf"]
    tasks.clock.advance(hours=1)
    await tasks.call(tasks_pb2.UpdateTaskRequest(task=tasks_pb2.Task(id=made.id, due_date=day("2026-03-06")), update_mask=["due_date"]))
    after = read(await get(tasks))["Anruf"]
    assert (after["UID"], after["SEQUENCE"]) == (before["UID"], before["SEQUENCE"] + 1)
    assert after["LAST-MODIFIED"].dt - before["LAST-MODIFIED"].dt == timedelta(hours=1)


async def test_a_feed_is_bounded_by_what_is_due_first(tasks: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kontor_tasks.usecases.calendars.MAX_TASKS", 2)
    for number in (9, 7, 8):
        await create(tasks, str(number), due_date=day(f"2026-03-0{number}"))
    answer = await get(tasks)
    assert set(read(answer)) == {"7", "8"}
    assert (await get(tasks, if_none_match=answer.etag)).not_modified


async def test_a_scope_is_needed(tasks: Harness) -> None:
    with pytest.raises(PermissionDenied):
        await tasks.call(pb.GetTaskCalendarRequest(), user=replace(tasks.user, scopes=frozenset({"tasks.read"})))
