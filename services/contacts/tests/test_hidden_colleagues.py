"""Working at one organisation makes two people likely duplicates, unless not everyone may know it (A7, B15), on both databases."""

from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa

from kontor.contacts.v1 import duplicates_pb2 as duplicates
from kontor.contacts.v1 import merges_pb2 as merges
from kontor.contacts.v1 import organisations_pb2 as organisations
from kontor.contacts.v1 import persons_pb2 as persons
from kontor.contacts.v1 import visibility_pb2 as visibility
from kontor_chassis.principal import Principal
from kontor_chassis.testing import Harness
from kontor_contacts.store.tables import DUPLICATE_KEYS
from services.contacts.tests.visible_world import EVERYONE, World, limited

TYPO, WORK = duplicates.DUPLICATE_REASON_SIMILAR_NAME, duplicates.DUPLICATE_REASON_SAME_ORGANISATION


@dataclass(frozen=True)
class Colleagues:
    """Two people whom everyone sees, and where they work."""

    world: World
    ids: tuple[str, str]
    firm: str

    @classmethod
    async def at(cls, world: World, firm: Any) -> "Colleagues":
        made = []
        for last_name in ("Sichtbarova", "Sichtbarowa"):
            person = persons.Person(first_name="Anna", last_name=last_name)
            request = persons.CreatePersonRequest(person=person, on_duplicate=duplicates.ON_DUPLICATE_ALLOW)
            made.append((await world.call(request)).id)
            await world.employ(made[-1], firm.id)
        return cls(world, (made[0], made[1]), firm.id)

    async def scan(self) -> None:
        await self.world.call(duplicates.ScanDuplicatesRequest())
        await self.world.contacts.running.context.parts.operations.settled()

    async def limit(self, shown: visibility.Visibility) -> None:
        firm = organisations.Organisation(id=self.firm, visibility=shown)
        await self.world.call(organisations.UpdateOrganisationRequest(organisation=firm, update_mask=["visibility"]))

    async def told(self, user: Principal) -> list[tuple[int, list[int]]]:
        pairs = (await self.world.call(duplicates.ListDuplicatesRequest(), user)).duplicates
        return [(pair.score, list(pair.reasons)) for pair in pairs]

    def keys(self) -> list[int]:
        """As many rows as there are keys."""
        with self.world.contacts.running.context.sessions.read(self.world.admin) as session:
            rows = sa.select(DUPLICATE_KEYS.c.key).where(DUPLICATE_KEYS.c.account_id == self.world.admin.account_id)
            return sorted(session.execute(rows.where(DUPLICATE_KEYS.c.record_id.in_(self.ids))).scalars())


@pytest.fixture
def world(contacts: Harness) -> World:
    return World.of(contacts)


async def test_working_at_a_limited_organisation_makes_nobody_likelier(world: World) -> None:
    colleagues = await Colleagues.at(world, await world.organisation("Tarn GmbH", limited(groups=[world.group])))
    await colleagues.scan()
    for caller in (world.outside, world.inside, world.admin):
        assert await colleagues.told(caller) == [(55, [TYPO])]


async def test_a_pair_forgets_the_organisation_as_soon_as_that_is_limited(world: World) -> None:
    colleagues = await Colleagues.at(world, await world.organisation("Offen AG"))
    await colleagues.scan()
    keys = colleagues.keys()
    assert await colleagues.told(world.outside) == [(70, [TYPO, WORK])]
    await colleagues.limit(limited(groups=[world.group]))
    assert await colleagues.told(world.outside) == [(55, [TYPO])]
    assert len(colleagues.keys()) == len(keys) - 2
    await colleagues.limit(EVERYONE)
    assert colleagues.keys() == keys
    await colleagues.scan()
    assert await colleagues.told(world.outside) == [(70, [TYPO, WORK])]


async def test_a_pair_forgets_an_organisation_that_a_merge_has_limited(world: World) -> None:
    colleagues = await Colleagues.at(world, await world.organisation("Offen AG"))
    await colleagues.scan()
    keys = colleagues.keys()
    hidden = await world.organisation("Tarn GmbH", limited(groups=[world.group]))
    merged = await world.call(merges.MergeOrganisationsRequest(id=colleagues.firm, duplicate_id=hidden.id))
    assert await colleagues.told(world.outside) == [(55, [TYPO])]
    assert len(colleagues.keys()) == len(keys) - 2
    await world.call(merges.UndoMergeRequest(id=merged.merge_id))
    assert colleagues.keys() == keys


async def test_a_dismissed_pair_forgets_it_too_and_stays_dismissed(world: World) -> None:
    colleagues = await Colleagues.at(world, await world.organisation("Offen AG"))
    await colleagues.scan()
    [pair] = (await world.call(duplicates.ListDuplicatesRequest())).duplicates
    await world.call(duplicates.DismissDuplicateRequest(id=pair.id))
    await colleagues.limit(limited(groups=[world.group]))
    again = await world.call(duplicates.DismissDuplicateRequest(id=pair.id), world.outside)
    assert (again.dismissed, list(again.reasons)) == (True, [TYPO])


async def test_undoing_a_merge_brings_no_reason_back_that_was_limited_meanwhile(world: World) -> None:
    colleagues = await Colleagues.at(world, await world.organisation("Offen AG"))
    third = await world.person("Drittens")
    await colleagues.scan()
    merged = await world.call(merges.MergePersonsRequest(id=third.id, duplicate_id=colleagues.ids[0]))
    await colleagues.limit(limited(groups=[world.group]))
    await world.call(merges.UndoMergeRequest(id=merged.merge_id))
    assert await colleagues.told(world.outside) == [(55, [TYPO])]
