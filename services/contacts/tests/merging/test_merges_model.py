"""Whatever is merged, edited, undone and deleted in whatever order: what is shown and found stays true (B5, B6, B15).

What is shown of a record is worked out again from plain facts (own addresses, parents, positions), an etag never comes with two
answers, and nobody has two primary positions.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kontor.contacts.v1 import contact_points_pb2 as points
from kontor.contacts.v1 import merges_pb2 as pb
from kontor.contacts.v1 import organisations_pb2 as organisations
from kontor.contacts.v1 import persons_pb2 as persons
from kontor.contacts.v1 import positions_pb2 as positions
from kontor_chassis.errors import FailedPrecondition, InvalidArgument
from kontor_chassis.ids import new_id
from kontor_chassis.principal import Principal
from kontor_chassis.testing import Harness

CITIES = ("Kiel", "Wien")
_ACTIONS = (
    *("merge_firms", "merge_humans", "undo") * 4,
    *("address_firm", "move", "employ", "stand", "make_firm", "make_human") * 2,
    *("end", "rename", "address_human", "delete_firm", "delete_human"),
)
STEPS = st.lists(st.tuples(st.sampled_from(_ACTIONS), st.integers(0, 7), st.integers(0, 7)), min_size=15, max_size=30)


class World:
    """An account of its own per example."""

    def __init__(self, contacts: Harness) -> None:
        self._contacts = contacts
        self._user = Principal(new_id(), user_id=new_id(), role="owner", scopes=contacts.user.scopes)
        self._merges: list[str] = []
        self._answers: dict[tuple[str, str], bytes] = {}
        self._made = 0

    async def call(self, request: Any) -> Any:
        return await self._contacts.call(request, user=self._user)

    async def firms(self) -> Sequence[Any]:
        return sorted((await self.call(organisations.ListOrganisationsRequest(page_size=200))).organisations, key=lambda item: item.id)

    async def humans(self) -> Sequence[Any]:
        return sorted((await self.call(persons.ListPersonsRequest(page_size=200))).persons, key=lambda item: item.id)

    async def step(self, action: str, first: int, second: int) -> None:
        """Refusals that tell of circles, of later merges and the like are as good as anything."""
        firms, humans = await self.firms(), await self.humans()
        with suppress(InvalidArgument, FailedPrecondition):
            await getattr(self, f"_{action}")(firms, humans, first, second)

    async def _make_firm(self, firms: Any, humans: Any, first: int, second: int) -> None:
        self._made += 1
        parent = _pick(firms, first).id if firms and first < 5 else ""
        firm = organisations.Organisation(name=f"F{self._made}", parent_id=parent, addresses=_addresses(second))
        await self.call(organisations.CreateOrganisationRequest(organisation=firm))

    async def _make_human(self, firms: Any, humans: Any, first: int, second: int) -> None:
        self._made += 1
        human = persons.Person(last_name=f"H{self._made}", addresses=_addresses(second))
        await self.call(persons.CreatePersonRequest(person=human))

    async def _merge_firms(self, firms: Any, humans: Any, first: int, second: int) -> None:
        if firms:
            request = pb.MergeOrganisationsRequest(id=_pick(firms, first).id, duplicate_id=_pick(firms, second).id)
            self._merges.append((await self.call(request)).merge_id)

    async def _merge_humans(self, firms: Any, humans: Any, first: int, second: int) -> None:
        if humans:
            request = pb.MergePersonsRequest(id=_pick(humans, first).id, duplicate_id=_pick(humans, second).id)
            self._merges.append((await self.call(request)).merge_id)

    async def _undo(self, firms: Any, humans: Any, first: int, second: int) -> None:
        if self._merges:
            await self.call(pb.UndoMergeRequest(id=self._merges[-1 - first % len(self._merges)]))

    async def _address_firm(self, firms: Any, humans: Any, first: int, second: int) -> None:
        if firms:
            await self._update_firm(_pick(firms, first), addresses=_addresses(second))

    async def _address_human(self, firms: Any, humans: Any, first: int, second: int) -> None:
        if humans:
            human = persons.Person(id=_pick(humans, first).id, addresses=_addresses(second))
            await self.call(persons.UpdatePersonRequest(person=human, update_mask=["addresses"]))

    async def _move(self, firms: Any, humans: Any, first: int, second: int) -> None:
        if firms:
            await self._update_firm(_pick(firms, first), parent_id=_pick(firms, second).id if second < 6 else "")

    async def _rename(self, firms: Any, humans: Any, first: int, second: int) -> None:
        if firms:
            self._made += 1
            await self._update_firm(_pick(firms, first), name=f"R{self._made}")

    async def _stand(self, firms: Any, humans: Any, first: int, second: int) -> None:
        if firms and humans:
            await self._update_firm(_pick(firms, first), main_contact_person_id=_pick(humans, second).id)

    async def _update_firm(self, firm: Any, **values: Any) -> None:
        wanted = organisations.Organisation(id=firm.id, **values)
        await self.call(organisations.UpdateOrganisationRequest(organisation=wanted, update_mask=list(values)))

    async def _employ(self, firms: Any, humans: Any, first: int, second: int) -> None:
        if firms and humans:
            firm, human = _pick(firms, second), _pick(humans, first)
            position = positions.Position(person_id=human.id, organisation_id=firm.id, role=("", "Einkauf")[first % 2], primary=second > 4)
            await self.call(positions.CreatePositionRequest(position=position))

    async def _end(self, firms: Any, humans: Any, first: int, second: int) -> None:
        jobs = [job for human in humans for job in human.positions]
        if jobs:
            job = _pick(jobs, first)
            position = positions.Position(id=job.id, person_id=job.person_id, to_date={"year": 2026, "month": 1, "day": 31})
            await self.call(positions.UpdatePositionRequest(position=position, update_mask=["to_date"]))

    async def _delete_firm(self, firms: Any, humans: Any, first: int, second: int) -> None:
        if firms:
            await self.call(organisations.DeleteOrganisationRequest(id=_pick(firms, first).id))

    async def _delete_human(self, firms: Any, humans: Any, first: int, second: int) -> None:
        if humans:
            await self.call(persons.DeletePersonRequest(id=_pick(humans, first).id))

    async def check(self) -> None:
        firms, humans = {item.id: item for item in await self.firms()}, {item.id: item for item in await self.humans()}
        expected = {firm_id: _of_firm(firms, firm_id) for firm_id in firms}
        for human in humans.values():
            expected[human.id] = _of_human(firms, human)
            assert sum(job.primary for job in human.positions) <= 1
            assert {job.organisation_name for job in human.positions} == {firms[job.organisation_id].name for job in human.positions}
        for firm in firms.values():
            there = {
                human.id for human in humans.values() for job in human.positions if job.organisation_id == firm.id and not job.to_date.year
            }
            assert not firm.main_contact_person_id or firm.main_contact_person_id in there
        everybody = {**firms, **humans}
        assert {record_id: _shown(record) for record_id, record in everybody.items()} == expected
        for record in everybody.values():
            content = record.SerializeToString(deterministic=True)
            assert self._answers.setdefault((record.id, record.etag), content) == content
        for city in CITIES:
            found = (await self.call(organisations.ListOrganisationsRequest(filter=f"city = {city}"))).organisations
            wanted = {firm_id for firm_id in firms if city in _cities(firms, firm_id)}
            assert {item.id for item in found} == wanted
        for human in humans.values():
            listed = (await self.call(persons.ListPersonsRequest(name=human.last_name.lower()))).persons
            assert human.id in {item.id for item in listed}


def _pick(records: Sequence[Any], number: int) -> Any:
    return records[number % len(records)]


def _addresses(city: int) -> list[points.PostalAddress]:
    return [points.PostalAddress(city=CITIES[city])] if city < len(CITIES) else []


def _lender(firms: Any, firm_id: str) -> Any:
    """The firm itself or the nearest one above that has addresses."""
    steps = 0
    while firm_id and not firms[firm_id].addresses:
        firm_id = firms[firm_id].parent_id
        steps += 1
        assert steps < 100, "a circle"
    return firms.get(firm_id)


def _cities(firms: Any, firm_id: str) -> set[str]:
    lender = _lender(firms, firm_id)
    return {address.city for address in lender.addresses} if lender else set()


def _of_firm(firms: Any, firm_id: str) -> tuple[list[str], str, str]:
    lender = _lender(firms, firm_id)
    return ([address.city for address in lender.addresses], f"organisations/{lender.id}", lender.name) if lender else ([], "", "")


def _of_human(firms: Any, human: Any) -> tuple[list[str], str, str]:
    if human.addresses:
        return [address.city for address in human.addresses], f"persons/{human.id}", human.display_name
    job = next((job for job in human.positions if job.primary and not job.to_date.year), None)
    return _of_firm(firms, job.organisation_id) if job else ([], "", "")


def _shown(record: Any) -> tuple[list[str], str, str]:
    found = record.effective_addresses
    return [address.city for address in found.addresses], found.origin, found.origin_name


@given(steps=STEPS)
@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
async def test_what_is_shown_and_found_stays_true(contacts: Harness, steps: list[tuple[str, int, int]]) -> None:
    world = World(contacts)
    # A tree of four levels with a person on each, whatever the steps are.
    for level in range(4):
        await world.step("make_firm", max(0, level - 1) if level else 7, 7 if level else 0)
        await world.step("make_human", level, 7)
        await world.step("employ", level, level)
    for action, first, second in steps:
        await world.step(action, first, second)
        await world.check()
