"""What somebody sent by a web form is hidden with them (A7, B17)."""

import pytest

from kontor.contacts.v1 import form_submissions_pb2 as form_submissions
from kontor.contacts.v1 import persons_pb2 as persons
from kontor.contacts.v1 import public_forms_pb2 as public_forms
from kontor.contacts.v1 import web_forms_pb2 as web_forms
from kontor_chassis.errors import NotFound
from kontor_chassis.testing import STRANGER, Harness
from services.contacts.tests.visible_world import World, limited


async def test_what_a_hidden_person_sent_is_hidden_too(contacts: Harness) -> None:
    world = World.of(contacts)
    fields = [web_forms.FormField(key="last_name", required=True), web_forms.FormField(key="email", required=True)]
    form = await world.call(web_forms.CreateWebFormRequest(web_form=web_forms.WebForm(name="Kontakt", active=True, fields=fields)))
    sent = [public_forms.SentValue(key="last_name", values=["Zuse"]), public_forms.SentValue(key="email", values=["z@example.com"])]
    await world.contacts.call(public_forms.SubmitPublicFormRequest(key=form.key, values=sent, trap="x"), user=STRANGER)
    listing = form_submissions.ListFormSubmissionsRequest(form_id=form.id)
    [submission] = (await world.call(listing)).form_submissions
    accepted = await world.call(form_submissions.AcceptFormSubmissionRequest(id=submission.id))
    hide = persons.Person(id=accepted.person_id, visibility=limited(groups=[world.group]))
    await world.call(persons.UpdatePersonRequest(person=hide, update_mask=["visibility"]))
    assert (await world.call(listing, world.inside)).form_submissions
    assert not (await world.call(listing, world.outside)).form_submissions
    with pytest.raises(NotFound):
        await world.call(form_submissions.GetFormSubmissionRequest(id=submission.id), world.outside)
