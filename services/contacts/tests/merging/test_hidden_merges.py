"""What is limited stays so through merges and their undoing, in every answer (A7, B15, A6), on both databases."""

from itertools import pairwise
from typing import Any

import pytest

from kontor.contacts.events.v1 import events_pb2 as events
from kontor.contacts.v1 import contact_points_pb2 as points
from kontor.contacts.v1 import merges_pb2 as pb
from kontor.contacts.v1 import organisations_pb2 as organisations
from kontor.contacts.v1 import persons_pb2 as persons
from kontor.type.v1 import audit_pb2 as audit
from kontor_chassis.errors import InvalidArgument, NotFound
from kontor_chassis.events import event_type
from kontor_chassis.principal import Principal
from kontor_chassis.testing import Harness
from services.contacts.tests.visible_world import EVERYONE, World, limited

OF_PEOPLE = (persons.Person, persons.GetPersonRequest, persons.UpdatePersonRequest, pb.MergePersonsRequest, "persons", "last_name")
OF_FIRMS = (
    *(organisations.Organisation, organisations.GetOrganisationRequest, organisations.UpdateOrganisationRequest),
    *(pb.MergeOrganisationsRequest, "organisations", "name"),
)


class Kind:
    """People or organisations, by the same words."""

    def __init__(self, world: World, noun: str) -> None:
        self._world = world
        self.record, self._get, self._update, self._merge, self.noun, self._name = OF_PEOPLE if noun == "persons" else OF_FIRMS

    async def make(self, name: str, visibility: Any = EVERYONE, **fields: Any) -> Any:
        make = self._world.person if self.noun == "persons" else self._world.organisation
        return await make(name, visibility, **fields)

    async def get(self, record: Any, user: Principal | None = None) -> Any:
        return await self._world.call(self._get(id=record.id), user)

    async def edit(self, record: Any, **values: Any) -> Any:
        field = "person" if self.noun == "persons" else "organisation"
        return await self._world.call(self._update(**{field: self.record(id=record.id, **values)}, update_mask=list(values)))

    async def merge(self, survivor: Any, duplicate: Any, **fields: Any) -> str:
        merged = await self._world.call(self._merge(id=survivor.id, duplicate_id=duplicate.id, fields=fields))
        return str(merged.merge_id)

    async def log(self, record: Any, user: Principal) -> list[audit.AuditEntry]:
        answer = await self._world.call(audit.ListAuditEntriesRequest(subject=f"{self.noun}/{record.id}"), user)
        return list(answer.audit_entries)


@pytest.fixture
def world(contacts: Harness) -> World:
    return World.of(contacts)


@pytest.fixture(params=["persons", "organisations"])
def kind(world: World, request: pytest.FixtureRequest) -> Kind:
    return Kind(world, request.param)


def emails(*addresses: str) -> list[points.Email]:
    return [points.Email(address=address) for address in addresses]


async def two(world: World, kind: Kind) -> tuple[Any, Any]:
    """One whom everyone sees, and one whom the group does."""
    known = await kind.make("Offen", emails=emails("offen@example.com"), background="Mag Tee.")
    hidden = await kind.make("Geheim", limited(groups=[world.group]), emails=emails("canary@example.com"), background="canary")
    world.contacts.clock.advance(hours=1)
    return known, hidden


async def undo(world: World, merge_id: str, user: Principal | None = None) -> None:
    world.contacts.clock.advance(hours=1)
    await world.call(pb.UndoMergeRequest(id=merge_id), user)
    world.contacts.clock.advance(hours=1)


async def told(world: World, user: Principal) -> list[str]:
    return [merge.id for merge in (await world.call(pb.ListMergesRequest(), user)).merges]


