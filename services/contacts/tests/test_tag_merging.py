"""Tags are merged, and counted under a filter (B9), on both databases."""

from dataclasses import replace
from typing import Any

import pytest

from kontor.contacts.events.v1 import events_pb2 as facts
from kontor.contacts.v1 import organisations_pb2 as organisations
from kontor.contacts.v1 import persons_pb2 as persons
from kontor.contacts.v1 import tags_pb2 as pb
from kontor_chassis.errors import Aborted, InvalidArgument, NotFound
from kontor_chassis.filters.tree import EVERYTHING
from kontor_chassis.ids import new_id
from kontor_chassis.testing import Harness
from kontor_contacts.domain.home import Home
from kontor_contacts.store import person_fields, tag_counts


async def person(contacts: Harness, name: str, *tags: str, **fields: Any) -> persons.Person:
    made: persons.Person = await contacts.call(persons.CreatePersonRequest(person=persons.Person(last_name=name, tags=tags, **fields)))
    return made


async def ids(contacts: Harness) -> dict[str, str]:
    return {tag.name: tag.id for tag in (await contacts.call(pb.ListTagsRequest(page_size=200))).tags}


async def counted(contacts: Harness, **request: Any) -> list[tuple[str, int]]:
    response = await contacts.call(persons.CountPersonTagsRequest(**request))
    assert not response.capped
    return [(tag.name, tag.count) for tag in response.tags]


async def test_a_merged_tag_is_on_everything_that_carried_either_and_is_gone_itself(contacts: Harness) -> None:
    both = await person(contacts, "A", "Kunde", "A-Kunde")
    one = await person(contacts, "B", "Kunde")
    other = await person(contacts, "C", "A-Kunde")
    firm = await contacts.call(organisations.CreateOrganisationRequest(organisation=organisations.Organisation(name="M", tags=["Kunde"])))
    known = await ids(contacts)
    kept = await contacts.call(pb.MergeTagsRequest(id=known["Kunde"], into_id=known["A-Kunde"]))
    assert (kept.id, kept.name, kept.person_count, kept.organisation_count) == (known["A-Kunde"], "A-Kunde", 3, 1)
    assert list(await ids(contacts)) == ["A-Kunde"]
    for made, etag in ((both, "2"), (one, "2"), (other, "1")):
        shown = await contacts.call(persons.GetPersonRequest(id=made.id))
        assert (list(shown.tags), shown.etag) == (["A-Kunde"], etag)
    assert list((await contacts.call(organisations.GetOrganisationRequest(id=firm.id))).tags) == ["A-Kunde"]
    listed = await contacts.call(persons.ListPersonsRequest(tag=["A-Kunde"]))
    assert [item.last_name for item in listed.persons] == ["A", "B", "C"]
    assert sorted(list(fact.person.tags) for fact in await contacts.published(facts.PersonUpdated)) == [["A-Kunde"]] * 2


async def test_what_cannot_be_merged_is_refused(contacts: Harness) -> None:
    await person(contacts, "A", "x", "y")
    known = await ids(contacts)
    stranger = replace(contacts.user, account_id=new_id())
    for request, error, user in (
        (pb.MergeTagsRequest(id=known["x"], into_id=known["x"]), InvalidArgument, None),
        (pb.MergeTagsRequest(id=known["x"], into_id=new_id()), InvalidArgument, None),
        (pb.MergeTagsRequest(id=known["x"]), InvalidArgument, None),
        (pb.MergeTagsRequest(id=new_id(), into_id=known["x"]), NotFound, None),
        (pb.MergeTagsRequest(id=known["x"], into_id=known["y"], etag="9"), Aborted, None),
        (pb.MergeTagsRequest(id=known["x"], into_id=known["y"]), NotFound, stranger),
    ):
        with pytest.raises(error):
            await contacts.call(request, user=user)
    assert await ids(contacts) == known


async def test_tags_are_counted_under_everything_that_narrows_the_list(contacts: Harness) -> None:
    await person(contacts, "Adam", "x", "y", vip=True)
    await person(contacts, "Berg", "x")
    await person(contacts, "Clasen", "z")
    await person(contacts, "Dorn")
    assert await counted(contacts) == [("x", 2), ("y", 1), ("z", 1)]
    assert await counted(contacts, filter="vip = true") == [("x", 1), ("y", 1)]
    assert await counted(contacts, tag=["x"]) == [("x", 2), ("y", 1)]
    assert await counted(contacts, filter="NOT tags:x") == [("z", 1)]
    assert await counted(contacts, name="ber") == [("x", 1)]
    assert await counted(contacts, filter="NOT tags:*") == []
    with pytest.raises(InvalidArgument, match="position 1"):
        await counted(contacts, filter="shoe = 42")
    stranger = replace(contacts.user, account_id=new_id())
    assert not (await contacts.call(persons.CountPersonTagsRequest(), user=stranger)).tags


async def test_organisations_count_their_own_tags(contacts: Harness) -> None:
    await person(contacts, "Adam", "x")
    wanted = organisations.Organisation(name="Müller GmbH", tags=["x", "y"], size=50)
    await contacts.call(organisations.CreateOrganisationRequest(organisation=wanted))
    response = await contacts.call(organisations.CountOrganisationTagsRequest(filter="size >= 50"))
    assert [(tag.name, tag.count) for tag in response.tags] == [("x", 1), ("y", 1)]
    assert response.record_count == 1


async def test_a_count_that_stops_early_says_so(contacts: Harness) -> None:
    for name in "ABC":
        await person(contacts, name, "x")
    with contacts.running.context.sessions.read(contacts.user) as session:
        home = Home()
        listing = person_fields.listing(session, home)
        two = tag_counts.count(session, listing, "persons", EVERYTHING, (), home=home, most=2)
        three = tag_counts.count(session, listing, "persons", EVERYTHING, (), home=home, most=3)
    assert [(two.record_count, two.capped), (three.record_count, three.capped)] == [(2, True), (3, False)]
    assert [count for _, _, count in (*two.tags, *three.tags)] == [2, 3]


async def test_two_hundred_tags_are_carried_counted_paged_and_deleted(contacts: Harness) -> None:
    names = [f"Merkmal {number:03}" for number in range(200)]
    anna = await person(contacts, "Öztürk", *names)
    await person(contacts, "Adam", names[7])
    assert list(anna.tags) == names
    assert await counted(contacts) == [(names[7], 2), *((name, 1) for name in names if name != names[7])]
    first = await contacts.call(pb.ListTagsRequest(page_size=150))
    rest = await contacts.call(pb.ListTagsRequest(page_size=150, page_token=first.next_page_token))
    assert [tag.name for tag in (*first.tags, *rest.tags)] == names
    await contacts.call(pb.DeleteTagRequest(id=first.tags[7].id))
    shown = await contacts.call(persons.GetPersonRequest(id=anna.id))
    assert (len(shown.tags), names[7] in shown.tags, shown.etag) == (199, False, "2")
    with pytest.raises(InvalidArgument, match="at most 200"):
        await person(contacts, "Zu viele", *names, "noch eins")
