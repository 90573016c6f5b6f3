"""Deals and projects follow merges of people and organisations, and their undo (B15)."""

from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from random import Random

import pytest
import sqlalchemy as sa
from google.protobuf.message import Message

from kontor.contacts.events.v1 import events_pb2 as contacts
from kontor.sales.events.v1 import events_pb2 as facts
from kontor.sales.v1 import deals_pb2 as deals
from kontor.sales.v1 import projects_pb2 as projects
from kontor_chassis.db.plumbing import AUDIT
from kontor_chassis.errors import InvalidArgument, Unavailable
from kontor_chassis.ids import new_id
from kontor_chassis.testing import Harness, harness
from kontor_sales.service import SERVICE
from kontor_sales.store.tables import FOLLOWING, GIVEN
from kontor_sales.usecases import following


@pytest.fixture(params=["sqlite", "postgresql"])
async def sales(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Harness]:
    settings = {"database_url": request.getfixturevalue("postgres").create_database("sales")} if request.param == "postgresql" else {}
    async with harness(SERVICE, tmp_path, settings=settings) as running:
        yield running


async def hear_merge(sales: Harness, loser: str, survivor: str, *, sequence: int = 2, noun: str = "persons") -> None:
    kind = contacts.PersonMerged if noun == "persons" else contacts.OrganisationMerged
    body = kind(id=loser, survivor_id=survivor, merge_id=new_id())
    await sales.deliver(body, subject=f"{noun}/{loser}", sequence=sequence, actor_user_id=sales.user.user_id)


async def hear_undo(sales: Harness, loser: str, survivor: str, *, sequence: int = 3, noun: str = "persons") -> None:
    body: Message = contacts.PersonUnmerged(person=contacts.PersonFacts(id=loser), survivor_id=survivor)
    if noun == "organisations":
        body = contacts.OrganisationUnmerged(organisation=contacts.OrganisationFacts(id=loser), survivor_id=survivor)
    await sales.deliver(body, subject=f"{noun}/{loser}", sequence=sequence, actor_user_id=sales.user.user_id)


async def settled(sales: Harness) -> None:
    await sales.running.context.parts.settled()


async def merge(sales: Harness, loser: str, survivor: str, *, sequence: int = 2, noun: str = "persons") -> None:
    await hear_merge(sales, loser, survivor, sequence=sequence, noun=noun)
    await settled(sales)


async def undo(sales: Harness, loser: str, survivor: str, *, sequence: int = 3, noun: str = "persons") -> None:
    await hear_undo(sales, loser, survivor, sequence=sequence, noun=noun)
    await settled(sales)


async def make_deal(sales: Harness, *persons: tuple[str, str], firm: str = "") -> deals.Deal:
    wanted = deals.Deal(name="Wartung", organisation_id=firm, persons=[deals.DealPerson(person_id=who, role=role) for who, role in persons])
    made: deals.Deal = await sales.call(deals.CreateDealRequest(deal=wanted))
    return made


async def change_deal(sales: Harness, deal_id: str, *persons: tuple[str, str]) -> None:
    wanted = deals.Deal(id=deal_id, persons=[deals.DealPerson(person_id=who, role=role) for who, role in persons])
    await sales.call(deals.UpdateDealRequest(deal=wanted, update_mask=["persons"]))


async def people(sales: Harness, deal_id: str) -> list[tuple[str, str]]:
    found = await sales.call(deals.GetDealRequest(id=deal_id))
    return [(person.person_id, person.role) for person in found.persons]


async def make_project(sales: Harness, persons: list[str], firms: list[str]) -> projects.Project:
    wanted = projects.Project(name="Umzug", person_ids=persons, organisation_ids=firms)
    made: projects.Project = await sales.call(projects.CreateProjectRequest(project=wanted))
    return made


async def members(sales: Harness, project_id: str) -> tuple[list[str], list[str]]:
    found = await sales.call(projects.GetProjectRequest(id=project_id))
    return list(found.person_ids), list(found.organisation_ids)


