"""What was sent follows whoever sent it (B17, A7): into a merge and back, and out of the sight of those who do not see them; on both
databases."""

from collections.abc import Mapping
from typing import Any

import pytest
import sqlalchemy as sa

from kontor.contacts.events.v1 import events_pb2 as events
from kontor.contacts.v1 import contact_points_pb2 as points
from kontor.contacts.v1 import form_submissions_pb2 as submissions
from kontor.contacts.v1 import merges_pb2 as merges
from kontor.contacts.v1 import persons_pb2 as persons
from kontor.contacts.v1 import public_forms_pb2 as public
from kontor.contacts.v1 import web_forms_pb2 as pb
from kontor_chassis.db.plumbing import AUDIT
from kontor_chassis.errors import NotFound
from kontor_chassis.principal import Principal
from kontor_chassis.testing import STRANGER, Harness
from kontor_contacts.store.form_tables import FORM_SUBMISSIONS
from services.contacts.tests.visible_world import World, limited

FIELDS = [pb.FormField(key="last_name", required=True), pb.FormField(key="email", required=True)]
GERDA = {"last_name": "Geheim", "email": "gerda@example.com"}


@pytest.fixture
def world(contacts: Harness) -> World:
    return World.of(contacts)


async def make(world: World, **values: Any) -> pb.WebForm:
    form = pb.WebForm(name="Kontakt", active=True, fields=FIELDS, **values)
    made: pb.WebForm = await world.call(pb.CreateWebFormRequest(web_form=form))
    return made


async def send(world: World, form: pb.WebForm, values: Mapping[str, str], *, robot: bool = False) -> submissions.FormSubmission:
    """What is kept of it."""
    page = await world.contacts.call(public.GetPublicFormRequest(key=form.key), user=STRANGER)
    world.contacts.clock.advance(seconds=10)
    sent = [public.SentValue(key=key, values=[value]) for key, value in values.items()]
    request = public.SubmitPublicFormRequest(key=form.key, values=sent, page_token=page.page_token, trap="x" if robot else "")
    await world.contacts.call(request, user=STRANGER)
    newest: submissions.FormSubmission = (await listed(world, form))[0]
    return newest


async def listed(world: World, form: pb.WebForm, user: Principal | None = None) -> list[submissions.FormSubmission]:
    return list((await world.call(submissions.ListFormSubmissionsRequest(form_id=form.id), user)).form_submissions)


async def hide(world: World, person_id: str) -> None:
    person = persons.Person(id=person_id, visibility=limited(groups=[world.group]))
    await world.call(persons.UpdatePersonRequest(person=person, update_mask=["visibility"]))


async def merge(world: World, survivor_id: str, duplicate_id: str) -> str:
    merged = await world.call(merges.MergePersonsRequest(id=survivor_id, duplicate_id=duplicate_id))
    return str(merged.merge_id)


def audited(world: World, subject: str) -> list[tuple[str, str, str]]:
    """(action, means, actor) of each entry, oldest first."""
    with world.contacts.running.context.database.reading("*") as connection:
        rows = connection.execute(sa.select(AUDIT).where(AUDIT.c.subject == subject).order_by(AUDIT.c.id))
        return [(row.action, row.means, row.actor_user_id) for row in rows]


async def test_what_a_hidden_person_sent_stays_hidden_when_they_are_merged_into_another_hidden_one(world: World) -> None:
    form = await make(world)
    kept = await send(world, form, GERDA)
    survivor = await world.person("Geheim", limited(groups=[world.group]))
    await hide(world, kept.person_id)
    merge_id = await merge(world, survivor.id, kept.person_id)
    for person_id in (survivor.id, kept.person_id):
        [shown] = await listed(world, form, world.inside)
        assert shown.person_id == person_id
        assert await listed(world, form, world.outside) == []
        with pytest.raises(NotFound):
            await world.call(submissions.GetFormSubmissionRequest(id=kept.id), world.outside)
        if person_id == survivor.id:
            await world.call(merges.UndoMergeRequest(id=merge_id))


