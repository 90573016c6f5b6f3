"""Whatever happens to trees, addresses and positions: what is shown and found is what a plain model says (B5).

And an etag stands for all that is shown: the same etag never comes with another answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kontor.contacts.v1 import contact_points_pb2 as points
from kontor.contacts.v1 import organisations_pb2 as organisations
from kontor.contacts.v1 import persons_pb2 as persons
from kontor.contacts.v1 import positions_pb2 as positions
from kontor_chassis.errors import InvalidArgument
from kontor_chassis.ids import new_id
from kontor_chassis.principal import Principal
from kontor_chassis.testing import Harness

CITIES = ("Kiel", "Wien", "Basel")
ENDED = {"year": 2026, "month": 1, "day": 31}

# What changes what is inherited comes often.
_ACTIONS = (
    *("address_organisation", "move") * 4,
    *("make_organisation", "delete_organisation", "rename", "employ") * 2,
    *("make_person", "address_person", "employ_aside", "end"),
)
STEPS = st.lists(st.tuples(st.sampled_from(_ACTIONS), st.integers(0, 7), st.integers(0, 7)), min_size=15, max_size=30)


@dataclass
class Firm:
    name: str
    city: str = ""
    parent: str = ""


@dataclass
class Job:
    firm: str
    primary: bool
    present: bool = True


@dataclass
class Human:
    city: str = ""
    jobs: dict[str, Job] = field(default_factory=dict)


@dataclass
class Model:
    """The rules in their plainest form."""

    firms: dict[str, Firm] = field(default_factory=dict)
    humans: dict[str, Human] = field(default_factory=dict)

    def above(self, firm_id: str) -> list[str]:
        """The firm itself and what it belongs to, upwards."""
        line = []
        while firm_id:
            line.append(firm_id)
            firm_id = self.firms[firm_id].parent
        return line

    def of_firm(self, firm_id: str) -> tuple[str, str, str]:
        """(city, origin, its name)"""
        for above in self.above(firm_id):
            if self.firms[above].city:
                return self.firms[above].city, f"organisations/{above}", self.firms[above].name
        return "", "", ""

    def of_human(self, human_id: str) -> tuple[str, str, str]:
        human = self.humans[human_id]
        if human.city:
            return human.city, f"persons/{human_id}", "Mensch"
        job = next((job for job in human.jobs.values() if job.primary and job.present), None)
        return self.of_firm(job.firm) if job else ("", "", "")


class World:
    """One account, changed in step with the model."""

    def __init__(self, contacts: Harness) -> None:
        self._contacts = contacts
        self._user: Principal = replace(contacts.user, account_id=new_id())
        self.model = Model()
        self._answers: dict[tuple[str, str], bytes] = {}

    async def call(self, request: Any) -> Any:
        return await self._contacts.call(request, user=self._user)

    async def step(self, action: str, first: int, second: int) -> None:
        await getattr(self, f"_{action}")(first, second)

    async def _make_organisation(self, parent: int, city: int) -> None:
        parent_id = _pick([*self.model.firms, ""], parent)
        firm = organisations.Organisation(name=f"Firma {len(self.model.firms)}", parent_id=parent_id, addresses=_addresses(city))
        made = await self.call(organisations.CreateOrganisationRequest(organisation=firm))
        self.model.firms[made.id] = Firm(firm.name, _name(city), parent_id)

    async def _make_person(self, _: int, city: int) -> None:
        made = await self.call(persons.CreatePersonRequest(person=persons.Person(last_name="Mensch", addresses=_addresses(city))))
        self.model.humans[made.id] = Human(_name(city))

    async def _move(self, which: int, parent: int) -> None:
        firm_id, parent_id = _pick(list(self.model.firms), which), _pick([*self.model.firms, ""], parent)
        if not firm_id:
            return
        circle = firm_id in self.model.above(parent_id)
        try:
            await self._change(firm_id, parent_id=parent_id)
        except InvalidArgument:
            assert circle
        else:
            assert not circle
            self.model.firms[firm_id].parent = parent_id

    async def _address_organisation(self, which: int, city: int) -> None:
        firm_id = _pick(list(self.model.firms), which)
        if firm_id:
            await self._change(firm_id, addresses=_addresses(city))
            self.model.firms[firm_id].city = _name(city)

    async def _rename(self, which: int, name: int) -> None:
        firm_id = _pick(list(self.model.firms), which)
        if firm_id:
            await self._change(firm_id, name=f"Neu {name}")
            self.model.firms[firm_id].name = f"Neu {name}"

    async def _change(self, firm_id: str, **fields: Any) -> None:
        changed = organisations.Organisation(id=firm_id, **fields)
        await self.call(organisations.UpdateOrganisationRequest(organisation=changed, update_mask=list(fields)))

    async def _address_person(self, which: int, city: int) -> None:
        human_id = _pick(list(self.model.humans), which)
        if human_id:
            changed = persons.Person(id=human_id, addresses=_addresses(city))
            await self.call(persons.UpdatePersonRequest(person=changed, update_mask=["addresses"]))
            self.model.humans[human_id].city = _name(city)

    async def _delete_organisation(self, which: int, _: int) -> None:
        firm_id = _pick(list(self.model.firms), which)
        if not firm_id:
            return
        await self.call(organisations.DeleteOrganisationRequest(id=firm_id))
        gone = self.model.firms.pop(firm_id)
        for firm in self.model.firms.values():
            firm.parent = gone.parent if firm.parent == firm_id else firm.parent
        for human in self.model.humans.values():
            human.jobs = {job_id: job for job_id, job in human.jobs.items() if job.firm != firm_id}

    async def _employ(self, who: int, where: int, *, primary: bool = True) -> None:
        human_id, firm_id = _pick(list(self.model.humans), who), _pick(list(self.model.firms), where)
        if not human_id or not firm_id:
            return
        position = positions.Position(person_id=human_id, organisation_id=firm_id, primary=primary)
        made = await self.call(positions.CreatePositionRequest(position=position))
        jobs = self.model.humans[human_id].jobs
        primary = primary or not any(job.primary and job.present for job in jobs.values())
        for job in jobs.values():
            job.primary = job.primary and not primary
        jobs[made.id] = Job(firm_id, primary)

    async def _employ_aside(self, who: int, where: int) -> None:
        await self._employ(who, where, primary=False)

    async def _end(self, who: int, which: int) -> None:
        human_id = _pick(list(self.model.humans), who)
        jobs = self.model.humans[human_id].jobs if human_id else {}
        job_id = _pick(list(jobs), which)
        if job_id:
            position = positions.Position(id=job_id, person_id=human_id, to_date=ENDED)
            await self.call(positions.UpdatePositionRequest(position=position, update_mask=["to_date"]))
            jobs[job_id].present = False

    async def check(self) -> None:
        firms = (await self.call(organisations.ListOrganisationsRequest(page_size=200))).organisations
        assert {item.id: _shown(item) for item in firms} == {firm_id: self.model.of_firm(firm_id) for firm_id in self.model.firms}
        humans = (await self.call(persons.ListPersonsRequest(page_size=200))).persons
        assert {item.id: _shown(item) for item in humans} == {human_id: self.model.of_human(human_id) for human_id in self.model.humans}
        for item in (*firms, *humans):
            content = item.SerializeToString(deterministic=True)
            assert self._answers.setdefault((item.id, item.etag), content) == content
        for city in CITIES[:2]:
            found = (await self.call(persons.ListPersonsRequest(filter=f"city = {city}"))).persons
            wanted = {human_id for human_id in self.model.humans if self.model.of_human(human_id)[0] == city}
            assert {item.id for item in found} == wanted
        found = (await self.call(organisations.ListOrganisationsRequest(filter="NOT city:*"))).organisations
        assert {item.id for item in found} == {firm_id for firm_id in self.model.firms if not self.model.of_firm(firm_id)[0]}


def _pick(ids: Sequence[str], number: int) -> str:
    return ids[number % len(ids)] if ids else ""


def _name(city: int) -> str:
    """Beyond the cities: no address."""
    return CITIES[city] if city < len(CITIES) else ""


def _addresses(city: int) -> list[points.PostalAddress]:
    return [points.PostalAddress(city=_name(city))] if _name(city) else []


def _shown(record: Any) -> tuple[str, str, str]:
    found = record.effective_addresses
    return (found.addresses[0].city if found.addresses else ""), found.origin, found.origin_name


@given(steps=STEPS)
@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
async def test_what_is_shown_and_found_is_what_the_model_says(contacts: Harness, steps: list[tuple[str, int, int]]) -> None:
    world = World(contacts)
    # A tree of four levels with a person on each, whatever the steps are.
    for level in range(4):
        await world.step("make_organisation", max(0, level - 1), 7 if level else 0)
        await world.step("make_person", level, 7)
        await world.step("employ", level, level)
    for action, first, second in steps:
        await world.step(action, first, second)
        await world.check()