async def rows(sales: Harness, table: sa.Table) -> int:
    def read() -> int:
        with sales.running.context.database.reading(sales.user.account_id) as connection:
            return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()

    return await sales.running.context.database.read(read)


async def test_a_deal_names_the_survivor_is_told_and_audited_and_gets_back_who_it_had(sales: Harness) -> None:
    anna, double, bernd, firm, other = (new_id() for _ in range(5))
    made = await make_deal(sales, (double, "Einkauf"), (bernd, ""), firm=other)
    await merge(sales, double, anna)
    await merge(sales, other, firm, noun="organisations")
    found = await sales.call(deals.GetDealRequest(id=made.id))
    assert (found.organisation_id, await people(sales, made.id)) == (firm, [(anna, "Einkauf"), (bernd, "")])
    told = await sales.published(facts.DealUpdated)
    assert [(list(item.deal.person_ids), item.deal.organisation_id, list(item.changed_fields)) for item in told] == [
        ([anna, bernd], other, ["persons"]),
        ([anna, bernd], firm, ["organisation_id"]),
    ]
    assert [item.sequence for item in sales.bus.published if item.type == "kontor.sales.deal.updated.v1"] == [2, 3]
    assert (await sales.call(deals.ListDealsRequest(person_id=double))).deals == [found]
    assert (await sales.call(deals.ListDealsRequest(organisation_id=other))).deals == [found]
    await undo(sales, other, firm, noun="organisations")
    await undo(sales, double, anna)
    found = await sales.call(deals.GetDealRequest(id=made.id))
    assert (found.organisation_id, await people(sales, made.id)) == (other, [(double, "Einkauf"), (bernd, "")])
    assert await rows(sales, GIVEN) == 0

    def audited() -> list[tuple[str, str, list[str]]]:
        with sales.running.context.database.reading(sales.user.account_id) as connection:
            statement = sa.select(AUDIT).where(AUDIT.c.action == "update").order_by(AUDIT.c.id)
            return [(row.means, row.actor_user_id, sorted(row.changes)) for row in connection.execute(statement)]

    names = [["persons"], ["organisation_id"], ["organisation_id"], ["persons"]]
    assert await sales.running.context.database.read(audited) == [("merge", sales.user.user_id, name) for name in names]


async def test_a_project_names_the_survivor_once_and_gets_back_who_it_had(sales: Harness) -> None:
    anna, double, bernd, firm, other = (new_id() for _ in range(5))
    made = await make_project(sales, [double, bernd, anna], [firm, other])
    await merge(sales, double, anna)
    await merge(sales, other, firm, noun="organisations")
    assert await members(sales, made.id) == ([bernd, anna], [firm])
    assert [list(item.changed_fields) for item in await sales.published(facts.ProjectUpdated)] == [["person_ids"], ["organisation_ids"]]
    assert len((await sales.call(projects.ListProjectsRequest(organisation_id=other))).projects) == 1
    await undo(sales, double, anna)
    await undo(sales, other, firm, noun="organisations")
    assert await members(sales, made.id) == ([double, bernd, anna], [firm, other])


async def test_who_stood_there_twice_stands_there_once_with_the_survivors_role(sales: Harness) -> None:
    anna, double, bernd = (new_id() for _ in range(3))
    whole = [(double, "Einkauf"), (bernd, "Technik"), (anna, "Leitung")]
    made = await make_deal(sales, *whole)
    await merge(sales, double, anna)
    assert await people(sales, made.id) == [(bernd, "Technik"), (anna, "Leitung")]
    assert len((await sales.call(deals.ListDealsRequest(person_id=anna))).deals) == 1
    await undo(sales, double, anna)
    assert await people(sales, made.id) == whole


