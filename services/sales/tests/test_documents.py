"""What search gets of deals and projects."""

from kontor.sales.v1 import deals_pb2 as deals
from kontor.sales.v1 import projects_pb2 as projects
from kontor.type.v1 import document_pb2 as pb
from kontor_chassis.ids import new_id
from kontor_chassis.principal import service_principal
from kontor_chassis.testing import Harness

ORGANISATION, PERSON = new_id(), new_id()


async def make(sales: Harness) -> tuple[deals.Deal, projects.Project]:
    person = deals.DealPerson(person_id=PERSON, role="Einkauf")
    wanted = deals.Deal(name="Anlage 7", description="Presse", organisation_id=ORGANISATION, persons=[person], tags=["A"])
    deal = await sales.call(deals.CreateDealRequest(deal=wanted))
    await sales.call(deals.WinDealRequest(id=deal.id))
    born = projects.Project(name="Aufbau", organisation_ids=[ORGANISATION], person_ids=[PERSON], deal_id=deal.id, tags=["B"])
    return deal, await sales.call(projects.CreateProjectRequest(project=born))


async def test_documents_say_what_deals_and_projects_are(sales: Harness) -> None:
    deal, project = await make(sales)
    search = service_principal("operator", account_id=sales.user.account_id, scopes={"documents.read"})
    refs = [f"deals/{deal.id}", f"projects/{project.id}", f"deals/{new_id()}", "deals/\x00", "persons/x", ""]
    found = (await sales.call(pb.BatchGetDocumentsRequest(refs=refs), user=search)).documents
    assert [(item.ref, item.kind, item.title, item.sequence) for item in found] == [
        (f"deals/{deal.id}", "deal", "Anlage 7", 2),
        (f"projects/{project.id}", "project", "Aufbau", 1),
    ]
    assert (list(found[0].keywords), found[0].text, list(found[0].tags)) == (["Einkauf"], "Presse", ["A"])
    assert list(found[0].subjects) == [f"organisations/{ORGANISATION}", f"persons/{PERSON}"]
    assert list(found[1].subjects) == [f"organisations/{ORGANISATION}", f"persons/{PERSON}", f"deals/{deal.id}"]
    assert {item.owner_user_id for item in found} == {sales.user.user_id}


async def test_all_documents_are_read_page_by_page(sales: Harness) -> None:
    made = [await make(sales) for _ in range(3)]
    wanted = [f"deals/{deal.id}" for deal, _ in made] + [f"projects/{project.id}" for _, project in made]
    search = service_principal("operator", account_id=sales.user.account_id, scopes={"documents.read"})
    for size in (1, 2, 3, 4, 500):
        refs: list[str] = []
        token = ""
        while True:
            response = await sales.call(pb.ListDocumentsRequest(page_size=size, page_token=token), user=search)
            refs += [item.ref for item in response.documents]
            token = response.next_page_token
            if not token:
                break
        assert refs == wanted
    other = service_principal("operator", account_id=new_id(), scopes={"documents.read"})
    assert (await sales.call(pb.ListDocumentsRequest(), user=other)).documents == []
    assert (await sales.call(pb.BatchGetDocumentsRequest(refs=wanted), user=other)).documents == []
