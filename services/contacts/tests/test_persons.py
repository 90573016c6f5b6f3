"""People (B1, B3, B9): made, read, listed, changed, deleted."""

import asyncio
from dataclasses import replace

import pytest
import sqlalchemy as sa

from kontor.contacts.events.v1 import events_pb2 as facts
from kontor.contacts.v1 import contact_points_pb2 as points
from kontor.contacts.v1 import persons_pb2 as pb
from kontor.contacts.v1 import tags_pb2 as tags
from kontor_chassis.db.plumbing import AUDIT
from kontor_chassis.errors import Aborted, IdempotencyMismatch, InvalidArgument, NotFound, PermissionDenied
from kontor_chassis.ids import new_id
from kontor_chassis.testing import Harness


def anna(**fields: object) -> pb.Person:
    return pb.Person(**{"first_name": "Anna", "last_name": "Öztürk", **fields})  # type: ignore[arg-type]


async def create(contacts: Harness, person: pb.Person, **fields: str) -> pb.Person:
    made: pb.Person = await contacts.call(pb.CreatePersonRequest(person=person, **fields))
    return made


async def names(contacts: Harness, **filters: object) -> list[str]:
    response = await contacts.call(pb.ListPersonsRequest(**filters))  # type: ignore[arg-type]
    return [person.display_name for person in response.persons]


async def test_a_person_is_read_as_it_was_made(contacts: Harness) -> None:
    made = await create(
        contacts,
        anna(
            title="Dr.",
            emails=[points.Email(address="Anna@Müller.example", kind=points.CONTACT_KIND_WORK)],
            phones=[points.Phone(number="0221 123456")],
            tags=["VIP", "A-Kunde", "vip"],
        ),
    )
    assert made == await contacts.call(pb.GetPersonRequest(id=made.id))
    assert made.display_name == "Dr. Anna Öztürk"
    assert made.emails[0].address == "Anna@Müller.example"
    assert made.emails[0].primary
    assert made.phones[0].e164 == "+49221123456"
    assert list(made.tags) == ["A-Kunde", "VIP"]