async def test_the_log_does_not_tell_what_the_survivor_had_from_a_hidden_one(world: World, kind: Kind) -> None:
    known, hidden = await two(world, kind)
    merge_id = await kind.merge(known, hidden)
    world.contacts.clock.advance(hours=1)
    # Says what it had before.
    await kind.edit(known, emails=emails("offen@example.com"))
    await undo(world, merge_id)
    await kind.edit(known, background="Mag Kaffee.")
    entries = await kind.log(known, world.outside)
    assert [entry.action for entry in entries] == ["update", "create"]
    for secret in ("canary", hidden.id, merge_id):
        assert secret not in str(entries)
    for user in (world.inside, world.admin):
        entries = await kind.log(known, user)
        assert [entry.action for entry in entries] == ["update", "undo_merge", "update", "merge", "create"]
        assert "canary" in str(entries)


async def test_neither_does_the_log_of_one_that_was_merged_into_a_hidden_one(world: World, kind: Kind) -> None:
    known, hidden = await two(world, kind)
    await undo(world, await kind.merge(hidden, known))
    entries = await kind.log(known, world.outside)
    assert [entry.action for entry in entries] == ["create"]
    assert [entry.action for entry in await kind.log(known, world.inside)] == ["undo_merge", "merge", "create"]


async def test_the_log_stays_closed_when_the_hidden_one_is_gone_or_was_merged_through_another(world: World, kind: Kind) -> None:
    known, hidden = await two(world, kind)
    third = await kind.make("Dritter")
    world.contacts.clock.advance(hours=1)
    first = await kind.merge(known, hidden)
    world.contacts.clock.advance(hours=1)
    await undo(world, await kind.merge(third, known))
    await undo(world, first)
    # Both are seen, and were not when they were one.
    assert (await kind.get(known, world.outside)).id == known.id
    assert "canary" not in str(await kind.log(third, world.outside))
    await kind.edit(hidden, visibility=EVERYONE)
    assert "canary" not in str(await kind.log(known, world.outside))


async def test_undoing_opens_nothing_where_something_stays_that_came_meanwhile(world: World, kind: Kind) -> None:
    known, hidden = await two(world, kind)
    merge_id = await kind.merge(known, hidden)
    mine, theirs = (await kind.get(known)).emails
    theirs.kind = points.CONTACT_KIND_PRIVATE
    await kind.edit(known, emails=[mine, theirs], background="canary edited")
    await undo(world, merge_id)
    left = await kind.get(known)
    assert [email.address for email in left.emails] == ["offen@example.com", "canary@example.com"]
    assert list(left.visibility.group_ids) == [world.group]
    with pytest.raises(NotFound):
        await kind.get(known, world.outside)
    # Who opens it has looked.
    await kind.edit(known, visibility=EVERYONE, emails=[mine], background="")
    assert (await kind.get(known, world.outside)).id == known.id


@pytest.mark.parametrize("values", [{"background": ""}, {"emails": emails("offen@example.com")}, {}])
async def test_undoing_gives_back_who_sees_it_where_nothing_is_new(world: World, kind: Kind, values: dict[str, Any]) -> None:
    known, hidden = await two(world, kind)
    merge_id = await kind.merge(known, hidden)
    if values:
        await kind.edit(known, **values)
    await undo(world, merge_id)
    assert (await kind.get(known, world.outside)).visibility == EVERYONE
    with pytest.raises(NotFound):
        await kind.get(hidden, world.outside)


async def test_a_new_position_of_somebody_hidden_stays_hidden(world: World) -> None:
    kind = Kind(world, "persons")
    known, hidden = await two(world, kind)
    merge_id = await kind.merge(known, hidden)
    firm = await world.organisation("Müller")
    await world.employ(known.id, firm.id, role="canary")
    await undo(world, merge_id)
    with pytest.raises(NotFound):
        await kind.get(known, world.outside)


async def test_an_undone_merge_is_told_to_those_who_see_both(world: World, kind: Kind) -> None:
    known, hidden = await two(world, kind)
    merge_id = await kind.merge(known, hidden)
    assert await told(world, world.inside) == [merge_id]
    await undo(world, merge_id, world.inside)
    assert [await told(world, user) for user in (world.inside, world.admin, world.outside)] == [[merge_id], [merge_id], []]
    with pytest.raises(NotFound):
        await world.call(pb.GetMergeRequest(id=merge_id), world.outside)


