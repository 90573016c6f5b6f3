"""Candidates when a record is made (B15), on both databases."""

from dataclasses import replace
from typing import Any

import orjson
import pytest
import sqlalchemy as sa

from kontor.contacts.events.v1 import events_pb2 as facts
from kontor.contacts.v1 import contact_points_pb2 as points
from kontor.contacts.v1 import duplicates_pb2 as pb
from kontor.contacts.v1 import organisations_pb2 as organisations
from kontor.contacts.v1 import persons_pb2 as persons
from kontor.contacts.v1 import positions_pb2 as positions
from kontor_chassis.errors import AlreadyExists, InvalidArgument
from kontor_chassis.ids import new_id
from kontor_chassis.testing import Harness
from kontor_contacts.domain.blocking import COMMON
from kontor_contacts.store.tables import DUPLICATE_KEYS

REFUSE, ALLOW = pb.ON_DUPLICATE_REFUSE, pb.ON_DUPLICATE_ALLOW


async def create(
    contacts: Harness, name: str, *, on_duplicate: Any = 0, email: str = "", user: Any = None, **fields: Any
) -> persons.Person:
    first, _, last = name.rpartition(" ")
    emails = [points.Email(address=email)] if email else []
    person = persons.Person(first_name=first, last_name=last, emails=emails, **fields)
    made: persons.Person = await contacts.call(persons.CreatePersonRequest(person=person, on_duplicate=on_duplicate), user=user)
    return made


def told(made: Any) -> list[tuple[str, int, list[str]]]:
    word = pb.DuplicateReason.Name
    prefix = "DUPLICATE_REASON_"
    return [(item.name, item.score, [word(reason).removeprefix(prefix).lower() for reason in item.reasons]) for item in made.duplicates]


@pytest.mark.parametrize(
    ("name", "reason", "score"),
    [
        ("Anna Oeztuerk", "same_name", 60),
        ("Anna Ötzürk", "similar_name", 55),
        ("Öztürk Anna", "swapped_name", 55),
    ],
)
async def test_a_name_that_is_there_already_is_told_in_the_answer(contacts: Harness, name: str, reason: str, score: int) -> None:
    first = await create(contacts, "Anna Öztürk", title="Dr.")
    made = await create(contacts, name)
    assert told(made) == [("Dr. Anna Öztürk", score, [reason])]
    assert made.duplicates[0].ref == f"persons/{first.id}"
    assert (await contacts.call(persons.GetPersonRequest(id=made.id))).duplicates == []


async def test_a_shared_address_is_told_whatever_the_name(contacts: Harness) -> None:
    await create(contacts, "Anna Öztürk", email="Anna@Müller.example")
    assert told(await create(contacts, "Bernd Weber", email="anna@MÜLLER.example")) == [("Anna Öztürk", 50, ["same_email"])]
    assert told(await create(contacts, "Anna Öztürk", email="anna@müller.example"))[0][1:] == (100, ["same_name", "same_email"])


async def test_nicknames_and_others_are_not_told(contacts: Harness) -> None:
    await create(contacts, "Johannes Müller")
    for name in ("Hans Müller", "Johanna Müller", "Bernd Müller", "Müller", "J. Müller"):
        assert told(await create(contacts, name)) == []


async def test_a_refused_duplicate_is_not_made_and_the_candidates_are_told(contacts: Harness) -> None:
    first = await create(contacts, "Anna Öztürk")
    with pytest.raises(AlreadyExists) as refusal:
        await create(contacts, "Anna Oeztürk", on_duplicate=REFUSE)
    assert refusal.value.reason == "DUPLICATE_FOUND"
    assert orjson.loads(refusal.value.detail["duplicates_json"]) == [
        {"ref": f"persons/{first.id}", "name": "Anna Öztürk", "score": 60, "reasons": ["same_name"]}
    ]
    assert len((await contacts.call(persons.ListPersonsRequest())).persons) == 1
    assert len(await contacts.published(facts.PersonCreated)) == 1
    assert (await contacts.call(pb.ListDuplicatesRequest())).duplicates == []
    assert (await create(contacts, "Bernd Weber", on_duplicate=REFUSE)).id


