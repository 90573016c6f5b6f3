"""Projects (C7, C8): made, read, listed, changed, deleted, and born from a won deal."""

from dataclasses import replace

import pytest
import sqlalchemy as sa
from google.type.date_pb2 import Date

from kontor.sales.events.v1 import events_pb2 as facts
from kontor.sales.v1 import deals_pb2 as deals
from kontor.sales.v1 import projects_pb2 as pb
from kontor_chassis.db.plumbing import AUDIT
from kontor_chassis.errors import Aborted, FailedPrecondition, InvalidArgument, NotFound, PermissionDenied
from kontor_chassis.ids import new_id
from kontor_chassis.testing import Harness

MUELLER, SCHULZE, ANNA = new_id(), new_id(), new_id()


def project(**fields: object) -> pb.Project:
    return pb.Project(**{"name": "Umzug", **fields})  # type: ignore[arg-type]


async def create(sales: Harness, wanted: pb.Project) -> pb.Project:
    made: pb.Project = await sales.call(pb.CreateProjectRequest(project=wanted))
    return made


async def update(sales: Harness, project_id: str, *mask: str, etag: str = "", **fields: object) -> pb.Project:
    wanted = pb.Project(id=project_id, **fields)  # type: ignore[arg-type]
    changed: pb.Project = await sales.call(pb.UpdateProjectRequest(project=wanted, update_mask=mask or list(fields), etag=etag))
    return changed


async def names(sales: Harness, **filters: object) -> list[str]:
    response = await sales.call(pb.ListProjectsRequest(**filters))  # type: ignore[arg-type]
    return [item.name for item in response.projects]


async def deal(sales: Harness, *, won: bool = True) -> deals.Deal:
    made: deals.Deal = await sales.call(deals.CreateDealRequest(deal=deals.Deal(name="Anlage")))
    return await sales.call(deals.WinDealRequest(id=made.id)) if won else made


async def test_a_project_is_read_as_it_was_made(sales: Harness) -> None:
    made = await create(
        sales,
        project(
            description="Zwei Etagen",
            state=pb.PROJECT_STATE_STARTING,
            start_date=Date(year=2026, month=4, day=1),
            end_date=Date(year=2026, month=4, day=1),
            organisation_ids=[SCHULZE, MUELLER, SCHULZE],
            person_ids=[ANNA],
            tags=["intern"],
        ),
    )
    assert made == await sales.call(pb.GetProjectRequest(id=made.id))
    assert list(made.organisation_ids) == [SCHULZE, MUELLER]
    assert made.responsible_user_id == made.creator_user_id == sales.user.user_id
    assert (await create(sales, project())).state == pb.PROJECT_STATE_OPEN


async def test_a_wrong_project_is_refused_with_the_field_named(sales: Harness) -> None:
    early, late = Date(year=2026, month=4, day=1), Date(year=2026, month=5, day=1)
    for wrong, field in (
        (pb.Project(), "name"),
        (project(name="x" * 301), "name"),
        (project(description="x" * 100_001), "description"),
        (project(state=9), "state"),
        (project(start_date=late, end_date=early), "end_date"),
        (project(start_date=Date(year=2026, month=2, day=30)), "start_date"),
        (project(end_date=Date(year=1, month=1, day=1)), "end_date"),
        (project(organisation_ids=["x"]), "organisation_ids[0]"),
        (project(person_ids=[ANNA, ""]), "person_ids[1]"),
        (project(person_ids=[ANNA] * 201), "person_ids"),
        (project(responsible_user_id="\x00"), "responsible_user_id"),
        (project(tags=[""]), "tags[0]"),
        (project(deal_id="x"), "deal_id"),
        (project(deal_id=new_id()), "deal_id"),
    ):
        with pytest.raises(InvalidArgument) as caught:
            await create(sales, wrong)
        assert [violation.field for violation in caught.value.violations] == [field]
    assert await names(sales) == []


