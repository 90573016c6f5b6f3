"""A deal and a project are found by the names of their organisation and people (F1)."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from kontor.contacts.events.v1 import events_pb2 as contacts
from kontor.sales.events.v1 import events_pb2 as facts
from kontor.sales.v1 import deals_pb2 as deals
from kontor.sales.v1 import projects_pb2 as projects
from kontor.type.v1 import document_pb2 as pb
from kontor_chassis.ids import new_id
from kontor_chassis.principal import service_principal
from kontor_chassis.testing import Harness, harness
from kontor_sales.service import SERVICE
from kontor_sales.store.tables import FOLLOWING
from kontor_sales.usecases import following


@pytest.fixture(params=["sqlite", "postgresql"])
async def sales(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Harness]:
    settings = {"database_url": request.getfixturevalue("postgres").create_database("sales")} if request.param == "postgresql" else {}
    async with harness(SERVICE, tmp_path, settings=settings) as running:
        yield running


async def hear_person(sales: Harness, person: str, name: str, *, sequence: int = 1, account_id: str = "") -> None:
    body = contacts.PersonUpdated(person=contacts.PersonFacts(id=person, display_name=name))
    await sales.deliver(body, subject=f"persons/{person}", sequence=sequence, account_id=account_id)


async def hear_firm(sales: Harness, firm: str, name: str, *, sequence: int = 1) -> None:
    body = contacts.OrganisationUpdated(organisation=contacts.OrganisationFacts(id=firm, name=name))
    await sales.deliver(body, subject=f"organisations/{firm}", sequence=sequence)


async def make(sales: Harness, person: str, firm: str) -> tuple[deals.Deal, projects.Project]:
    deal = await sales.call(
        deals.CreateDealRequest(deal=deals.Deal(name="Wartung", organisation_id=firm, persons=[{"person_id": person, "role": "Einkauf"}]))
    )
    wanted = projects.Project(name="Umzug", person_ids=[person], organisation_ids=[firm])
    return deal, await sales.call(projects.CreateProjectRequest(project=wanted))


async def keywords(sales: Harness, *refs: str) -> list[list[str]]:
    search = service_principal("operator", account_id=sales.user.account_id, scopes={"documents.read"})
    found = (await sales.call(pb.BatchGetDocumentsRequest(refs=refs), user=search)).documents
    listed = (await sales.call(pb.ListDocumentsRequest(), user=search)).documents
    assert sorted(item.ref for item in found) == sorted(item.ref for item in listed)
    assert all(item in listed for item in found)
    return [list(item.keywords) for item in found]


async def told_again(sales: Harness) -> list[str]:
    """Whose documents search is to ask for again though they have not changed."""
    await sales.running.context.parts.settled()
    again = [item.deal.id for item in await sales.published(facts.DealUpdated) if not item.changed_fields]
    return sorted(again + [item.project.id for item in await sales.published(facts.ProjectUpdated) if not item.changed_fields])


async def test_documents_carry_the_names_of_people_and_organisations(sales: Harness) -> None:
    anna, firm = new_id(), new_id()
    await hear_person(sales, anna, "Anna Öztürk")
    await hear_firm(sales, firm, "Müller GmbH")
    deal, project = await make(sales, anna, firm)
    assert await keywords(sales, f"deals/{deal.id}", f"projects/{project.id}") == [
        ["Einkauf", "Müller GmbH", "Anna Öztürk"],
        ["Müller GmbH", "Anna Öztürk"],
    ]
    assert await told_again(sales) == []


async def test_a_new_name_is_told_to_search_for_every_deal_and_project_in_parts(sales: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "MOST_PER_COMMIT", 2)
    anna, firm = new_id(), new_id()
    made = [await make(sales, anna, firm) for _ in range(3)]
    ids = sorted(item.id for pair in made for item in pair)
    # Names may come after the deals.
    await hear_person(sales, anna, "Anna Alt")
    assert await told_again(sales) == ids
    await hear_person(sales, anna, "Anna Neu", sequence=3)
    await hear_person(sales, anna, "Anna Alt", sequence=2)
    await hear_person(sales, anna, "Anna Neu", sequence=4)
    await hear_firm(sales, firm, "Müller GmbH")
    assert await told_again(sales) == sorted(ids * 3)
    refs = [*(f"deals/{deal.id}" for deal, _ in made), *(f"projects/{project.id}" for _, project in made)]
    assert all(words[-2:] == ["Müller GmbH", "Anna Neu"] for words in await keywords(sales, *refs))
    versions = {item.sequence for item in sales.bus.published if item.type.endswith("updated.v1")}
    assert versions == {1}
    await sales.deliver(contacts.PersonDeleted(id=anna), subject=f"persons/{anna}", sequence=5)
    assert await told_again(sales) == sorted(ids * 4)


async def test_who_is_named_nowhere_makes_no_work(sales: Harness) -> None:
    for _ in range(3):
        await hear_person(sales, new_id(), "Niemand")

    def waiting() -> int:
        with sales.running.context.database.reading(sales.user.account_id) as connection:
            return connection.execute(sa.select(sa.func.count()).select_from(FOLLOWING)).scalar_one()

    assert await sales.running.context.database.read(waiting) == 0


async def test_another_accounts_names_are_not_shown(sales: Harness) -> None:
    """S1."""
    anna = new_id()
    await hear_person(sales, anna, "Fremd", account_id=new_id())
    deal, project = await make(sales, anna, new_id())
    assert await keywords(sales, f"deals/{deal.id}", f"projects/{project.id}") == [["Einkauf"], []]
