"""A merge of people is undone (B15): each is as they were, and what was done since stays with the survivor; on both databases."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from kontor.contacts.events.v1 import events_pb2 as facts
from kontor.contacts.v1 import contact_points_pb2 as points
from kontor.contacts.v1 import duplicates_pb2 as duplicates
from kontor.contacts.v1 import merges_pb2 as pb
from kontor.contacts.v1 import organisations_pb2 as organisations
from kontor.contacts.v1 import persons_pb2 as persons
from kontor.contacts.v1 import photos_pb2 as photos
from kontor.contacts.v1 import positions_pb2 as positions
from kontor.contacts.v1 import tags_pb2 as tags
from kontor_chassis.errors import FailedPrecondition, NotFound
from kontor_contacts.store.merge_tables import MERGES
from kontor_contacts.usecases.merge_pruning import prune
from kontor_contacts.usecases.photo_sweep import sweep

ENDED = {"year": 2020, "month": 1, "day": 31}


def emails(*addresses: str) -> list[points.Email]:
    return [points.Email(address=address) for address in addresses]


async def two(crm: Any) -> tuple[Any, Any, Any]:
    """Two people with much in common, and where they work."""
    firm, other = await crm.organisation("Müller"), await crm.organisation("Schulze")
    anna = await crm.person("Öztürk", title="Dr.", emails=emails("a@example.com"), tags=["Kunde"], background="Mag Tee.", vip=True)
    again = await crm.person(
        "Oeztuerk", first_name="Anna", emails=emails("A@example.com", "b@example.com"), tags=["Presse", "kunde"], background="Kennt Frau B."
    )
    await crm.employ(anna, firm, role="Einkauf", to_date=ENDED, primary=True)
    await crm.employ(again, firm, to_date=ENDED)
    await crm.employ(again, other, role="Leitung", primary=True)
    await crm.edit(other, main_contact_person_id=again.id)
    await crm.photo(anna, "red")
    await crm.photo(again, "blue")
    return await crm.get(anna), await crm.get(again), other


async def test_undone_at_once_both_are_as_they_were(crm: Any) -> None:
    anna, again, firm = await two(crm)
    firm = await crm.get(firm)
    merged = await crm.merge(anna, again, fields={"photo": pb.MERGE_CHOICE_DUPLICATE})
    undone = await crm.undo(merged)
    assert (undone.id, undone.HasField("undo_time"), undone.undo_user_id) == (merged.merge_id, True, crm.harness.user.user_id)
    for record in (anna, again, firm):
        assert crm.content(await crm.get(record)) == crm.content(record)
    assert int((await crm.get(again)).etag) == int(again.etag) + 2
    assert {item.id for item in (await crm.call(persons.ListPersonsRequest(tag=["Kunde"]))).persons} == {anna.id, again.id}
    assert [item.id for item in (await crm.call(persons.ListPersonsRequest(name="oezt"))).persons] == [anna.id, again.id]
    assert (await crm.call(photos.GetPersonPhotoRequest(person_id=anna.id))).etag == anna.photo.etag
    # And the same again.
    await crm.undo(await crm.merge(again, anna))
    for record in (anna, again, firm):
        assert crm.content(await crm.get(record)) == crm.content(record)


async def test_what_was_done_since_stays_with_the_survivor(crm: Any) -> None:
    anna, again, firm = await two(crm)
    merged = await crm.merge(anna, again)
    third = await crm.organisation("Weber")
    new = await crm.employ(anna, third, primary=True)
    await crm.edit(
        anna,
        title="Prof.",
        emails=[
            *merged.emails[:1],
            points.Email(address="b@example.com", kind=points.CONTACT_KIND_PRIVATE),
            points.Email(address="c@example.com"),
        ],
        tags=["Kunde", "Presse", "Neu"],
        background=f"{merged.background}\nSpielt Schach.",
        first_name="Annette",
    )
    await crm.undo(merged)
    one, two_ = await crm.get(anna), await crm.get(again)
    assert (one.title, one.first_name, one.last_name, one.vip) == ("Prof.", "Annette", "Öztürk", True)
    # Changed, so it is the survivor's as well.
    assert [email.address for email in one.emails] == ["a@example.com", "b@example.com", "c@example.com"]
    assert list(one.tags) == ["Kunde", "Neu"]
    assert one.background == "Mag Tee.\nSpielt Schach."
    assert {item.id for item in one.positions} == {new.id, *(item.id for item in anna.positions)}
    assert [item.id for item in one.positions if item.primary] == [new.id]
    assert crm.content(two_) == crm.content(again)
    assert (await crm.get(firm)).main_contact_person_id == again.id


async def test_what_was_deleted_since_stays_away_from_the_survivor(crm: Any) -> None:
    anna, again, firm = await two(crm)
    merged = await crm.merge(anna, again)
    leading = next(item for item in merged.positions if item.role == "Leitung")
    await crm.call(positions.DeletePositionRequest(person_id=anna.id, id=leading.id))
    await crm.edit(anna, emails=emails("c@example.com"), background="")
    await crm.undo(merged)
    one, two_ = await crm.get(anna), await crm.get(again)
    assert ([email.address for email in one.emails], one.background) == (["c@example.com"], "")
    assert [email.address for email in two_.emails] == ["A@example.com", "b@example.com"]
    assert leading.id not in {item.id for item in (*one.positions, *two_.positions)}
    assert (await crm.get(firm)).main_contact_person_id == ""


async def test_tags_keep_their_new_names_and_those_that_are_gone_come_back(crm: Any) -> None:
    anna, again = await crm.person("A", tags=["x", "y"]), await crm.person("B", tags=["y", "z"])
    merged = await crm.merge(anna, again)
    known = {tag.name: tag.id for tag in (await crm.call(tags.ListTagsRequest())).tags}
    await crm.call(tags.UpdateTagRequest(tag=tags.Tag(id=known["y"], name="Y-neu"), update_mask=["name"]))
    await crm.call(tags.DeleteTagRequest(id=known["z"]))
    await crm.undo(merged)
    assert (list((await crm.get(anna)).tags), list((await crm.get(again)).tags)) == (["x", "Y-neu"], ["Y-neu", "z"])


async def test_it_is_told_and_audited_once(crm: Any) -> None:
    anna, again, firm = await two(crm)
    merged = await crm.merge(anna, again)
    known = len(crm.audited())
    told = len(crm.harness.bus.published)
    await crm.undo(merged)
    entries = [("persons/" + anna.id, "undo_merge"), ("persons/" + again.id, "undo_merge"), ("organisations/" + firm.id, "update")]
    assert sorted(crm.audited()[known:]) == sorted((subject, action, "merge") for subject, action in entries)
    (fact,) = await crm.harness.published(facts.PersonUnmerged)
    assert (fact.person.id, fact.survivor_id, fact.merge_id) == (again.id, anna.id, merged.merge_id)
    assert list(fact.person.email_addresses) == ["a@example.com", "b@example.com"]
    envelopes = [item for item in crm.harness.bus.published[told:] if item.type.endswith("person.unmerged.v1")]
    assert [(item.subject, item.sequence) for item in envelopes] == [(f"persons/{again.id}", int(again.etag) + 2)]
    moved = (await crm.harness.published(facts.PositionUpdated))[-1].position
    assert moved.person_id == again.id
    (absorbed,) = [fact.position for fact in (await crm.harness.published(facts.PositionCreated))[3:]]
    assert absorbed.person_id == again.id


async def test_what_stands_in_the_way_is_told(crm: Any) -> None:
    people = [await crm.person(name) for name in "ABCDE"]
    first = await crm.merge(people[0], people[1])
    second = await crm.merge(people[0], people[2])
    third = await crm.merge(people[3], people[0])
    for merged, later in ((first, third), (second, third)):
        with pytest.raises(FailedPrecondition) as refused:
            await crm.undo(merged)
        assert (refused.value.reason, refused.value.detail) == ("LATER_MERGE", {"later_merge_id": later.merge_id})
    await crm.undo(third)
    with pytest.raises(FailedPrecondition) as refused:
        await crm.undo(first)
    assert refused.value.detail == {"later_merge_id": second.merge_id}
    await crm.undo(second)
    await crm.undo(first)
    for merged in (first, second, third):
        with pytest.raises(FailedPrecondition) as refused:
            await crm.undo(merged)
        assert refused.value.reason == "MERGE_UNDONE"
    for person in people:
        assert crm.content(await crm.get(person)) == crm.content(person)
    with pytest.raises(NotFound):
        await crm.call(pb.UndoMergeRequest(id=people[0].id))


async def test_of_what_was_deleted_nothing_is_kept(crm: Any) -> None:
    one, two_, three = [await crm.person(name) for name in "ABC"]
    merged = [await crm.merge(two_, one), await crm.merge(three, two_)]
    await crm.call(persons.DeletePersonRequest(id=three.id))
    for merge, reason in zip(merged, ("LATER_MERGE", "SURVIVOR_DELETED"), strict=True):
        with pytest.raises(FailedPrecondition) as refused:
            await crm.undo(merge, user=crm.admin)
        assert refused.value.reason == reason
        # Nobody knows any more who could see it.
        with pytest.raises(NotFound):
            await crm.undo(merge)
    assert not (await crm.call(pb.ListMergesRequest())).merges
    shown = (await crm.call(pb.ListMergesRequest(), user=crm.admin)).merges
    assert [(item.survivor.name, item.duplicate.name) for item in shown] == [("", ""), ("", "")]
    assert snapshots(crm) == [None, None]


def snapshots(crm: Any) -> list[Any]:
    with crm.harness.running.context.database.reading(crm.harness.user.account_id) as connection:
        return list(connection.execute(sa.select(MERGES.c.snapshot)).scalars())


async def test_after_thirty_days_it_cannot_be_undone_and_the_old_id_leads_on(crm: Any) -> None:
    anna, again = await crm.person("Öztürk"), await crm.person("Oeztuerk")
    red, blue = await crm.photo(anna, "red"), await crm.photo(again, "blue")
    merged = await crm.merge(anna, again)
    context = crm.harness.running.context
    crm.harness.clock.now += timedelta(days=29, hours=23)
    assert (await prune(context), await sweep(context)) == (0, 0)
    crm.harness.clock.now += timedelta(hours=1)
    with pytest.raises(FailedPrecondition) as refused:
        await crm.undo(merged)
    assert refused.value.reason == "MERGE_TOO_OLD"
    assert await prune(context) == 1
    assert snapshots(crm) == [None]
    crm.harness.clock.now += timedelta(hours=1)
    assert await sweep(context) == 1
    assert not blobs(crm, blue)
    assert blobs(crm, red)
    with pytest.raises(FailedPrecondition):
        await crm.undo(merged)
    with pytest.raises(NotFound) as moved:
        await crm.get(again)
    assert moved.value.detail["moved_to"] == f"persons/{anna.id}"


def blobs(crm: Any, photo_id: str) -> bool:
    folder = crm.harness.running.context.blobs
    try:
        return bool(folder.get(f"photos/{crm.harness.user.account_id}/{photo_id}/64"))
    except NotFound:
        return False


async def test_a_photo_that_the_merge_took_away_stays_for_the_undoing(crm: Any) -> None:
    anna, again = await crm.person("Öztürk"), await crm.person("Oeztuerk")
    red, blue = await crm.photo(anna, "red"), await crm.photo(again, "blue")
    merged = await crm.merge(anna, again, fields={"photo": pb.MERGE_CHOICE_DUPLICATE})
    assert merged.photo.etag == blue
    await crm.photo(anna, "green")
    context = crm.harness.running.context
    crm.harness.clock.advance(days=1)
    assert await sweep(context) == 0
    await crm.undo(merged)
    crm.harness.clock.advance(days=1)
    assert await sweep(context) == 1
    assert (blobs(crm, red), blobs(crm, blue)) == (False, True)
    assert (await crm.call(photos.GetPersonPhotoRequest(person_id=again.id))).etag == blue


async def test_pairs_of_likely_duplicates_follow_and_come_back(crm: Any) -> None:
    made = [
        await crm.call(persons.CreatePersonRequest(person=persons.Person(first_name="Anna", last_name=name, emails=emails(address))))
        for name, address in (("Öztürk", "a@x.de"), ("Oeztuerk", "b@x.de"), ("Ozturk", "c@x.de"), ("Öztürk", "d@x.de"))
    ]

    async def pairs() -> set[frozenset[str]]:
        found = (await crm.call(duplicates.ListDuplicatesRequest())).duplicates
        return {frozenset((pair.left.ref, pair.right.ref)) for pair in found}

    def pair(*numbers: int) -> frozenset[str]:
        return frozenset(f"persons/{made[number].id}" for number in numbers)

    listed = (await crm.call(duplicates.ListDuplicatesRequest())).duplicates
    dismissed = next(item for item in listed if frozenset((item.left.ref, item.right.ref)) == pair(1, 3))
    await crm.call(duplicates.DismissDuplicateRequest(id=dismissed.id))
    before = await pairs()
    assert before == {pair(0, 1), pair(0, 2), pair(0, 3), pair(1, 2), pair(2, 3)}
    merged = await crm.merge(made[0], made[1])
    # Who is not the one is not the other.
    assert await pairs() == {pair(0, 2), pair(2, 3)}
    await crm.undo(merged)
    assert await pairs() == before


async def test_positions_at_an_organisation_that_was_merged_meanwhile_come_back_where_it_is(crm: Any) -> None:
    firm, same = await crm.organisation("Müller"), await crm.organisation("Mueller")
    anna, again = await crm.person("Öztürk"), await crm.person("Oeztuerk")
    await crm.employ(anna, same)
    position = await crm.employ(again, same)
    people = await crm.merge(anna, again)
    firms = await crm.merge(firm, same)
    await crm.undo(people)
    assert [(item.id, item.organisation_id) for item in (await crm.get(again)).positions] == [(position.id, firm.id)]
    await crm.undo(firms)
    assert [(item.id, item.organisation_id) for item in (await crm.get(again)).positions] == [(position.id, same.id)]
    assert [item.organisation_id for item in (await crm.get(anna)).positions] == [same.id]
    organisation = await crm.call(organisations.GetOrganisationRequest(id=same.id))
    assert crm.content(organisation) == crm.content(same)