async def test_a_merge_whose_survivor_is_deleted_is_told_to_owner_and_admins(world: World, kind: Kind) -> None:
    known, hidden = await two(world, kind)
    merge_id = await kind.merge(hidden, known)
    delete = persons.DeletePersonRequest if kind.noun == "persons" else organisations.DeleteOrganisationRequest
    await world.call(delete(id=hidden.id))
    assert [await told(world, user) for user in (world.inside, world.admin, world.outside)] == [[], [merge_id], []]


async def test_a_merge_is_told_to_those_who_see_where_its_survivor_went(world: World, kind: Kind) -> None:
    records = [await kind.make(f"Müller {number}") for number in range(4)]
    merges = []
    for duplicate, survivor in pairwise(records):
        world.contacts.clock.advance(hours=1)
        merges.insert(0, await kind.merge(survivor, duplicate))
    assert await told(world, world.outside) == merges
    await kind.edit(records[-1], visibility=limited(groups=[world.group]))
    assert [await told(world, user) for user in (world.inside, world.outside)] == [merges, []]


async def test_a_merge_with_a_hidden_one_that_was_published_is_told_to_those_who_could_see_both(world: World, kind: Kind) -> None:
    known, hidden = await two(world, kind)
    merge_id = await kind.merge(known, hidden, visibility=pb.MERGE_CHOICE_SURVIVOR)
    assert (await kind.get(known, world.outside)).visibility == EVERYONE
    assert [await told(world, user) for user in (world.inside, world.outside)] == [[merge_id], []]


async def test_who_sees_two_that_are_limited_to_different_people_must_be_said(world: World, kind: Kind) -> None:
    one = await kind.make("Eins", limited(groups=[world.group]))
    other = await kind.make("Zwei", limited(users=[world.named.user_id]), background="canary")
    with pytest.raises(InvalidArgument) as refused:
        await kind.merge(one, other)
    (violation,) = refused.value.violations
    assert violation.field == "fields.visibility"
    assert "survivor" in violation.message
    assert "duplicate" in violation.message
    await kind.merge(one, other, visibility=pb.MERGE_CHOICE_DUPLICATE)
    assert list((await kind.get(one)).visibility.user_ids) == [world.named.user_id]
    same = [await kind.make(name, limited(groups=[world.group])) for name in ("Drei", "Vier")]
    await kind.merge(*same)


async def test_an_entry_of_which_nothing_is_shown_is_left_out(world: World) -> None:
    person = await world.person("Öztürk")
    hidden, known = await world.organisation("Tarn", limited(groups=[world.group])), await world.organisation("Offen")
    await world.employ(person.id, hidden.id)
    await world.employ(person.id, known.id)
    kind = Kind(world, "persons")
    seen, everything = [await kind.log(person, user) for user in (world.outside, world.inside)]
    assert (len(seen), len(everything)) == (2, 3)
    assert all(entry.changes for entry in seen)


async def test_a_limit_is_told_before_a_merge_and_lifted_after_its_undo(world: World) -> None:
    """Whoever follows merges shows what the duplicate has to those who see the survivor."""
    survivor, duplicate = await world.person("Anna"), await world.person("Anna", limited(groups=[world.group]))
    merged = await world.call(pb.MergePersonsRequest(id=survivor.id, duplicate_id=duplicate.id))
    await world.call(pb.UndoMergeRequest(id=merged.merge_id))
    await world.contacts.published(events.PersonUnmerged)
    kinds = {event_type(kind): kind for kind in (events.PersonUpdated, events.PersonMerged, events.PersonUnmerged)}
    told = [kinds[item.type] for item in world.contacts.bus.published if item.type in kinds]
    assert told == [events.PersonUpdated, events.PersonMerged, events.PersonUnmerged, events.PersonUpdated]
