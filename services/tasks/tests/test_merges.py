"""People and organisations that are found to be one (B15): everything of the one that is gone stands at the survivor, and goes back
when the merge is undone."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from itertools import pairwise, permutations
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from google.protobuf.message import Message

from kontor.contacts.events.v1 import events_pb2 as contacts
from kontor.mail.events.v1 import events_pb2 as mail
from kontor.sales.events.v1 import events_pb2 as sales
from kontor.tasks.events.v1 import events_pb2 as facts
from kontor.tasks.v1 import notes_pb2 as notes
from kontor.tasks.v1 import tasks_pb2, timeline_pb2
from kontor.type.v1 import document_pb2
from kontor_chassis.errors import InvalidArgument, NotFound
from kontor_chassis.ids import new_id
from kontor_chassis.principal import service_principal
from kontor_chassis.testing import Harness, harness
from kontor_tasks.service import SERVICE
from kontor_tasks.store.tables import ENTRIES, ROLL_UPS
from kontor_tasks.usecases import rolling_up


@pytest.fixture(params=["sqlite", "postgresql"])
async def tasks(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Harness]:
    settings = {"database_url": request.getfixturevalue("postgres").create_database("tasks")} if request.param == "postgresql" else {}
    async with harness(SERVICE, tmp_path, settings=settings) as running:
        yield running


async def merge(tasks: Harness, loser: str, survivor: str, *, sequence: int = 2, noun: str = "persons") -> None:
    kind = contacts.PersonMerged if noun == "persons" else contacts.OrganisationMerged
    body = kind(id=loser, survivor_id=survivor, merge_id=new_id())
    await tasks.deliver(body, subject=f"{noun}/{loser}", sequence=sequence)


async def undo(tasks: Harness, loser: str, survivor: str, *, sequence: int = 3, noun: str = "persons") -> None:
    body: Message = contacts.PersonUnmerged(person=contacts.PersonFacts(id=loser), survivor_id=survivor)
    if noun == "organisations":
        body = contacts.OrganisationUnmerged(organisation=contacts.OrganisationFacts(id=loser), survivor_id=survivor)
    await tasks.deliver(body, subject=f"{noun}/{loser}", sequence=sequence)


async def note(tasks: Harness, subject: str, text: str) -> notes.Note:
    made: notes.Note = await tasks.call(notes.CreateNoteRequest(note=notes.Note(subject=subject, text=text)))
    return made


async def file(tasks: Harness, text: str, subjects: Sequence[str], *, message_id: str = "", sequence: int = 1) -> str:
    message = mail.MessageFacts(id=message_id or new_id(), text=text)
    body = mail.MessageFiled(message=message, subjects=subjects)
    await tasks.deliver(body, subject=f"messages/{message.id}", sequence=sequence)
    return message.id


async def employ(tasks: Harness, person: str, firm: str, *, position_id: str = "", sequence: int = 1) -> str:
    position = contacts.PositionFacts(id=position_id or new_id(), person_id=person, organisation_id=firm)
    body = contacts.PositionUpdated(position=position)
    await tasks.deliver(body, subject=f"persons/{person}/positions/{position.id}", sequence=sequence)
    return position.id


async def page(tasks: Harness, subject: str, **more: Any) -> list[timeline_pb2.Entry]:
    return list((await tasks.call(timeline_pb2.ListTimelineRequest(subject=subject, **more))).entries)


async def texts(tasks: Harness, subject: str) -> set[str]:
    entries = await page(tasks, subject)
    assert len({entry.id for entry in entries}) == len(entries)
    return {entry.text or entry.title for entry in entries}


async def task(tasks: Harness, subject: str, title: str) -> tasks_pb2.Task:
    made: tasks_pb2.Task = await tasks.call(tasks_pb2.CreateTaskRequest(task=tasks_pb2.Task(subject=subject, title=title)))
    return made


async def titles(tasks: Harness, subject: str, **more: Any) -> list[str]:
    return sorted(item.title for item in (await tasks.call(tasks_pb2.ListTasksRequest(subject=subject, **more))).tasks)


async def test_all_that_hung_on_the_one_that_is_gone_stands_at_the_survivor_under_both_ids_and_goes_back(tasks: Harness) -> None:
    anna, double, firm, other = (new_id() for _ in range(4))
    loser, survivor = f"persons/{double}", f"persons/{anna}"
    await employ(tasks, anna, firm)
    await employ(tasks, double, other)
    mine, theirs = await note(tasks, survivor, "a"), await note(tasks, loser, "b")
    await file(tasks, "beide", [survivor, loser])
    await tasks.call(tasks_pb2.CompleteTaskRequest(id=(await task(tasks, loser, "erledigt")).id))
    before = {ref: await texts(tasks, ref) for ref in (loser, survivor, f"organisations/{firm}", f"organisations/{other}")}
    await merge(tasks, double, anna)
    everything = {"a", "b", "beide", "erledigt"}
    for ref in before:
        assert await texts(tasks, ref) == everything
    for entry in [*await page(tasks, survivor), *await page(tasks, f"organisations/{other}")]:
        assert (list(entry.subjects), entry.via in ("", survivor)) == ([survivor], True)
    assert (await tasks.call(notes.GetNoteRequest(id=theirs.id))).subject == survivor
    assert [entry.text for entry in await page(tasks, survivor, kind=["ENTRY_KIND_EMAIL", "ENTRY_KIND_TASK"])].count("beide") == 1
    await note(tasks, survivor, "danach")
    await undo(tasks, double, anna)
    assert {ref: await texts(tasks, ref) - {"danach"} for ref in before} == before
    assert "danach" in await texts(tasks, survivor)
    assert "danach" not in await texts(tasks, loser)
    assert (await tasks.call(notes.GetNoteRequest(id=theirs.id))).subject == loser
    assert (await tasks.call(notes.GetNoteRequest(id=mine.id))).subject == survivor


async def test_pages_of_merged_timelines_show_each_entry_once_in_order(tasks: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    people = [new_id() for _ in range(4)]
    wanted = []
    for number in range(23):
        tasks.clock.advance(minutes=1)
        wanted.append(str(number))
        if number % 3:
            await note(tasks, f"persons/{people[number % 4]}", str(number))
        else:
            await file(tasks, str(number), [f"persons/{item}" for item in people[: 1 + number % 4]])
    for loser in people[1:]:
        await merge(tasks, loser, people[0])
    for most_walks in (60, 3):
        monkeypatch.setattr("kontor_tasks.store.entries._MOST_WALKS", most_walks)
        for kinds in ([], ["ENTRY_KIND_NOTE", "ENTRY_KIND_EMAIL"]):
            found: list[str] = []
            token = ""
            while True:
                request = timeline_pb2.ListTimelineRequest(subject=f"persons/{people[2]}", page_size=5, page_token=token, kind=kinds)
                response = await tasks.call(request)
                found += [entry.text for entry in response.entries]
                if not (token := response.next_page_token):
                    break
            assert found == wanted[::-1]


async def test_tasks_are_listed_at_the_survivor_and_change_without_losing_whose_they_were(
    tasks: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, double = new_id(), new_id()
    loser, survivor = f"persons/{double}", f"persons/{anna}"
    await task(tasks, survivor, "eine")
    kept, moved, done = [await task(tasks, loser, title) for title in ("bleibt", "zieht um", "fertig")]
    await merge(tasks, double, anna)
    for ref in (loser, survivor):
        assert await titles(tasks, ref) == ["bleibt", "eine", "fertig", "zieht um"]
    assert (await tasks.call(tasks_pb2.GetTaskRequest(id=kept.id))).subject == survivor
    renamed = tasks_pb2.Task(id=kept.id, title="bleibt!", subject=survivor)
    assert (await tasks.call(tasks_pb2.UpdateTaskRequest(task=renamed, update_mask=["title", "subject"]))).subject == survivor
    elsewhere = tasks_pb2.Task(id=moved.id, subject=f"deals/{new_id()}")
    await tasks.call(tasks_pb2.UpdateTaskRequest(task=elsewhere, update_mask=["subject"]))
    await tasks.call(tasks_pb2.CompleteTaskRequest(id=done.id))
    assert await texts(tasks, survivor) == {"fertig"}
    monkeypatch.setattr("kontor_tasks.store.tasks._MOST_WALKS", 1)
    assert await titles(tasks, survivor, state="TASK_STATE_OPEN") == ["bleibt!", "eine"]
    await undo(tasks, double, anna)
    assert (await titles(tasks, loser), await titles(tasks, survivor)) == (["bleibt!", "fertig"], ["eine"])
    assert (await texts(tasks, loser), await texts(tasks, survivor)) == ({"fertig"}, set())


async def test_what_is_written_to_an_old_id_is_the_survivors_for_good(tasks: Harness) -> None:
    """A browser tab that was open during the merge."""
    anna, double, gone = new_id(), new_id(), new_id()
    loser, survivor = f"persons/{double}", f"persons/{anna}"
    old = await note(tasks, f"deals/{new_id()}", "umgehängt")
    await merge(tasks, double, anna)
    assert (await note(tasks, loser, "neu")).subject == survivor
    assert (await task(tasks, loser, "neu")).subject == survivor
    hung = notes.UpdateNoteRequest(note=notes.Note(id=old.id, subject=loser), update_mask=["subject"])
    assert (await tasks.call(hung)).subject == survivor
    assert [item.note.subject for item in await tasks.published(facts.NoteUpdated)] == [survivor]
    await undo(tasks, double, anna)
    assert (await texts(tasks, loser), await titles(tasks, loser)) == (set(), [])
    assert await texts(tasks, survivor) == {"neu", "umgehängt"}
    await merge(tasks, double, gone, sequence=4)
    await tasks.deliver(contacts.PersonDeleted(id=gone), subject=f"persons/{gone}", sequence=2)
    with pytest.raises(InvalidArgument):
        await note(tasks, loser, "zu spät")
    with pytest.raises(InvalidArgument):
        await task(tasks, loser, "zu spät")


async def test_a_note_that_is_changed_after_the_merge_goes_back_all_the_same(tasks: Harness) -> None:
    anna, double = new_id(), new_id()
    made = await note(tasks, f"persons/{double}", "alt")
    await merge(tasks, double, anna)
    changed = notes.Note(id=made.id, text="neu", subject=f"persons/{anna}")
    changed.occur_time.FromDatetime(tasks.clock().replace(tzinfo=None))
    changed.occur_time.seconds -= 60
    await tasks.call(notes.UpdateNoteRequest(note=changed, update_mask=["text", "subject", "occur_time"]))
    assert await texts(tasks, f"persons/{anna}") == {"neu"}
    await undo(tasks, double, anna)
    assert (await texts(tasks, f"persons/{double}"), await texts(tasks, f"persons/{anna}")) == ({"neu"}, set())


async def test_what_was_on_its_way_to_the_one_that_is_gone_lands_at_the_survivor_once(tasks: Harness) -> None:
    anna, double = new_id(), new_id()
    loser, survivor = f"persons/{double}", f"persons/{anna}"
    await merge(tasks, double, anna)
    for _ in range(2):
        message = await file(tasks, "mail", [loser])
        await file(tasks, "mail", [loser], message_id=message)
    await file(tasks, "mail", [survivor, loser], message_id=message, sequence=2)
    deal = sales.DealFacts(id=new_id(), name="Wartung", person_ids=[double, anna])
    await tasks.deliver(sales.DealCreated(deal=deal), subject=f"deals/{deal.id}")
    await note(tasks, f"deals/{deal.id}", "zum Angebot")
    for ref in (loser, survivor):
        assert sorted(entry.text for entry in await page(tasks, ref)) == ["mail", "mail", "zum Angebot"]
    await undo(tasks, double, anna)
    assert sorted(entry.text for entry in await page(tasks, loser)) == ["mail", "mail", "zum Angebot"]
    assert sorted(entry.text for entry in await page(tasks, survivor)) == ["mail", "zum Angebot"]


async def test_organisations_follow_alike(tasks: Harness) -> None:
    anna, firm, double = new_id(), new_id(), new_id()
    await employ(tasks, anna, double)
    await note(tasks, f"persons/{anna}", "über Anna")
    await note(tasks, f"organisations/{double}", "direkt")
    await task(tasks, f"organisations/{double}", "offen")
    await merge(tasks, double, firm, noun="organisations")
    for ref in (f"organisations/{firm}", f"organisations/{double}"):
        assert (await texts(tasks, ref), await titles(tasks, ref)) == ({"über Anna", "direkt"}, ["offen"])
    await undo(tasks, double, firm, noun="organisations")
    assert (await texts(tasks, f"organisations/{firm}"), await titles(tasks, f"organisations/{firm}")) == (set(), [])
    assert await texts(tasks, f"organisations/{double}") == {"über Anna", "direkt"}


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_a_chain_is_followed_and_undone_in_any_order_and_however_often_it_is_told(tasks: Harness, order: tuple[int, ...]) -> None:
    a, b, c, d = people = [new_id() for _ in range(4)]
    links = list(pairwise(people))
    for person in people:
        await note(tasks, f"persons/{person}", person)
    for number in (*order, *order):
        await merge(tasks, *links[number])
    for person in people:
        assert await texts(tasks, f"persons/{person}") == set(people)
    # The undo of the middle one comes first; late news of its merge changes nothing.
    for _ in range(2):
        await undo(tasks, b, c)
        await merge(tasks, b, c)
    for group in ({a, b}, {c, d}):
        for person in group:
            assert await texts(tasks, f"persons/{person}") == group
    await undo(tasks, a, b)
    await undo(tasks, c, d)
    for person in people:
        assert await texts(tasks, f"persons/{person}") == {person}


async def test_an_undo_that_comes_before_its_merge_wins(tasks: Harness) -> None:
    anna, double = new_id(), new_id()
    await note(tasks, f"persons/{double}", "x")
    await undo(tasks, double, anna)
    await merge(tasks, double, anna)
    assert (await texts(tasks, f"persons/{double}"), await texts(tasks, f"persons/{anna}")) == ({"x"}, set())


async def test_two_merged_the_other_way_round_before_the_first_undo_is_heard_answer_in_the_end(tasks: Harness) -> None:
    anna, double = new_id(), new_id()
    await note(tasks, f"persons/{anna}", "x")
    await merge(tasks, double, anna)
    await merge(tasks, anna, double)
    for person in (anna, double):
        assert await texts(tasks, f"persons/{person}") == {"x"}
    await undo(tasks, double, anna)
    for person in (anna, double):
        [entry] = await page(tasks, f"persons/{person}")
        assert list(entry.subjects) == [f"persons/{double}"]


async def test_with_a_survivor_that_is_deleted_goes_what_was_merged_into_it(tasks: Harness) -> None:
    anna, double, late = new_id(), new_id(), new_id()
    await merge(tasks, double, anna)
    made = [await note(tasks, f"persons/{person}", "x") for person in (late, anna, double)]
    await file(tasks, "beide", [f"persons/{anna}", f"persons/{double}"])
    await tasks.deliver(contacts.PersonDeleted(id=anna), subject=f"persons/{anna}", sequence=9)
    await merge(tasks, late, anna)
    for item in made:
        with pytest.raises(NotFound):
            await tasks.call(notes.GetNoteRequest(id=item.id))
    assert len(await tasks.published(facts.NoteDeleted)) == 3
    for person in (anna, double, late):
        assert await texts(tasks, f"persons/{person}") == set()
    await file(tasks, "zu spät", [f"persons/{double}"])
    assert await count(tasks, ENTRIES) == 0


async def test_search_is_told_the_survivor(tasks: Harness) -> None:
    anna, double = new_id(), new_id()
    made = [(await note(tasks, f"persons/{double}", "x")), await task(tasks, f"persons/{double}", "y")]
    await merge(tasks, double, anna)
    operator = service_principal("operator", account_id=tasks.user.account_id, scopes={"documents.read"})
    refs = [f"notes/{made[0].id}", f"tasks/{made[1].id}"]
    found = (await tasks.call(document_pb2.BatchGetDocumentsRequest(refs=refs), user=operator)).documents
    assert [list(item.subjects) for item in found] == [[f"persons/{anna}"]] * 2


async def test_a_long_timeline_is_brought_in_step_in_parts(tasks: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rolling_up, "MOST_AT_ONCE", 3)
    anna, double, firm = new_id(), new_id(), new_id()
    for number in range(11):
        tasks.clock.advance(minutes=1)
        await note(tasks, f"persons/{double}", str(number))
    position = await employ(tasks, anna, firm)
    await merge(tasks, double, anna)
    # The newest at once, the others soon after.
    assert {"8", "9", "10"} <= await texts(tasks, f"organisations/{firm}")
    await tasks.running.context.parts.settled()
    assert len(await texts(tasks, f"organisations/{firm}")) == 11
    assert await count(tasks, ROLL_UPS) == 0
    await undo(tasks, double, anna)
    await tasks.running.context.parts.settled()
    assert await texts(tasks, f"organisations/{firm}") == set()
    await merge(tasks, double, anna, sequence=4)
    # Its ties change while the work on it is under way.
    await employ(tasks, anna, new_id(), position_id=position, sequence=2)
    await tasks.running.context.parts.settled()
    assert await texts(tasks, f"organisations/{firm}") == set()


async def test_a_part_that_fails_is_tried_again_and_holds_up_no_other(tasks: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rolling_up, "MOST_AT_ONCE", 1)
    people, firms = [new_id(), new_id()], [new_id(), new_id()]
    for person in people:
        for number in range(3):
            tasks.clock.advance(minutes=1)
            await note(tasks, f"persons/{person}", str(number))
    hold, broken = rolling_up.merges.hold, f"persons/{people[0]}"

    def failing(session: Any, subjects: list[str]) -> dict[str, str]:
        if subjects == [broken]:
            raise ValueError("broken")
        return hold(session, subjects)

    monkeypatch.setattr(rolling_up.merges, "hold", failing)
    for person, firm in zip(people, firms, strict=True):
        await employ(tasks, person, firm)
    await tasks.running.context.parts.settled()
    assert [len(await texts(tasks, f"organisations/{firm}")) for firm in firms] == [1, 3]
    monkeypatch.setattr(rolling_up.merges, "hold", hold)
    tasks.clock.advance(minutes=2)
    await tasks.running.context.parts.settled()
    assert [len(await texts(tasks, f"organisations/{firm}")) for firm in firms] == [3, 3]


async def test_another_accounts_merges_mean_nothing_here(tasks: Harness) -> None:
    """S1."""
    anna, double = new_id(), new_id()
    await note(tasks, f"persons/{double}", "x")
    body = contacts.PersonMerged(id=double, survivor_id=anna)
    await tasks.deliver(body, subject=f"persons/{double}", sequence=2, account_id=new_id())
    assert (await texts(tasks, f"persons/{double}"), await texts(tasks, f"persons/{anna}")) == ({"x"}, set())
    await merge(tasks, double, anna)
    stranger = replace(tasks.user, account_id=new_id())
    request = timeline_pb2.ListTimelineRequest(subject=f"persons/{anna}")
    assert not (await tasks.call(request, user=stranger)).entries


async def count(tasks: Harness, table: sa.Table) -> int:
    def read() -> int:
        with tasks.running.context.database.reading(tasks.user.account_id) as connection:
            return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()

    return await tasks.running.context.database.read(read)