@pytest.mark.parametrize(
    ("person", "field"),
    [
        (pb.Person(first_name="Anna"), "last_name"),
        (pb.Person(last_name="  \u0000 "), "last_name"),
        (pb.Person(last_name="x" * 301), "last_name"),
        (anna(background="x" * 100_001), "background"),
        (anna(emails=[points.Email(address="anna@example.com"), points.Email(address="anna at example")]), "emails[1].address"),
        (anna(emails=[points.Email(address=f"a{n}@example.com") for n in range(5000)]), "emails"),
        (anna(addresses=[points.PostalAddress(city="Köln", country="XX")]), "addresses[0].country"),
        (anna(webs=[points.Web(url="javascript:alert(1)//://x")]), "webs[0].url"),
        (anna(tags=[f"t{n}" for n in range(201)]), "tags"),
        (anna(language="deutsch!"), "language"),
    ],
)
async def test_a_wrong_person_is_refused_with_the_field_named(contacts: Harness, person: pb.Person, field: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        await create(contacts, person)
    assert [violation.field for violation in caught.value.violations] == [field]
    assert await names(contacts) == []


async def test_a_list_is_sorted_by_name_and_paged_without_gaps(contacts: Harness) -> None:
    for last_name in ("Zuse", "Ärmel", "Adler", "Öztürk", "Otto"):
        await create(contacts, pb.Person(last_name=last_name))
    seen: list[str] = []
    token = ""
    while True:
        response = await contacts.call(pb.ListPersonsRequest(page_size=2, page_token=token))
        seen += [person.last_name for person in response.persons]
        token = response.next_page_token
        if not token:
            break
    assert seen == ["Adler", "Ärmel", "Otto", "Öztürk", "Zuse"]


async def test_a_page_token_of_another_filter_is_refused(contacts: Harness) -> None:
    for last_name in "ABC":
        await create(contacts, pb.Person(last_name=last_name, tags=["x"]))
    response = await contacts.call(pb.ListPersonsRequest(page_size=1))
    for token in (response.next_page_token, "bm9uc2Vuc2U", "\u0000", "WzEsMiwzXQ"):
        with pytest.raises(InvalidArgument) as caught:
            await contacts.call(pb.ListPersonsRequest(page_size=1, tag=["x"], page_token=token))
        assert caught.value.violations[0].field == "page_token"


async def test_several_tags_narrow_a_list(contacts: Harness) -> None:
    await create(contacts, pb.Person(last_name="Beide", tags=["A-Kunde", "Automobil"]))
    await create(contacts, pb.Person(last_name="Eine", tags=["A-Kunde"]))
    assert await names(contacts, tag=["a-kunde", "AUTOMOBIL"]) == ["Beide"]
    assert await names(contacts, tag=["A-Kunde"]) == ["Beide", "Eine"]
    assert await names(contacts, tag=["A-Kunde", "unknown"]) == []


async def test_a_name_is_found_by_its_first_letters_without_accents(contacts: Harness) -> None:
    await create(contacts, anna(tags=["x"]))
    await create(contacts, pb.Person(first_name="Bernd", last_name="Anders"))
    for name in ("oz", "ÖZTÜRK", "anna o", "ozturk an"):
        assert await names(contacts, name=name) == ["Anna Öztürk"]
        assert await names(contacts, name=name, tag=["x"]) == ["Anna Öztürk"]
    assert await names(contacts, name="an") == ["Bernd Anders", "Anna Öztürk"]
    assert await names(contacts, name="turk") == []


async def test_an_update_changes_only_the_masked_fields(contacts: Harness) -> None:
    made = await create(contacts, anna(background="alt", tags=["x"]))
    changed = await contacts.call(
        pb.UpdatePersonRequest(person=pb.Person(id=made.id, last_name="Özdemir", background="neu"), update_mask=["last_name"])
    )
    assert (changed.last_name, changed.background, list(changed.tags)) == ("Özdemir", "alt", ["x"])
    assert changed.etag != made.etag
    assert await names(contacts, tag=["x"], name="özd") == ["Anna Özdemir"]


async def test_an_update_that_changes_nothing_tells_nobody(contacts: Harness) -> None:
    made = await create(contacts, anna())
    same = await contacts.call(pb.UpdatePersonRequest(person=made, update_mask=["last_name", "tags"]))
    assert same == made
    assert await contacts.published(facts.PersonUpdated) == []


async def test_of_two_updates_with_one_etag_exactly_one_wins(contacts: Harness) -> None:
    made = await create(contacts, anna())

    async def rename(last_name: str) -> str:
        request = pb.UpdatePersonRequest(person=pb.Person(id=made.id, last_name=last_name), update_mask=["last_name"], etag=made.etag)
        try:
            await contacts.call(request)
        except Aborted as error:
            return error.detail["etag"]
        return ""

    answers = await asyncio.gather(rename("Eins"), rename("Zwei"))
    assert sorted(answers) == ["", "2"]


async def test_a_request_id_makes_a_write_happen_once(contacts: Harness) -> None:
    request = pb.CreatePersonRequest(person=anna(), request_id="once")
    answers = await asyncio.gather(*(contacts.call(request) for _ in range(20)))
    assert {answer.id for answer in answers} == {answers[0].id}
    assert await names(contacts) == ["Anna Öztürk"]
    assert len(await contacts.published(facts.PersonCreated)) == 1
    with pytest.raises(IdempotencyMismatch):
        await contacts.call(pb.CreatePersonRequest(person=anna(title="Dr."), request_id="once"))


async def test_another_account_sees_nothing(contacts: Harness) -> None:
    made = await create(contacts, anna(tags=["x"]))
    stranger = replace(contacts.user, account_id=new_id())
    for request in (
        pb.GetPersonRequest(id=made.id),
        pb.UpdatePersonRequest(person=pb.Person(id=made.id, last_name="Meins"), update_mask=["last_name"]),
        pb.DeletePersonRequest(id=made.id),
    ):
        with pytest.raises(NotFound):
            await contacts.call(request, user=stranger)
    assert (await contacts.call(pb.ListPersonsRequest(tag=["x"]), user=stranger)).persons == []
    assert (await contacts.call(tags.ListTagsRequest(), user=stranger)).tags == []
    assert await contacts.call(pb.GetPersonRequest(id=made.id)) == made


async def test_a_scope_is_needed(contacts: Harness) -> None:
    reader = replace(contacts.user, scopes=frozenset({"contacts.read"}))
    with pytest.raises(PermissionDenied):
        await contacts.call(pb.CreatePersonRequest(person=anna()), user=reader)
    assert (await contacts.call(pb.ListPersonsRequest(), user=reader)).persons == []


async def test_every_change_is_told_and_audited_once(contacts: Harness) -> None:
    made = await create(contacts, anna(emails=[points.Email(address="Anna@Exämple.com")]))
    await contacts.call(pb.UpdatePersonRequest(person=pb.Person(id=made.id, title="Dr."), update_mask=["title"]))
    await contacts.call(pb.DeletePersonRequest(id=made.id))
    created = await contacts.published(facts.PersonCreated)
    assert list(created[0].person.email_addresses) == ["anna@xn--exmple-cua.com"]
    assert [list(fact.changed_fields) for fact in await contacts.published(facts.PersonUpdated)] == [["title"]]
    assert [fact.id for fact in await contacts.published(facts.PersonDeleted)] == [made.id]
    with contacts.running.context.database.reading(contacts.user.account_id) as connection:
        rows = connection.execute(sa.select(AUDIT.c.action, AUDIT.c.changes).order_by(AUDIT.c.id)).all()
    assert [row.action for row in rows] == ["create", "update", "delete"]
    assert rows[1].changes == {"title": ["", "Dr."]}


async def test_a_deleted_person_is_gone_with_everything(contacts: Harness) -> None:
    made = await create(contacts, anna(tags=["x"]))
    await contacts.call(pb.DeletePersonRequest(id=made.id, etag=made.etag))
    with pytest.raises(NotFound):
        await contacts.call(pb.GetPersonRequest(id=made.id))
    assert [(tag.name, tag.person_count) for tag in (await contacts.call(tags.ListTagsRequest())).tags] == [("x", 0)]