async def test_projects_are_listed_by_name_and_paged_without_gaps(sales: Harness) -> None:
    for name in ("Zeiterfassung", "Ärger", "Umzug", "Öffnung", "Adressen"):
        await create(sales, project(name=name, tags=["x"], organisation_ids=[MUELLER]))
    for filters in ({}, {"tag": ["x"]}, {"organisation_id": MUELLER}, {"tag": ["x"], "organisation_id": MUELLER}):
        seen: list[str] = []
        token = ""
        while True:
            response = await sales.call(pb.ListProjectsRequest(page_size=2, page_token=token, **filters))
            seen += [item.name for item in response.projects]
            token = response.next_page_token
            if not token:
                break
        assert seen == ["Adressen", "Ärger", "Öffnung", "Umzug", "Zeiterfassung"]


async def test_each_filter_narrows_alone_and_together(sales: Harness) -> None:
    await create(sales, project(name="A", state=pb.PROJECT_STATE_STARTING, tags=["x", "y"], organisation_ids=[MUELLER, SCHULZE]))
    await create(sales, project(name="B", tags=["x"], organisation_ids=[MUELLER], person_ids=[SCHULZE]))
    await create(sales, project(name="C", state=pb.PROJECT_STATE_CLOSED, tags=["y"]))
    narrowed: list[tuple[dict[str, object], list[str]]] = [
        ({"state": pb.PROJECT_STATE_OPEN}, ["B"]),
        ({"state": pb.PROJECT_STATE_CLOSED, "tag": ["x"]}, []),
        ({"tag": ["X"]}, ["A", "B"]),
        ({"tag": ["x", "y"]}, ["A"]),
        ({"tag": ["unbekannt"]}, []),
        ({"organisation_id": MUELLER}, ["A", "B"]),
        ({"organisation_id": SCHULZE}, ["A"]),
        ({"organisation_id": MUELLER, "tag": ["y"], "state": pb.PROJECT_STATE_STARTING}, ["A"]),
        ({"organisation_id": MUELLER, "state": pb.PROJECT_STATE_OPEN}, ["B"]),
    ]
    for filters, found in narrowed:
        assert await names(sales, **filters) == found
    wrong: list[tuple[dict[str, object], str]] = [
        ({"organisation_id": "x"}, "organisation_id"),
        ({"tag": [""]}, "tag[0]"),
        ({"state": 9}, "state"),
    ]
    for filters, field in wrong:
        with pytest.raises(InvalidArgument) as caught:
            await names(sales, **filters)
        assert caught.value.violations[0].field == field


async def test_an_update_changes_only_the_masked_fields_and_moves_the_project_in_lists(sales: Harness) -> None:
    made = await create(sales, project(name="Alt", tags=["x"], organisation_ids=[MUELLER], description="bleibt"))
    await create(sales, project(name="Mitte", tags=["x"], organisation_ids=[MUELLER]))
    changed = await update(sales, made.id, name="Neu", state=pb.PROJECT_STATE_CLOSED, etag=made.etag)
    assert (changed.name, changed.description, list(changed.tags), changed.state) == ("Neu", "bleibt", ["x"], pb.PROJECT_STATE_CLOSED)
    for filters in ({}, {"tag": ["x"]}, {"organisation_id": MUELLER}):
        assert await names(sales, **filters) == ["Mitte", "Neu"]
    await update(sales, made.id, "organisation_ids", "tags")
    for filters in ({"tag": ["x"]}, {"organisation_id": MUELLER}):
        assert await names(sales, **filters) == ["Mitte"]
    with pytest.raises(Aborted):
        await update(sales, made.id, name="Zu spät", etag=made.etag)
    with pytest.raises(InvalidArgument):
        await update(sales, made.id, name="")


