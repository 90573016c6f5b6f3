"""What a limited person sent by a web form is on no timeline of those who do not see the person (A7, B17)."""

from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from kontor.contacts.events.v1 import events_pb2 as contacts
from kontor.tasks.v1 import timeline_pb2 as pb
from kontor_chassis.ids import new_id
from kontor_chassis.principal import Principal
from kontor_chassis.testing import Harness, harness
from kontor_tasks.service import SERVICE
from kontor_tasks.store import entries

GROUP = new_id()
FORM, NOTE = pb.ENTRY_KIND_FORM, pb.ENTRY_KIND_NOTE


@pytest.fixture(params=["sqlite", "postgresql"])
async def tasks(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Harness]:
    settings = {"database_url": request.getfixturevalue("postgres").create_database("tasks")} if request.param == "postgresql" else {}
    async with harness(SERVICE, tmp_path, settings=settings) as running:
        yield running


async def send(tasks: Harness, person: str, text: str, *visible_to: str) -> None:
    facts = contacts.FormSubmissionFacts(id=new_id(), form_name="Kontakt", person_id=person, text=text, visible_to=visible_to)
    tasks.clock.advance(minutes=1)
    await tasks.deliver(contacts.FormSubmitted(submission=facts), subject=f"form-submissions/{facts.id}", sequence=2)


async def limit(tasks: Harness, person: str, *visible_to: str, sequence: int = 2) -> None:
    facts = contacts.PersonFacts(id=person, visible_to=visible_to)
    body = contacts.PersonUpdated(person=facts, changed_fields=["visibility"])
    await tasks.deliver(body, subject=f"persons/{person}", sequence=sequence)


async def employ(tasks: Harness, person: str, firm: str) -> None:
    position = contacts.PositionFacts(id=new_id(), person_id=person, organisation_id=firm)
    await tasks.deliver(contacts.PositionCreated(position=position), subject=f"persons/{person}/positions/{position.id}")


async def seen(tasks: Harness, ref: str, *, user: Principal | None = None, kinds: Any = ()) -> list[str]:
    answer = await tasks.call(pb.ListTimelineRequest(subject=ref, kind=kinds), user=user)
    return [entry.text for entry in answer.entries]


async def test_only_who_sees_the_person_sees_it_wherever_it_shows(tasks: Harness) -> None:
    person, firm = new_id(), new_id()
    await employ(tasks, person, firm)
    await send(tasks, person, "geheim", f"groups/{GROUP}", f"users/{tasks.user.user_id}")
    stranger = replace(tasks.user, user_id=new_id())
    grouped = replace(stranger, groups=frozenset({GROUP}))
    for ref in (f"persons/{person}", f"organisations/{firm}"):
        for kinds in ((), (FORM,), (FORM, NOTE)):
            assert await seen(tasks, ref, user=stranger, kinds=kinds) == []
            for user in (tasks.user, grouped, replace(stranger, role="admin"), replace(stranger, role="owner")):
                assert await seen(tasks, ref, user=user, kinds=kinds) == ["geheim"]


async def test_it_follows_what_becomes_of_the_person(tasks: Harness) -> None:
    person = new_id()
    ref = f"persons/{person}"
    created = contacts.PersonCreated(person=contacts.PersonFacts(id=person))
    await tasks.deliver(created, subject=ref)
    await send(tasks, person, "von allen")
    assert await seen(tasks, ref) == ["von allen"]
    await limit(tasks, person, f"groups/{GROUP}", sequence=2)
    assert await seen(tasks, ref) == []
    await limit(tasks, person, f"users/{tasks.user.user_id}", sequence=3)
    # Late, older news changes nothing.
    await limit(tasks, person, f"groups/{GROUP}", sequence=2)
    assert await seen(tasks, ref) == ["von allen"]
    await limit(tasks, person, f"groups/{GROUP}", sequence=4)
    await limit(tasks, person, sequence=5)
    # Sent before it was opened, told after that.
    await send(tasks, person, "spät", f"groups/{GROUP}")
    assert await seen(tasks, ref) == ["spät", "von allen"]


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_in_whatever_order_it_is_told_the_last_limit_counts(tasks: Harness, order: tuple[int, ...]) -> None:
    person = new_id()
    for step in order:
        if step == 0:
            await limit(tasks, person, f"groups/{GROUP}", sequence=2)
        elif step == 1:
            await limit(tasks, person, sequence=3)
        else:
            await send(tasks, person, "x", f"groups/{GROUP}")
    assert await seen(tasks, f"persons/{person}") == ["x"]


async def test_of_merged_people_the_one_who_answers_counts(tasks: Harness) -> None:
    anna, double, firm = new_id(), new_id(), new_id()
    refs = [f"persons/{anna}", f"persons/{double}", f"organisations/{firm}"]
    await employ(tasks, double, firm)
    await send(tasks, double, "geheim", f"groups/{GROUP}")
    await send(tasks, anna, "offen")
    merged = contacts.PersonMerged(id=double, survivor_id=anna, merge_id=new_id())
    await tasks.deliver(merged, subject=f"persons/{double}", sequence=2)
    for ref in refs:
        assert await seen(tasks, ref) == ["offen", "geheim"]
    await limit(tasks, anna, f"groups/{GROUP}", sequence=2)
    for ref in refs:
        assert await seen(tasks, ref) == []
    await limit(tasks, anna, sequence=3)
    facts = contacts.PersonFacts(id=double, visible_to=[f"groups/{GROUP}"])
    unmerged = contacts.PersonUnmerged(person=facts, survivor_id=anna, merge_id=new_id())
    await tasks.deliver(unmerged, subject=f"persons/{double}", sequence=3)
    assert [await seen(tasks, ref) for ref in refs] == [["offen"], [], []]


async def test_pages_are_full_all_the_same(tasks: Harness) -> None:
    firm, everyones, hidden = new_id(), new_id(), new_id()
    for person in (everyones, hidden):
        await employ(tasks, person, firm)
    for number in range(6):
        await send(tasks, hidden, f"geheim {number}", f"groups/{GROUP}")
        await send(tasks, everyones, f"offen {number}")
    pages, token = [], ""
    while True:
        answer = await tasks.call(pb.ListTimelineRequest(subject=f"organisations/{firm}", page_size=4, page_token=token))
        pages.append([entry.text for entry in answer.entries])
        if not (token := answer.next_page_token):
            break
    assert pages == [["offen 5", "offen 4", "offen 3", "offen 2"], ["offen 1", "offen 0"]]


@pytest.mark.parametrize("tasks", ["sqlite"], indirect=True)
async def test_a_page_still_walks_its_index(tasks: Harness) -> None:
    plans: list[str] = []

    def explain(connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        plans.extend(row[3] for row in connection.connection.cursor().execute(f"EXPLAIN QUERY PLAN {statement}", parameters))

    with tasks.running.context.sessions.read(tasks.user) as session:
        sa.event.listen(session.connection, "before_cursor_execute", explain)
        entries.page(session, f"persons/{new_id()}", kinds=(), after=(session.now, ""), limit=50)
    assert any("INDEX links_by_time" in step for step in plans), plans
    tables = ("links", "limits", "records", "merges", "entries")
    assert not [step for step in plans if step.startswith(tuple(f"SCAN {table}" for table in tables))], plans
