"""The timeline (D7): newest first, page by page, however long it is."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from google.protobuf.timestamp_pb2 import Timestamp

from kontor.tasks.v1 import notes_pb2 as notes
from kontor.tasks.v1 import tasks_pb2
from kontor.tasks.v1 import timeline_pb2 as pb
from kontor_chassis.errors import InvalidArgument
from kontor_chassis.ids import new_id
from kontor_chassis.testing import Harness
from kontor_tasks.store import entries

NOTE, TASK = pb.ENTRY_KIND_NOTE, pb.ENTRY_KIND_TASK


async def note(tasks: Harness, subject: str, text: str, *, hour: int = 9) -> None:
    stamp = Timestamp()
    stamp.FromDatetime(datetime(2026, 3, 1, tzinfo=UTC) + timedelta(hours=hour))
    await tasks.call(notes.CreateNoteRequest(note=notes.Note(subject=subject, text=text, occur_time=stamp)))


async def done_task(tasks: Harness, subject: str, title: str) -> None:
    made = await tasks.call(tasks_pb2.CreateTaskRequest(task=tasks_pb2.Task(title=title, subject=subject)))
    await tasks.call(tasks_pb2.CompleteTaskRequest(id=made.id))


async def pages(tasks: Harness, subject: str, size: int, **filters: Any) -> list[str]:
    seen: list[str] = []
    token = ""
    while True:
        request = pb.ListTimelineRequest(subject=subject, page_size=size, page_token=token, **filters)
        response = await tasks.call(request)
        assert len(response.entries) <= size
        seen += [entry.title or entry.text for entry in response.entries]
        token = response.next_page_token
        if not token:
            return seen


@pytest.mark.parametrize("size", [1, 2, 3, 50])
async def test_entries_come_newest_first_without_gaps_or_repetitions(tasks: Harness, size: int) -> None:
    subject = f"organisations/{new_id()}"
    for number in range(7):
        # Several at the same moment.
        await note(tasks, subject, str(number), hour=number // 3)
    await note(tasks, f"organisations/{new_id()}", "anderswo")
    seen = await pages(tasks, subject, size)
    assert seen[0] == "6"
    assert set(seen[1:4]) == {"3", "4", "5"}
    assert set(seen[4:]) == {"0", "1", "2"}
    assert len(seen) == 7


async def test_kinds_narrow_a_timeline(tasks: Harness) -> None:
    subject = f"deals/{new_id()}"
    for number in range(5):
        await note(tasks, subject, f"Notiz {number}", hour=number)
    tasks.clock.now = datetime(2026, 3, 1, 2, 30, tzinfo=UTC)
    await done_task(tasks, subject, "Aufgabe")
    whole = ["Notiz 4", "Notiz 3", "Aufgabe", "Notiz 2", "Notiz 1", "Notiz 0"]
    for kinds, expected in (
        ([], whole),
        ([NOTE], [text for text in whole if text != "Aufgabe"]),
        ([TASK], ["Aufgabe"]),
        ([TASK, NOTE, TASK], whole),
        ([pb.ENTRY_KIND_EMAIL, pb.ENTRY_KIND_MILESTONE], []),
        ([NOTE, TASK, pb.ENTRY_KIND_EMAIL, pb.ENTRY_KIND_MILESTONE], whole),
    ):
        for size in (1, 2, 50):
            assert await pages(tasks, subject, size, kind=kinds) == expected


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "subject"),
        ({"subject": "users/0193e6b0-0000-7000-8000-000000000000"}, "subject"),
        ({"subject": "persons/0193E6B0-0000-7000-8000-000000000000"}, "subject"),
        ({"subject": "persons/\u0000"}, "subject"),
        ({"kind": [NOTE, 77]}, "kind[1]"),
        ({"kind": [0]}, "kind[0]"),
        ({"page_size": -1}, "page_size"),
        ({"page_token": "WyJ4IiwxLCJ4Il0"}, "page_token"),
    ],
)
async def test_a_wrong_request_is_refused_with_the_field_named(tasks: Harness, fields: dict[str, Any], field: str) -> None:
    if field != "subject":
        fields = {"subject": f"persons/{new_id()}", **fields}
    with pytest.raises(InvalidArgument) as caught:
        await tasks.call(pb.ListTimelineRequest(**fields))
    assert [violation.field for violation in caught.value.violations] == [field]


async def test_a_page_token_of_another_subject_is_refused(tasks: Harness) -> None:
    first, second = f"persons/{new_id()}", f"persons/{new_id()}"
    for subject in (first, first, second):
        await note(tasks, subject, "x")
    token = (await tasks.call(pb.ListTimelineRequest(subject=first, page_size=1))).next_page_token
    with pytest.raises(InvalidArgument):
        await tasks.call(pb.ListTimelineRequest(subject=second, page_size=1, page_token=token))


async def test_an_unknown_record_has_no_history(tasks: Harness) -> None:
    assert await pages(tasks, f"projects/{new_id()}", 50) == []


async def test_a_page_is_shorter_where_its_texts_are_long(tasks: Harness) -> None:
    subject = f"persons/{new_id()}"
    for number in range(42):
        await note(tasks, subject, f"{number:02}" + "x" * 99_998, hour=number)
    first = await tasks.call(pb.ListTimelineRequest(subject=subject, page_size=200))
    rest = await tasks.call(pb.ListTimelineRequest(subject=subject, page_size=200, page_token=first.next_page_token))
    assert len(first.entries) == 40
    assert [entry.text[:2] for entry in [*first.entries, *rest.entries]] == [f"{number:02}" for number in reversed(range(42))]


@pytest.mark.parametrize("kinds", [[], ["note"], ["note", "email"]])
@pytest.mark.parametrize("same", [1, 3])
async def test_a_page_walks_one_index_per_kind_and_sorts_no_more_than_it_shows(tasks: Harness, kinds: list[str], same: int) -> None:
    """What keeps pages fast at 100,000 entries, of records that were found to be one too; nothing is timed here."""
    values: dict[str, Any] = {"this_account": tasks.user.account_id, "root": "persons/0", "most": 51}
    values |= {"after_time": datetime(2026, 3, 1, tzinfo=UTC), "after_id": new_id()}
    values |= {f"subject{number}": f"persons/{number}" for number in range(same)}
    values |= {f"kind{number}": kind for number, kind in enumerate(kinds)}

    def plan() -> list[str]:
        statement = entries._page(same, len(kinds), after=True).params(values)
        with tasks.running.context.sessions.read(tasks.user) as session:
            compiled = statement.compile(session.connection, compile_kwargs={"literal_binds": True})
            return [row.detail for row in session.execute(sa.text(f"EXPLAIN QUERY PLAN {compiled}"))]

    steps = await tasks.running.context.database.read(plan)
    walks = [step for step in steps if "SEARCH links USING" in step]
    index, place = ("links_by_kind", "kind=? AND ") if kinds else ("links_by_time", "")
    assert len(walks) == same * len(kinds or [""])
    # The row comparison goes into the index too; what is left to sort are the merged walks.
    assert all(index in walk and f"(account_id=? AND subject=? AND {place}(occur_time,entry_id)<(?,?))" in walk for walk in walks)
    assert not any(step.startswith("SCAN") and "links" in step for step in steps)
    if not kinds and same == 1:
        assert not any("TEMP B-TREE" in step and "LAST" not in step for step in steps[:2])