async def test_what_was_changed_since_the_merge_stays_after_its_undo(sales: Harness) -> None:
    anna, double, bernd, clara = (new_id() for _ in range(4))
    taken_off = await make_deal(sales, (double, "Einkauf"), (anna, "Leitung"))
    new_role = await make_deal(sales, (double, "Einkauf"))
    more = await make_deal(sales, (double, "Einkauf"), (anna, "Leitung"))
    await merge(sales, double, anna)
    await change_deal(sales, taken_off.id, (bernd, ""))
    await change_deal(sales, taken_off.id, (bernd, ""), (anna, "wieder da"))
    await change_deal(sales, new_role.id, (anna, "Technik"))
    await change_deal(sales, more.id, (anna, "Geschäftsführung"), (clara, ""))
    deleted = await make_deal(sales, (anna, ""))
    await sales.call(deals.DeleteDealRequest(id=deleted.id))
    await undo(sales, double, anna)
    assert await people(sales, taken_off.id) == [(bernd, ""), (anna, "wieder da")]
    assert await people(sales, new_role.id) == [(double, "Technik")]
    assert sorted(await people(sales, more.id)) == sorted([(double, "Einkauf"), (anna, "Geschäftsführung"), (clara, "")])
    assert await rows(sales, GIVEN) == 0


async def test_what_is_written_with_an_old_id_is_the_survivors_for_good(sales: Harness) -> None:
    """A browser tab that was open during the merge; the answer is the same as in tasks."""
    anna, double, gone, firm, other = (new_id() for _ in range(5))
    await merge(sales, double, anna)
    await merge(sales, other, firm, noun="organisations")
    made = await make_deal(sales, (double, "x"), (anna, "y"), firm=other)
    assert (made.organisation_id, [(item.person_id, item.role) for item in made.persons]) == (firm, [(anna, "x")])
    project = await make_project(sales, [], [])
    wanted = projects.Project(id=project.id, person_ids=[double], organisation_ids=[other, firm])
    changed = await sales.call(projects.UpdateProjectRequest(project=wanted, update_mask=["person_ids", "organisation_ids"]))
    assert (list(changed.person_ids), list(changed.organisation_ids)) == ([anna], [firm])
    await undo(sales, double, anna)
    assert await people(sales, made.id) == [(anna, "x")]
    await merge(sales, double, gone, sequence=4)
    await sales.deliver(contacts.PersonDeleted(id=gone), subject=f"persons/{gone}", sequence=5)
    with pytest.raises(InvalidArgument):
        await make_deal(sales, (double, ""))


