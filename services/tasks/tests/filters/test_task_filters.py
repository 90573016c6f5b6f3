"""Lists of tasks in the filter language (B10, D2), each answer compared with what plain Python makes of the same words."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kontor.tasks.v1 import tasks_pb2 as pb
from kontor_chassis.errors import InvalidArgument
from kontor_chassis.ids import new_id
from kontor_chassis.testing import Harness
from kontor_chassis.text import fold

COLLEAGUE = new_id()
ANNA, DEAL = f"persons/{new_id()}", f"deals/{new_id()}"
# The clock of tests stands at 9 o'clock UTC of 2026-03-02; days are those of Berlin.
BERLIN = ZoneInfo("Europe/Berlin")
NEVER = datetime.max.replace(tzinfo=UTC)
DATES = (None, Date(year=2026, month=2, day=27), Date(year=2026, month=3, day=2), Date(year=2026, month=3, day=9))
TIMES = (None, Timestamp(seconds=int(datetime(2026, 3, 1, 23, 30, tzinfo=UTC).timestamp())), Timestamp(seconds=1_772_500_000))
TITLES = ("Anrufen", "anfragen", "Öl bestellen", "Olaf", "Ärger")
Holds = Callable[[pb.Task], bool]


def due(task: pb.Task) -> datetime:
    if task.HasField("due_date"):
        return datetime(task.due_date.year, task.due_date.month, task.due_date.day, tzinfo=BERLIN)
    return task.due_time.ToDatetime(tzinfo=UTC) if task.HasField("due_time") else NEVER


def day(moment: datetime) -> str:
    return "" if moment == NEVER else moment.astimezone(BERLIN).date().isoformat()


# Each with what Python makes of it.
SIMPLE: dict[str, Holds] = {
    "state = open": lambda t: t.state == pb.TASK_STATE_OPEN,
    "state != open": lambda t: t.state == pb.TASK_STATE_DONE,
    "kind = call": lambda t: t.kind == pb.TASK_KIND_CALL,
    "priority = high OR priority = low": lambda t: t.priority in (pb.PRIORITY_HIGH, pb.PRIORITY_LOW),
    "assignee = me": lambda t: t.assignee_user_id != COLLEAGUE,
    f"assignee = {COLLEAGUE}": lambda t: t.assignee_user_id == COLLEAGUE,
    "creator = me": lambda t: True,
    "completer = me": lambda t: t.state == pb.TASK_STATE_DONE,
    f"subject = {ANNA}": lambda t: t.subject == ANNA,
    "subject = deals/*": lambda t: t.subject.startswith("deals/"),
    "NOT subject:*": lambda t: not t.subject,
    "title = an*": lambda t: fold(t.title).startswith("an"),
    "title = oel*": lambda t: fold(t.title).startswith("ol"),
    "due < today": lambda t: "" < day(due(t)) < "2026-03-02",
    "due = today": lambda t: day(due(t)) == "2026-03-02",
    "due > today": lambda t: day(due(t)) > "2026-03-02",
    "due <= 2026-03-02T00:00:00Z": lambda t: due(t) <= datetime(2026, 3, 2, tzinfo=UTC),
    "NOT due:*": lambda t: due(t) == NEVER,
    "complete_time = today": lambda t: t.state == pb.TASK_STATE_DONE,
    "create_time >= today-1d": lambda t: True,
    "update_time < today": lambda t: False,
}
_texts = st.recursive(
    st.sampled_from(sorted(SIMPLE)).map(lambda text: (f"({text})", SIMPLE[text])),
    lambda inner: st.one_of(
        inner.map(lambda one: (f"NOT ({one[0]})", lambda t, one=one: not one[1](t))),
        st.tuples(inner, inner).map(lambda two: (f"({two[0][0]}) AND ({two[1][0]})", lambda t, two=two: two[0][1](t) and two[1][1](t))),
        st.tuples(inner, inner).map(lambda two: (f"({two[0][0]}) OR ({two[1][0]})", lambda t, two=two: two[0][1](t) or two[1][1](t))),
    ),
    max_leaves=4,
)
SORTED: dict[str, Callable[[pb.Task], Any]] = {
    "": due,
    "due": due,
    "title": lambda t: fold(t.title),
    "create_time": lambda t: t.create_time.ToMicroseconds(),
    "update_time": lambda t: t.update_time.ToMicroseconds(),
}


def expected(tasks: Sequence[pb.Task], holds: Holds, order: str, *, descending: bool) -> list[str]:
    wanted = sorted((task for task in tasks if holds(task)), key=lambda task: (SORTED[order](task), task.id), reverse=descending)
    return [task.id for task in wanted]


async def pages(tasks: Harness, size: int = 200, **request: Any) -> list[str]:
    found: list[str] = []
    token = ""
    while True:
        response = await tasks.call(pb.ListTasksRequest(page_size=size, page_token=token, **request))
        found += [task.id for task in response.tasks]
        token = response.next_page_token
        if not token:
            return found


@pytest.fixture
async def made(tasks: Harness) -> list[pb.Task]:
    dice = Random(7)
    found: list[pb.Task] = []
    for _ in range(30):
        date = dice.choice(DATES)
        task = pb.Task(
            title=dice.choice(TITLES),
            kind=dice.choice([pb.TASK_KIND_TASK, pb.TASK_KIND_CALL]),
            priority=dice.choice([pb.PRIORITY_LOW, pb.PRIORITY_NORMAL, pb.PRIORITY_HIGH]),
            subject=dice.choice(["", ANNA, DEAL]),
            assignee_user_id=dice.choice(["", COLLEAGUE]),
            due_date=date,
            due_time=None if date else dice.choice(TIMES),
        )
        one = await tasks.call(pb.CreateTaskRequest(task=task))
        tasks.clock.advance(seconds=dice.randrange(2))
        if dice.random() < 0.3:
            one = await tasks.call(pb.CompleteTaskRequest(id=one.id))
        found.append(one)
    return found


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(filtered=_texts, order=st.sampled_from(sorted(SORTED)), descending=st.booleans(), size=st.integers(6, 40))
async def test_lists_agree_with_plain_python(
    tasks: Harness, made: list[pb.Task], filtered: tuple[str, Holds], order: str, descending: bool, size: int
) -> None:
    text, holds = filtered
    descending = descending and bool(order)
    found = await pages(tasks, size, filter=text, order_by=f"{order}{' desc' if descending else ''}")
    assert found == expected(made, holds, order, descending=descending)


async def test_each_comparison_means_what_it_says_alone_and_with_the_plain_parameters(tasks: Harness, made: list[pb.Task]) -> None:
    for text, holds in SIMPLE.items():
        assert await pages(tasks, filter=text) == expected(made, holds, "", descending=False), text
    plain: list[tuple[dict[str, Any], Holds]] = [
        ({"state": pb.TASK_STATE_OPEN}, SIMPLE["state = open"]),
        ({"kind": pb.TASK_KIND_CALL}, SIMPLE["kind = call"]),
        ({"assignee_user_id": COLLEAGUE}, SIMPLE[f"assignee = {COLLEAGUE}"]),
        ({"creator_user_id": tasks.user.user_id}, SIMPLE["creator = me"]),
        ({"subject": ANNA}, SIMPLE[f"subject = {ANNA}"]),
    ]
    for parameters, holds in plain:
        found = await pages(tasks, 7, filter="NOT priority = normal", order_by="title desc", **parameters)
        both = lambda t, holds=holds: holds(t) and t.priority != pb.PRIORITY_NORMAL  # noqa: E731
        assert found == expected(made, both, "title", descending=True), parameters


WRONG: list[tuple[dict[str, str], str, str]] = [
    ({"filter": "state = open AND"}, "filter", "position 17"),
    ({"filter": "tags:VIP"}, "filter", "position 1: there is no field 'tags'"),
    ({"filter": "priority = urgent"}, "filter", "high, low, normal"),
    ({"filter": "due = bald"}, "filter", "compared with a day or a moment"),
    ({"filter": "kind > call"}, "filter", "cannot be compared"),
    ({"order_by": "priority"}, "order_by", "create_time, due, title, update_time"),
    ({"order_by": "custom.x"}, "order_by", "create_time, due, title, update_time"),
    ({"order_by": "title", "page_token": "x"}, "page_token", "not a token"),
    ({"filter": "state = open", "subject": "x"}, "subject", ""),
]


async def test_what_cannot_be_listed_is_refused_by_name(tasks: Harness) -> None:
    for fields, field, said in WRONG:
        with pytest.raises(InvalidArgument) as refusal:
            await tasks.call(pb.ListTasksRequest(**fields))
        [violation] = refusal.value.violations
        assert violation.field == field, fields
        assert said in violation.message


async def test_what_would_be_sql_elsewhere_is_a_word_here(tasks: Harness, made: list[pb.Task]) -> None:
    """S11."""
    for text in ("'; DROP TABLE tasks; --", "%", "_", "ß" * 300):
        assert await pages(tasks, filter=f'title = "{text}" OR subject = "{text}" OR assignee = "{text}"') == [], text


async def test_another_account_sees_nothing_through_a_filter(tasks: Harness, made: list[pb.Task]) -> None:
    """S1."""
    stranger = replace(tasks.user, account_id=new_id())
    for text in SIMPLE:
        assert not (await tasks.call(pb.ListTasksRequest(filter=text), user=stranger)).tasks, text
