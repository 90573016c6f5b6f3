"""What the tests of web forms share: making forms, and filling them in as a stranger does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from kontor.contacts.v1 import form_submissions_pb2 as submissions
from kontor.contacts.v1 import persons_pb2 as persons
from kontor.contacts.v1 import public_forms_pb2 as public
from kontor.contacts.v1 import web_forms_pb2 as pb
from kontor_chassis.testing import STRANGER, Harness

FIELDS = (("first_name", False), ("last_name", True), ("email", True), ("message", False))
ALI = {"first_name": "Ali", "last_name": "Öztürk", "email": "Ali@Öztürk.example", "message": "Bitte rufen Sie an.\nDanke!"}


@dataclass
class Forms:
    """A team that makes forms, and strangers who fill them in."""

    contacts: Harness

    async def make(self, **fields: Any) -> pb.WebForm:
        wanted = {"fields": [pb.FormField(key=key, required=required) for key, required in fields.pop("keys", FIELDS)]}
        form = pb.WebForm(**{"name": "Kontakt", "active": True, **wanted, **fields})
        made: pb.WebForm = await self.contacts.call(pb.CreateWebFormRequest(web_form=form))
        return made

    async def look(self, form: pb.WebForm, *, language: Any = 0) -> public.PublicForm:
        found: public.PublicForm = await self.contacts.call(public.GetPublicFormRequest(key=form.key, language=language), user=STRANGER)
        return found

    async def send(
        self, form: pb.WebForm, values: Mapping[str, str | Sequence[str]] | None = None, *, after: float = 10, **fields: Any
    ) -> public.SubmitPublicFormResponse:
        """Send the form some seconds after its page was looked at, unless a `page_token` is given."""
        if "page_token" not in fields:
            fields["page_token"] = (await self.look(form)).page_token
            self.contacts.clock.advance(seconds=after)
        given = {key: [value] if isinstance(value, str) else value for key, value in (ALI if values is None else values).items()}
        sent = [public.SentValue(key=key, values=items) for key, items in given.items()]
        request = public.SubmitPublicFormRequest(**{"key": form.key, "values": sent, "peer": "203.0.113.77", **fields})
        answer: public.SubmitPublicFormResponse = await self.contacts.call(request, user=STRANGER)
        return answer

    async def submissions(self, form: pb.WebForm, **fields: Any) -> list[submissions.FormSubmission]:
        found = await self.contacts.call(submissions.ListFormSubmissionsRequest(form_id=form.id, **fields))
        return list(found.form_submissions)

    async def people(self) -> list[persons.Person]:
        return list((await self.contacts.call(persons.ListPersonsRequest())).persons)


@pytest.fixture
def forms(contacts: Harness) -> Forms:
    return Forms(contacts)