async def test_a_change_that_comes_before_the_deal_was_reached_loses_nothing(sales: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    anna, double, bernd = (new_id() for _ in range(3))
    made = await make_deal(sales, (double, "Einkauf"))
    monkeypatch.setattr(following.merges, "concerned", lambda *_: (_ for _ in ()).throw(Unavailable("later")))
    await hear_merge(sales, double, anna)
    await change_deal(sales, made.id, (double, "Einkauf"), (bernd, ""))
    monkeypatch.undo()
    await settled(sales)
    assert await people(sales, made.id) == [(anna, "Einkauf"), (bernd, "")]
    await undo(sales, double, anna)
    assert await people(sales, made.id) == [(double, "Einkauf"), (bernd, "")]


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_a_chain_is_followed_and_undone_in_any_order_and_however_often_it_is_told(sales: Harness, order: tuple[int, ...]) -> None:
    a, b, c, d = chain = [new_id() for _ in range(4)]
    made = [await make_deal(sales, (person, "x")) for person in chain]
    all_of_them = await make_deal(sales, *((person, str(number)) for number, person in enumerate(chain)))
    for number in (*order, *order):
        await hear_merge(sales, chain[number], chain[number + 1])
        if number % 2:
            await settled(sales)
    await settled(sales)
    assert [await people(sales, item.id) for item in made] == [[(d, "x")]] * 4
    assert await people(sales, all_of_them.id) == [(d, "3")]
    for _ in range(2):
        await hear_undo(sales, b, c)
        await hear_merge(sales, b, c)
    await settled(sales)
    assert await people(sales, all_of_them.id) == [(b, "1"), (d, "3")]
    await hear_undo(sales, a, b)
    await hear_undo(sales, c, d)
    await settled(sales)
    assert [await people(sales, item.id) for item in made] == [[(person, "x")] for person in chain]
    assert await people(sales, all_of_them.id) == [(person, str(number)) for number, person in enumerate(chain)]
    assert (await rows(sales, GIVEN), await rows(sales, FOLLOWING)) == (0, 0)


async def test_any_order_of_merges_undos_and_deals_ends_alike(sales: Harness) -> None:
    """Of every person the newest news counts, whenever the deals were made and whenever the work on them was done."""
    random = Random(7)
    for _ in range(12):
        persons = [new_id() for _ in range(5)]
        newest: dict[str, tuple[int, str]] = {}
        news: list[tuple[str, str, int]] = []
        for place, loser in enumerate(persons[:-1]):
            for sequence, what in enumerate(random.choice([[], ["merge"], ["merge", "undo"], ["merge", "undo", "merge"]]), 2):
                survivor = random.choice(persons[place + 1 :]) if what == "merge" else loser
                news.append((loser, survivor, sequence))
                newest[loser] = (sequence, survivor)
        wanted = [random.sample(persons, random.randint(1, 5)) for _ in range(3)]
        made = [await make_deal(sales, *((person, person) for person in given)) for given in wanted]
        told = [*news, *random.sample(news, len(news) // 2)]
        random.shuffle(told)
        for loser, survivor, sequence in told:
            if loser == survivor:
                await hear_undo(sales, loser, survivor, sequence=sequence)
            else:
                await hear_merge(sales, loser, survivor, sequence=sequence)
            if random.random() < 0.4:
                await settled(sales)
        await settled(sales)

        def root(person: str, newest: dict[str, tuple[int, str]] = newest) -> str:
            following = newest.get(person, (0, person))[1]
            return person if following == person else root(following)

        for deal, given in zip(made, wanted, strict=True):
            groups = {root(person): [item for item in given if root(item) == root(person)] for person in given}
            expected = {who: who if who in group else group[0] for who, group in groups.items()}
            assert dict(await people(sales, deal.id)) == expected
    assert await rows(sales, FOLLOWING) == 0


async def test_many_deals_are_followed_in_parts_and_what_fails_holds_up_no_other(sales: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "MOST_PER_COMMIT", 2)
    anna, double, bernd, broken = (new_id() for _ in range(4))
    made = [await make_deal(sales, (double, "")) for _ in range(5)]
    stuck = await make_deal(sales, (broken, ""))
    concerned = following.merges.concerned

    def failing(session: object, ref: str, limit: int) -> list[str]:
        if ref == f"persons/{broken}":
            raise ValueError("broken")
        return concerned(session, ref, limit)  # type: ignore[arg-type]

    monkeypatch.setattr(following.merges, "concerned", failing)
    await hear_merge(sales, broken, bernd)
    await hear_merge(sales, double, anna)
    await settled(sales)
    assert [await people(sales, item.id) for item in (*made, stuck)] == [[(anna, "")]] * 5 + [[(broken, "")]]
    monkeypatch.setattr(following.merges, "concerned", concerned)
    sales.clock.advance(minutes=2)
    await settled(sales)
    assert await people(sales, stuck.id) == [(bernd, "")]


async def test_another_accounts_merges_mean_nothing_here(sales: Harness) -> None:
    """S1."""
    anna, double = new_id(), new_id()
    made = await make_deal(sales, (double, ""))
    body = contacts.PersonMerged(id=double, survivor_id=anna)
    await sales.deliver(body, subject=f"persons/{double}", sequence=2, account_id=new_id())
    await settled(sales)
    assert await people(sales, made.id) == [(double, "")]
    stranger = replace(sales.user, account_id=new_id())
    await merge(sales, double, anna)
    assert not (await sales.call(deals.ListDealsRequest(person_id=double), user=stranger)).deals