async def test_a_duplicate_that_is_allowed_is_made_without_a_word(contacts: Harness) -> None:
    await create(contacts, "Anna Öztürk")
    assert told(await create(contacts, "Anna Öztürk", on_duplicate=ALLOW)) == []
    assert (await contacts.call(pb.ListDuplicatesRequest())).duplicates == []


async def test_a_choice_of_a_newer_release_is_refused(contacts: Harness) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        await create(contacts, "Anna Öztürk", on_duplicate=99)
    assert [violation.field for violation in refusal.value.violations] == ["on_duplicate"]


async def test_an_organisation_has_candidates_by_name_and_website(contacts: Harness) -> None:
    async def make(name: str, website: str = "", on_duplicate: Any = 0) -> organisations.Organisation:
        wanted = organisations.Organisation(name=name, website=website)
        made: organisations.Organisation = await contacts.call(
            organisations.CreateOrganisationRequest(organisation=wanted, on_duplicate=on_duplicate)
        )
        return made

    await make("Müller Maschinenbau GmbH", "https://www.mueller.example/de")
    assert told(await make("Maschinenbau Mueller")) == [("Müller Maschinenbau GmbH", 60, ["same_name"])]
    assert ("Müller Maschinenbau GmbH", 50, ["same_website"]) in told(await make("MMB", "mueller.example"))
    with pytest.raises(AlreadyExists):
        await make("Müller Maschinenbau AG", on_duplicate=REFUSE)


async def test_another_account_is_never_among_the_candidates(contacts: Harness) -> None:
    """S1."""
    made = await create(contacts, "Anna Öztürk", email="anna@example.com")
    stranger = replace(contacts.user, account_id=new_id())
    assert told(await create(contacts, "Anna Öztürk", email="anna@example.com", on_duplicate=REFUSE, user=stranger)) == []
    again = await create(contacts, "Anna Öztürk", user=stranger)
    assert f"persons/{made.id}" not in {item.ref for item in again.duplicates}


async def test_a_changed_record_is_found_by_what_it_is_now(contacts: Harness) -> None:
    made = await create(contacts, "Anna Öztürk")
    person = persons.Person(id=made.id, last_name="Weber", emails=[points.Email(address="anna@example.com")])
    await contacts.call(persons.UpdatePersonRequest(person=person, update_mask=["last_name", "emails"]))
    assert told(await create(contacts, "Anna Öztürk")) == []
    assert told(await create(contacts, "Anna Weber", email="anna@example.com"))[0][1] == 100


async def test_a_workplace_counts_as_soon_as_it_is_known(contacts: Harness) -> None:
    amt = await contacts.call(organisations.CreateOrganisationRequest(organisation=organisations.Organisation(name="Amt")))
    made = await create(contacts, "Anna Öztürk")
    keys = _keys(contacts, made.id)
    await contacts.call(positions.CreatePositionRequest(position=positions.Position(person_id=made.id, organisation_id=amt.id)))
    assert keys < _keys(contacts, made.id)
    await contacts.call(organisations.DeleteOrganisationRequest(id=amt.id))
    assert _keys(contacts, made.id) == keys


async def test_a_deleted_record_leaves_no_keys_and_no_pairs(contacts: Harness) -> None:
    first = await create(contacts, "Anna Öztürk")
    second = await create(contacts, "Anna Öztürk")
    assert len(second.duplicates) == 1
    await contacts.call(persons.DeletePersonRequest(id=first.id))
    assert _keys(contacts, first.id) == set()
    assert (await contacts.call(pb.ListDuplicatesRequest())).duplicates == []
    assert told(await create(contacts, "Anna Weber")) == []


async def test_a_name_that_everybody_has_tells_nothing(contacts: Harness) -> None:
    for _ in range(COMMON + 1):
        await create(contacts, "Anna Müller", on_duplicate=ALLOW)
    await create(contacts, "Anna Müller", email="anna@example.com", on_duplicate=ALLOW)
    assert told(await create(contacts, "Anna Müller")) == []
    assert told(await create(contacts, "Anna Müller", email="anna@example.com")) == [("Anna Müller", 100, ["same_name", "same_email"])]


def _keys(contacts: Harness, record_id: str) -> set[int]:
    with contacts.running.context.database.reading(contacts.user.account_id) as connection:
        return set(connection.execute(sa.select(DUPLICATE_KEYS.c.key).where(DUPLICATE_KEYS.c.record_id == record_id)).scalars())