async def test_undoing_gives_back_what_the_merge_took_and_leaves_what_was_sent_since(world: World) -> None:
    form = await make(world)
    theirs = await send(world, form, GERDA)
    ours = await send(world, form, {"last_name": "Zuse", "email": "zuse@example.com"})
    merge_id = await merge(world, ours.person_id, theirs.person_id)
    since = await send(world, form, GERDA)
    assert since.person_id == ours.person_id
    await world.call(merges.UndoMergeRequest(id=merge_id))
    assert {item.id: item.person_id for item in await listed(world, form)} == {
        theirs.id: theirs.person_id,
        ours.id: ours.person_id,
        since.id: ours.person_id,
    }


async def test_of_merges_of_merges_each_gives_back_its_own(world: World) -> None:
    form = await make(world)
    sent = [await send(world, form, {"last_name": name, "email": f"{name}@example.com"}) for name in ("a", "b", "c")]
    first = await merge(world, sent[1].person_id, sent[0].person_id)
    second = await merge(world, sent[2].person_id, sent[1].person_id)
    assert {item.person_id for item in await listed(world, form)} == {sent[2].person_id}
    await world.call(merges.UndoMergeRequest(id=second))
    assert [item.person_id for item in await listed(world, form)] == [sent[index].person_id for index in (2, 1, 1)]
    await world.call(merges.UndoMergeRequest(id=first))
    assert {item.id: item.person_id for item in await listed(world, form)} == {item.id: item.person_id for item in sent}


async def test_who_is_deleted_takes_along_what_those_sent_that_were_merged_into_them(world: World) -> None:
    form = await make(world)
    sent = [await send(world, form, {"last_name": name, "email": f"{name}@example.com"}) for name in ("a", "b", "c")]
    await merge(world, sent[1].person_id, sent[0].person_id)
    await merge(world, sent[2].person_id, sent[1].person_id)
    await world.call(persons.DeletePersonRequest(id=sent[2].person_id))
    with world.contacts.running.context.database.reading("*") as connection:
        assert connection.execute(sa.select(FORM_SUBMISSIONS.c.id)).all() == []


async def test_whoever_accepts_what_a_hidden_person_sent_no_second_one_is_made(world: World) -> None:
    hidden = await world.person("Geheim", limited(groups=[world.group]), emails=[points.Email(address=GERDA["email"])])
    form = await make(world, tags=["Web"])
    for user, shown_id in ((world.outside, ""), (world.inside, hidden.id)):
        rejected = await send(world, form, GERDA, robot=True)
        accepted = await world.call(submissions.AcceptFormSubmissionRequest(id=rejected.id), user)
        assert (accepted.state, accepted.person_id) == (submissions.SUBMISSION_STATE_CONFIRMED, shown_id)
        assert not accepted.person_created
        assert (await world.call(submissions.GetFormSubmissionRequest(id=rejected.id))).person_id == hidden.id
        assert audited(world, f"form-submissions/{rejected.id}") == [("create", "form", ""), ("accept", "user", user.user_id)]
    [person] = (await world.call(persons.ListPersonsRequest())).persons
    assert (person.id, person.tags) == (hidden.id, ["Web"])
    assert audited(world, f"persons/{hidden.id}")[1:] == [("update", "form", world.outside.user_id)]
    assert await listed(world, form, world.outside) == []
    with pytest.raises(NotFound):
        await world.call(persons.GetPersonRequest(id=hidden.id), world.outside)


async def test_whoever_is_made_of_what_was_accepted_came_by_the_form(world: World) -> None:
    form = await make(world)
    rejected = await send(world, form, GERDA, robot=True)
    accepted = await world.call(submissions.AcceptFormSubmissionRequest(id=rejected.id), world.outside)
    assert accepted.person_created
    assert audited(world, f"persons/{accepted.person_id}") == [("create", "form", world.outside.user_id)]


async def test_what_is_told_of_a_submission_says_who_may_see_it(world: World) -> None:
    form = await make(world)
    everyones = await send(world, form, {"last_name": "Zuse", "email": "zuse@example.com"})
    hidden = await world.person("Geheim", limited(groups=[world.group]), emails=[points.Email(address=GERDA["email"])])
    theirs = await send(world, form, GERDA)
    assert theirs.person_id == hidden.id
    told = {item.submission.id: list(item.submission.visible_to) for item in await world.contacts.published(events.FormSubmitted)}
    assert told == {everyones.id: [], theirs.id: [f"groups/{world.group}"]}
