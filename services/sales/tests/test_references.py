"""A deal or project names people, organisations and users that there are (docs/decisions/0011)."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.message import Message

from kontor.contacts.events.v1 import events_pb2 as contacts
from kontor.identity.events.v1 import events_pb2 as identity
from kontor.identity.v1 import users_pb2
from kontor.sales.v1 import deals_pb2 as pb
from kontor.sales.v1 import projects_pb2 as projects
from kontor.type.v1 import document_pb2
from kontor_chassis.errors import InvalidArgument, NotFound, Unavailable
from kontor_chassis.ids import new_id
from kontor_chassis.testing import Harness, harness
from kontor_sales.service import SERVICE

FIRM, ANNA, GONE = new_id(), new_id(), new_id()
BERND, LEFT = new_id(), new_id()


class Owners:
    """Contacts and identity, as far as sales asks them."""

    def __init__(self) -> None:
        self.away = False
        self.questions: list[Message] = []
        self.refs = {f"organisations/{FIRM}", f"persons/{ANNA}"}
        self.users = {BERND: True, LEFT: False}

    async def unary(self, path: str, request: Any, response_type: Any, *, metadata: Mapping[str, str], timeout: float) -> Any:
        if self.away:
            raise Unavailable("away")
        self.questions.append(request)
        if isinstance(request, users_pb2.GetUserRequest):
            if request.id not in self.users:
                raise NotFound("no such user")
            return users_pb2.User(id=request.id, active=self.users[request.id])
        return document_pb2.BatchGetDocumentsResponse(documents=[{"ref": ref} for ref in request.refs[:100] if ref in self.refs])


@pytest.fixture
def owners() -> Owners:
    return Owners()


@pytest.fixture(params=["sqlite", "postgresql"])
async def asking(request: pytest.FixtureRequest, tmp_path: Path, owners: Owners) -> AsyncIterator[Harness]:
    """Sales with ways to the owners of what its deals name."""
    settings = {"database_url": request.getfixturevalue("postgres").create_database("sales")} if request.param == "postgresql" else {}
    async with harness(SERVICE, tmp_path, settings=settings, channels={"contacts": owners, "identity": owners}) as running:
        yield running


def request_for(**fields: Any) -> pb.CreateDealRequest:
    return pb.CreateDealRequest(deal=pb.Deal(**{"name": "Wartung", **fields}))


async def test_what_there_is_can_be_named_at_once_and_is_asked_about_once(asking: Harness, owners: Owners) -> None:
    fields: dict[str, Any] = {"organisation_id": FIRM, "persons": [{"person_id": ANNA}], "responsible_user_id": BERND}
    made = await asking.call(request_for(**fields))
    assert (made.organisation_id, made.persons[0].person_id, made.responsible_user_id) == (FIRM, ANNA, BERND)
    asked = len(owners.questions)
    assert asked
    await asking.call(request_for(**fields))
    assert len(owners.questions) == asked


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"organisation_id": GONE}, "organisation_id"),
        ({"persons": [{"person_id": ANNA}, {"person_id": GONE}]}, "persons[1].person_id"),
        ({"responsible_user_id": GONE}, "responsible_user_id"),
        ({"responsible_user_id": LEFT}, "responsible_user_id"),
    ],
)
async def test_what_there_is_not_is_refused_by_name_and_nothing_is_made(asking: Harness, fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        await asking.call(request_for(**fields))
    assert refusal.value.violations[0].field == field
    assert not (await asking.call(pb.ListDealsRequest())).deals


async def test_an_owner_that_is_away_holds_up_nothing_and_is_asked_again_later(asking: Harness, owners: Owners) -> None:
    owners.away = True
    made = await asking.call(request_for(organisation_id=GONE))
    assert made.organisation_id == GONE
    owners.away = False
    with pytest.raises(InvalidArgument):
        await asking.call(request_for(organisation_id=GONE))


async def test_what_was_deleted_cannot_be_named_again_but_stays_where_it_was(asking: Harness, owners: Owners) -> None:
    made = await asking.call(request_for(organisation_id=FIRM))
    await asking.deliver(contacts.OrganisationDeleted(id=FIRM), subject=f"organisations/{FIRM}", sequence=2)
    with pytest.raises(InvalidArgument, match="was deleted"):
        await asking.call(request_for(organisation_id=FIRM))
    renamed = pb.UpdateDealRequest(deal=pb.Deal(id=made.id, name="Neu", organisation_id=FIRM), update_mask=["name", "organisation_id"])
    assert (await asking.call(renamed)).organisation_id == FIRM


async def test_a_deleted_person_in_a_list_keeps_nobody_else_out_of_it(asking: Harness, owners: Owners) -> None:
    clara = new_id()
    owners.refs.add(f"persons/{clara}")
    deal = await asking.call(request_for(persons=[{"person_id": ANNA}]))
    project = await asking.call(projects.CreateProjectRequest(project=projects.Project(name="x", person_ids=[ANNA])))
    await asking.deliver(contacts.PersonDeleted(id=ANNA), subject=f"persons/{ANNA}", sequence=2)
    both = pb.Deal(id=deal.id, persons=[pb.DealPerson(person_id=ANNA), pb.DealPerson(person_id=clara)])
    assert len((await asking.call(pb.UpdateDealRequest(deal=both, update_mask=["persons"]))).persons) == 2
    grown = projects.Project(id=project.id, person_ids=[ANNA, clara])
    request = projects.UpdateProjectRequest(project=grown, update_mask=["person_ids"])
    assert list((await asking.call(request)).person_ids) == [ANNA, clara]
    unknown = pb.Deal(id=deal.id, persons=[pb.DealPerson(person_id=ANNA), pb.DealPerson(person_id=GONE)])
    with pytest.raises(InvalidArgument) as refusal:
        await asking.call(pb.UpdateDealRequest(deal=unknown, update_mask=["persons"]))
    assert refusal.value.violations[0].field == "persons[1].person_id"


async def test_who_is_deactivated_gets_nothing_new(asking: Harness) -> None:
    await asking.call(request_for(responsible_user_id=BERND))
    user = users_pb2.User(id=BERND, active=False)
    await asking.deliver(identity.UserUpdated(user=user), subject=f"users/{BERND}", sequence=5)
    with pytest.raises(InvalidArgument, match="not an active user"):
        await asking.call(request_for(responsible_user_id=BERND))


async def test_a_request_id_is_kept_through_the_question(asking: Harness) -> None:
    request = request_for(organisation_id=FIRM)
    request.request_id = "once"
    first = await asking.call(request)
    assert await asking.call(request) == first
    assert len((await asking.call(pb.ListDealsRequest())).deals) == 1


async def test_another_accounts_knowledge_counts_for_nothing(asking: Harness, owners: Owners) -> None:
    """S1."""
    await asking.call(request_for(organisation_id=FIRM))
    owners.refs.clear()
    with pytest.raises(InvalidArgument):
        await asking.call(request_for(organisation_id=FIRM), user=replace(asking.user, account_id=new_id()))


async def test_more_records_than_an_owner_answers_at_once_are_all_asked_about(asking: Harness, owners: Owners) -> None:
    people = [new_id() for _ in range(150)]
    owners.refs.update(f"persons/{person}" for person in people)
    made = await asking.call(projects.CreateProjectRequest(project=projects.Project(name="x", person_ids=people)))
    assert list(made.person_ids) == people