async def test_every_change_is_told_and_audited_once(sales: Harness) -> None:
    made = await create(sales, project(organisation_ids=[MUELLER], person_ids=[ANNA]))
    assert await update(sales, made.id, name="Umzug") == made
    await update(sales, made.id, state=pb.PROJECT_STATE_CLOSED)
    await sales.call(pb.DeleteProjectRequest(id=made.id))
    (created,) = await sales.published(facts.ProjectCreated)
    assert (created.project.name, created.project.state, list(created.project.person_ids)) == ("Umzug", "open", [ANNA])
    (updated,) = await sales.published(facts.ProjectUpdated)
    assert (updated.project.state, list(updated.changed_fields)) == ("closed", ["state"])
    assert [fact.id for fact in await sales.published(facts.ProjectDeleted)] == [made.id]
    assert [(item.subject, item.sequence) for item in sales.bus.published] == [(f"projects/{made.id}", n) for n in (1, 2, 3)]
    with sales.running.context.database.reading(sales.user.account_id) as connection:
        actions = connection.execute(sa.select(AUDIT.c.action).order_by(AUDIT.c.id)).scalars().all()
    assert actions == ["create", "update", "delete"]
    assert await names(sales) == []


async def test_a_project_is_born_from_a_won_deal_by_reference(sales: Harness) -> None:
    won = await deal(sales)
    made = await create(sales, project(deal_id=won.id))
    assert made.deal_id == won.id
    assert [fact.project.deal_id for fact in await sales.published(facts.ProjectCreated)] == [won.id]
    assert await sales.call(deals.GetDealRequest(id=won.id)) == won
    with pytest.raises(FailedPrecondition) as caught:
        await create(sales, project(deal_id=(await deal(sales, won=False)).id))
    assert caught.value.reason == "DEAL_NOT_WON"


async def test_a_deal_with_a_project_stays_until_the_project_lets_it_go(sales: Harness) -> None:
    won = await deal(sales)
    made = await create(sales, project(deal_id=won.id))
    with pytest.raises(FailedPrecondition) as caught:
        await sales.call(deals.DeleteDealRequest(id=won.id))
    assert caught.value.reason == "DEAL_HAS_PROJECTS"
    # A deal that was reopened afterwards is no reason to refuse other changes.
    await sales.call(deals.ReopenDealRequest(id=won.id))
    assert (await update(sales, made.id, name="Weiter")).deal_id == won.id
    assert (await update(sales, made.id, "deal_id")).deal_id == ""
    await sales.call(deals.DeleteDealRequest(id=won.id))


async def test_another_account_sees_nothing(sales: Harness) -> None:
    made = await create(sales, project(tags=["x"], organisation_ids=[MUELLER]))
    won = await deal(sales)
    stranger = replace(sales.user, account_id=new_id())
    for request in (
        pb.GetProjectRequest(id=made.id),
        pb.UpdateProjectRequest(project=pb.Project(id=made.id, name="Meins"), update_mask=["name"]),
        pb.DeleteProjectRequest(id=made.id),
    ):
        with pytest.raises(NotFound):
            await sales.call(request, user=stranger)
    for filters in ({}, {"tag": ["x"]}, {"organisation_id": MUELLER}):
        assert (await sales.call(pb.ListProjectsRequest(**filters), user=stranger)).projects == []
    with pytest.raises(InvalidArgument):
        await sales.call(pb.CreateProjectRequest(project=project(deal_id=won.id)), user=stranger)
    with pytest.raises(NotFound):
        await sales.call(pb.GetProjectRequest(id="\x00"))


async def test_each_method_needs_its_scope(sales: Harness) -> None:
    made = await create(sales, project())
    reader = replace(sales.user, scopes=frozenset({"sales.read"}))
    for request in (pb.CreateProjectRequest(project=project()), pb.DeleteProjectRequest(id=made.id)):
        with pytest.raises(PermissionDenied):
            await sales.call(request, user=reader)
    assert await sales.call(pb.GetProjectRequest(id=made.id), user=reader) == made
