"""A form adds its tags to those that a person carries at that moment (B17)."""

from typing import Any

from kontor.contacts.v1 import persons_pb2 as pb
from kontor_chassis.testing import Harness
from kontor_contacts.store import persons
from kontor_contacts.usecases import form_submissions


async def test_what_a_user_has_changed_since_the_person_was_found_stays(contacts: Harness) -> None:
    made = await contacts.call(pb.CreatePersonRequest(person=pb.Person(last_name="Öztürk", tags=["Alt"])))
    sessions = contacts.running.context.sessions
    with sessions.read(contacts.user) as reading:
        found = persons.get(reading, made.id)
    assert found is not None
    await contacts.call(pb.UpdatePersonRequest(person=pb.Person(id=made.id, tags=["Wichtig"]), update_mask=["tags"]))
    form: Any = type("Form", (), {"tags": ("Messe",)})
    with sessions.write(contacts.user) as session:
        after = form_submissions._tagged(session, found, form)
    assert after.tags == ("Messe", "Wichtig")
