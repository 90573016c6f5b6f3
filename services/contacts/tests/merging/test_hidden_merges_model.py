"""Whatever is merged, edited and undone in whatever order: what was only ever written to hidden people stays hidden (A7, B15)."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kontor.contacts.v1 import contact_points_pb2 as points
from kontor.contacts.v1 import merges_pb2 as pb
from kontor.contacts.v1 import persons_pb2 as persons
from kontor.type.v1 import audit_pb2 as audit
from kontor_chassis.errors import FailedPrecondition
from kontor_chassis.testing import Harness
from services.contacts.tests.visible_world import EVERYONE, World, limited

_ACTIONS = ("merge", "undo") * 3 + ("write", "mail", "forget", "undo_newest") * 2 + ("delete",)
STEPS = st.lists(st.tuples(st.sampled_from(_ACTIONS), st.integers(0, 7), st.integers(0, 7)), min_size=8, max_size=20)
SECRET = "canary"


class Model:
    def __init__(self, world: World) -> None:
        self._world = world
        self._merges: list[str] = []
        self._written = 0

    async def begin(self) -> None:
        for number in range(5):
            hidden = number % 2 == 1
            word = SECRET if hidden else "offen"
            await self._world.person(
                f"{word}{number}",
                limited(groups=[self._world.group]) if hidden else EVERYONE,
                background=f"{word}{number}",
                emails=[points.Email(address=f"{word}{number}@example.com")],
            )

    async def step(self, action: str, first: int, second: int) -> None:
        self._world.contacts.clock.advance(minutes=10)
        people = sorted((await self._world.call(persons.ListPersonsRequest())).persons, key=lambda person: person.id)
        with suppress(FailedPrecondition):
            await getattr(self, f"_{action}")(people, first, second)

    async def _merge(self, people: Sequence[Any], first: int, second: int) -> None:
        one, other = people[first % len(people)], people[second % len(people)]
        if one.id != other.id:
            merged = await self._world.call(pb.MergePersonsRequest(id=one.id, duplicate_id=other.id))
            self._merges.append(merged.merge_id)

    async def _undo(self, people: Sequence[Any], first: int, second: int) -> None:
        if self._merges:
            await self._world.call(pb.UndoMergeRequest(id=self._merges[first % len(self._merges)]))

    async def _undo_newest(self, people: Sequence[Any], first: int, second: int) -> None:
        if self._merges:
            await self._world.call(pb.UndoMergeRequest(id=self._merges.pop()))

    async def _write(self, people: Sequence[Any], first: int, second: int) -> None:
        """Somebody works with what they see: what is hidden gets more that is."""
        person = people[first % len(people)]
        self._written += 1
        word = SECRET if person.visibility.group_ids else "offen"
        text = (f"{person.background}\n{word}{self._written}", f"{word}{self._written}")[second % 2]
        await self._edit(person, background=text)

    async def _mail(self, people: Sequence[Any], first: int, second: int) -> None:
        person = people[first % len(people)]
        kind = (points.CONTACT_KIND_PRIVATE, points.CONTACT_KIND_WORK)[second % 2]
        await self._edit(person, emails=[points.Email(address=email.address, kind=kind, primary=email.primary) for email in person.emails])

    async def _forget(self, people: Sequence[Any], first: int, second: int) -> None:
        person = people[first % len(people)]
        if second % 2:
            await self._edit(person, background="")
        else:
            await self._edit(person, emails=list(person.emails)[second % 3 :])

    async def _delete(self, people: Sequence[Any], first: int, second: int) -> None:
        if len(people) > 2:
            await self._world.call(persons.DeletePersonRequest(id=people[first % len(people)].id))

    async def _edit(self, person: Any, **values: Any) -> None:
        wanted = persons.Person(id=person.id, **values)
        await self._world.call(persons.UpdatePersonRequest(person=wanted, update_mask=list(values)))

    async def check(self) -> None:
        outside = self._world.outside
        answers = [await self._world.call(persons.ListPersonsRequest(), outside), await self._world.call(pb.ListMergesRequest(), outside)]
        for person in answers[0].persons:
            answers.append(await self._world.call(audit.ListAuditEntriesRequest(subject=f"persons/{person.id}"), outside))
        assert SECRET not in str(answers)


@given(steps=STEPS)
@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
async def test_nothing_hidden_is_ever_told(contacts: Harness, steps: list[tuple[str, int, int]]) -> None:
    model = Model(World.of(contacts))
    await model.begin()
    for action, first, second in steps:
        await model.step(action, first, second)
        await model.check()
