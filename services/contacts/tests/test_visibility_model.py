"""Whatever is visible to whom: lists, filters, orders and counts show each user the set that plain Python computes (A7)."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kontor.contacts.v1 import contact_points_pb2 as points
from kontor.contacts.v1 import custom_fields_pb2 as custom_fields
from kontor.contacts.v1 import organisations_pb2 as organisations
from kontor.contacts.v1 import persons_pb2 as persons
from kontor.contacts.v1 import tags_pb2 as tags
from kontor.contacts.v1.record_kinds_pb2 import RECORD_KIND_PERSON
from kontor.type.v1 import custom_values_pb2
from kontor_chassis.ids import new_id
from kontor_chassis.testing import Harness
from services.contacts.tests.visible_world import EVERYONE, World, limited

GROUPS = tuple(new_id() for _ in range(3))
USERS = tuple(new_id() for _ in range(4))
# Who is in which groups.
MEMBERSHIPS = {USERS[0]: frozenset(GROUPS[:2]), USERS[1]: frozenset(GROUPS[2:]), USERS[2]: frozenset(GROUPS), USERS[3]: frozenset[str]()}
TAGS = ("Kunde", "Partner")
CITIES = ("Kiel", "Wien")

# Nothing chosen: everyone.
NAMED = st.tuples(st.sets(st.sampled_from(GROUPS), max_size=2), st.sets(st.sampled_from(USERS), max_size=2))
FIRMS = st.tuples(NAMED, st.integers(-1, 3), st.sampled_from(("", *CITIES)))
PEOPLE = st.tuples(NAMED, st.sets(st.sampled_from(TAGS)), st.booleans(), st.integers(-1, 5), st.integers(0, 3))


@dataclass(frozen=True)
class Firm:
    name: str
    named: frozenset[str]
    parent: "Firm | None"
    city: str

    @property
    def lender(self) -> "Firm | None":
        if self.city or self.parent is None:
            return self if self.city else None
        return self.parent.lender

    @property
    def lineage(self) -> list[str]:
        return [self.name, *(self.parent.lineage if self.parent else [])]


@dataclass(frozen=True)
class Human:
    name: str
    named: frozenset[str]
    tags: frozenset[str]
    vip: bool
    firm: Firm | None
    rank: int


Sees = Callable[[Firm | Human], bool]


def _employer(human: Human, sees: Sees) -> Firm | None:
    return human.firm if human.firm and sees(human.firm) else None


def _city(human: Human, sees: Sees) -> str:
    firm = _employer(human, sees)
    lender = firm.lender if firm else None
    return lender.city if lender and sees(lender) else ""


def _works_at(human: Human, *, firm: Firm, sees: Sees) -> bool:
    return _employer(human, sees) == firm


def _works_within(human: Human, *, firm: Firm, sees: Sees) -> bool:
    employer = _employer(human, sees)
    return sees(firm) and employer is not None and firm.name in employer.lineage


async def _built(world: World, firms: list[Any], people: list[Any]) -> tuple[dict[str, Firm], list[Human]]:
    field = custom_fields.CustomField(record_kind=RECORD_KIND_PERSON, key="rang", label="Rang", type=custom_fields.CUSTOM_FIELD_TYPE_NUMBER)
    await world.call(custom_fields.CreateCustomFieldRequest(custom_field=field))
    made: dict[str, Firm] = {}
    for number, ((groups, users), parent, city) in enumerate(firms):
        above = list(made)[parent] if 0 <= parent < len(made) else ""
        visibility = limited(groups=groups, users=users) if groups or users else EVERYONE
        addresses = [points.PostalAddress(city=city)] if city else []
        one = await world.organisation(f"F{number}", visibility, parent_id=above, addresses=addresses)
        made[one.id] = Firm(one.name, frozenset({*groups, *users}), made.get(above), city)
    humans = []
    for number, ((groups, users), carried, vip, place, rank) in enumerate(people):
        visibility = limited(groups=groups, users=users) if groups or users else EVERYONE
        value = custom_values_pb2.CustomValue(key="rang", number=rank)
        custom = custom_values_pb2.CustomValues(values=[value])
        one = await world.person(f"P{number:02}", visibility, tags=carried, vip=vip, custom=custom)
        firm_id = list(made)[place] if 0 <= place < len(made) else ""
        if firm_id:
            await world.employ(one.id, firm_id)
        humans.append(Human(one.last_name, frozenset({*groups, *users}), frozenset(carried), vip, made.get(firm_id), rank))
    return made, humans


async def _all(world: World, user: Any, **request: Any) -> list[str]:
    """Page by page, four at a time."""
    names: list[str] = []
    token = ""
    while True:
        page = await world.call(persons.ListPersonsRequest(page_size=4, page_token=token, **request), user)
        names += [item.last_name for item in page.persons]
        token = page.next_page_token
        if not token:
            return names


@given(firms=st.lists(FIRMS, min_size=2, max_size=5), people=st.lists(PEOPLE, min_size=6, max_size=14))
@settings(max_examples=3, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
async def test_every_user_is_shown_what_the_model_says(contacts: Harness, firms: list[Any], people: list[Any]) -> None:
    world = World.of(contacts)
    made, humans = await _built(world, firms, people)
    callers = [replace(world.outside, user_id=user, groups=groups) for user, groups in MEMBERSHIPS.items()]
    for caller in [callers[0], callers[3], world.admin]:
        named = {caller.user_id, *caller.groups}

        def sees(record: Firm | Human, caller: Any = caller, named: set[str] = named) -> bool:
            return caller.role == "admin" or not record.named or not named.isdisjoint(record.named)

        seen = [human for human in humans if sees(human)]
        wanted: list[tuple[dict[str, Any], Callable[[Human], bool]]] = [
            ({}, lambda _: True),
            ({"name": "p"}, lambda _: True),
            ({"tag": ["Kunde"]}, lambda human: "Kunde" in human.tags),
            ({"tag": ["Kunde", "Partner"]}, lambda human: len(human.tags) == 2),
            ({"filter": "vip = true OR tags:Kunde"}, lambda human: human.vip or "Kunde" in human.tags),
            ({"filter": "NOT tags:Partner"}, lambda human: "Partner" not in human.tags),
            ({"filter": "custom.rang >= 2"}, lambda human: human.rank >= 2),
            ({"filter": "organisation:*"}, lambda human: _employer(human, sees) is not None),
            *(({"filter": f"city = {city}"}, lambda human, city=city: _city(human, sees) == city) for city in CITIES),
            ({"filter": "NOT city:*"}, lambda human: not _city(human, sees)),
        ]
        for firm_id, firm in made.items():
            there = partial(_works_at, firm=firm, sees=sees)
            within = partial(_works_within, firm=firm, sees=sees)
            wanted += [({"organisation_id": firm_id}, there), ({"filter": f"organisation = {firm_id}"}, there)]
            wanted += [({"filter": f"within = {firm_id}"}, within)]
        for number, (request, fits) in enumerate(wanted):
            expected = sorted(human.name for human in seen if fits(human))
            assert await _all(world, caller, **request) == expected, request
            other_order = ("custom.rang desc", "update_time")[number % 2]
            assert sorted(await _all(world, caller, order_by=other_order, **request)) == expected, request
            counted = await world.call(persons.CountPersonTagsRequest(**request), caller)
            assert counted.record_count == len(expected)
            carried = Counter(tag for human in seen if fits(human) for tag in human.tags)
            assert {tag.name: tag.count for tag in counted.tags} == carried
        listed = {tag.name: tag.person_count for tag in (await world.call(tags.ListTagsRequest(), caller)).tags}
        assert {name: count for name, count in listed.items() if count} == Counter(tag for human in seen for tag in human.tags)
        shown = (await world.call(organisations.ListOrganisationsRequest(), caller)).organisations
        assert [item.name for item in shown] == sorted(firm.name for firm in made.values() if sees(firm))
        for item in shown:
            lender = made[item.id].lender
            assert item.effective_addresses.origin_name == (lender.name if lender and sees(lender) else "")
            counts = await world.call(organisations.GetOrganisationRollUpRequest(id=item.id), caller)
            below = [firm for firm in made.values() if sees(firm) and item.name in firm.lineage]
            assert counts.organisation_count == len(below)
            assert counts.person_count == sum(human.firm in below for human in seen)
