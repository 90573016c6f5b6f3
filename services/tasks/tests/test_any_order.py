"""Roll-up (D8) in whatever order the news comes: late, twice, older after newer, before and after what it is about; with merges
and their undo among it (B15)."""

from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date

from kontor.contacts.events.v1 import events_pb2 as contacts
from kontor.mail.events.v1 import events_pb2 as mail
from kontor.sales.events.v1 import events_pb2 as sales
from kontor.tasks.v1 import notes_pb2 as notes
from kontor.tasks.v1 import timeline_pb2 as timeline
from kontor_chassis.bus.port import Envelope
from kontor_chassis.errors import InvalidArgument
from kontor_chassis.events import event_type
from kontor_chassis.ids import new_id
from kontor_chassis.testing import Harness
from kontor_tasks.store.tables import ENTRIES, LINKS

PEOPLE, FIRMS, DEALS, MESSAGES = 4, 3, 2, 3
COUNTS = (("persons", PEOPLE), ("organisations", FIRMS), ("deals", DEALS))


@dataclass(frozen=True)
class Step:
    """One fact: which record, its version, and what it says then. None: it is deleted."""

    noun: str
    record: int
    version: int
    says: Any


@dataclass
class Story:
    steps: list[Step] = field(default_factory=list)
    # (subject, day) of notes.
    notes: list[tuple[tuple[str, int], int]] = field(default_factory=list)
    # Number of a note → the subject that it was taken for: that of a record whose merge had been heard of is the survivor's.
    taken: dict[int, tuple[str, int]] = field(default_factory=dict)


def invent_merges(random: Random) -> tuple[list[Step], set[tuple[str, int]]]:
    """Merges of people and organisations, chains among them, some of them undone, some of these done again otherwise; and the records
    that may not be deleted, because an undo that comes after the end of its survivor gives nothing back."""
    steps: list[Step] = []
    undone: set[tuple[str, int]] = set()
    for noun, count in (("persons", PEOPLE), ("organisations", FIRMS)):
        order = random.sample(range(count), count)
        for place, record in enumerate(order[:-1]):
            news = random.choice([[], ["merge"], ["merge"], ["merge", "undo"], ["merge", "undo", "merge"]])
            steps += [
                Step(noun, record, version, ("merged", random.choice(order[place + 1 :]) if what == "merge" else record))
                for version, what in enumerate(news, 2)
            ]
            if "undo" in news:
                undone |= {(noun, item) for item in range(count)}
    return steps, undone


def invent(random: Random, *, merges: bool = False) -> Story:
    """Versions of a few positions, deals and messages, deletions of anything, and notes; dense enough to get in each other's way.
    Days are counted from 1 January; mails and milestones are of day 5."""

    def subject() -> tuple[str, int]:
        noun, count = random.choice([("persons", PEOPLE), ("organisations", FIRMS), ("deals", DEALS)])
        return noun, random.randrange(count)

    def held() -> Any:
        first, last = random.choice([None, *range(7)]), random.choice([None, *range(4, 10)])
        return None if random.random() < 0.15 else (random.randrange(FIRMS), first, last)

    def deal() -> Any:
        return random.choice([None, *range(FIRMS)]), random.choices(range(PEOPLE), k=random.randrange(3))

    steps: list[Step] = []
    for record in range(random.randint(2, 6)):
        owner = random.randrange(PEOPLE)
        steps += [Step("positions", record, version, (owner, held())) for version in range(1, random.randint(2, 4))]
    for record in range(DEALS):
        steps += [Step("deals", record, version, deal()) for version in range(1, random.randint(2, 5))]
    for record in range(MESSAGES):
        filed = [[subject() for _ in range(random.randint(1, 3))] for _ in range(random.randint(1, 2))]
        steps += [Step("messages", record, version, subjects) for version, subjects in enumerate(filed, 1)]
    gone = {subject() for _ in range(random.choice([0, 0, 1, 2]))}
    if merges:
        merged, kept = invent_merges(random)
        steps += merged
        # Who was merged is told to be gone with its survivor only.
        gone -= kept | {(step.noun, step.record) for step in merged}
    steps += [Step(noun, record, 9, None) for noun, record in sorted(gone)]
    return Story(steps, [(subject(), random.randrange(10)) for _ in range(random.randint(1, 4))])


class World:
    """Ids for the numbers of a story, in an account of its own."""

    def __init__(self, tasks: Harness) -> None:
        self.tasks = tasks
        self.user = replace(tasks.user, account_id=new_id())
        self.ids: dict[tuple[str, int], str] = {}

    def id(self, noun: str, record: int) -> str:
        return self.ids.setdefault((noun, record), new_id())

    def ref(self, noun: str, record: int) -> str:
        return f"{noun}/{self.id(noun, record)}"

    def envelope(self, step: Step) -> Envelope:
        body = self.body(step)
        return Envelope(
            id=new_id(),
            type=event_type(type(body)),
            source="x",
            subject=self.ref(step.noun, step.record),
            account_id=self.user.account_id,
            sequence=step.version,
            time=noon(5),
            data=body.SerializeToString(),
        )

    def body(self, step: Step) -> Message:
        record_id = self.id(step.noun, step.record)
        if step.noun == "positions":
            return self.position(step, record_id)
        if step.noun == "messages":
            message = mail.MessageFacts(id=record_id, text=f"mail {step.record}", send_time=stamp(noon(5)))
            return mail.MessageFiled(message=message, subjects=[self.ref(*subject) for subject in step.says])
        if step.noun in ("persons", "organisations") and step.says is not None:
            return self.merge(step, record_id)
        if step.says is None:
            kinds = {"persons": contacts.PersonDeleted, "organisations": contacts.OrganisationDeleted, "deals": sales.DealDeleted}
            return kinds[step.noun](id=record_id)
        firm, people = step.says
        facts = sales.DealFacts(id=record_id, name=f"deal {step.record}", person_ids=[self.id("persons", item) for item in people])
        facts.stage_name = f"Stufe {step.version}"
        if firm is not None:
            facts.organisation_id = self.id("organisations", firm)
        # Every second version is a milestone.
        return sales.DealUpdated(deal=facts) if step.version % 2 else sales.DealMoved(deal=facts, from_stage_name="Anfang")

    def merge(self, step: Step, record_id: str) -> Message:
        survivor = step.says[1]
        if survivor == step.record:
            if step.noun == "persons":
                return contacts.PersonUnmerged(person=contacts.PersonFacts(id=record_id))
            return contacts.OrganisationUnmerged(organisation=contacts.OrganisationFacts(id=record_id))
        kind = contacts.PersonMerged if step.noun == "persons" else contacts.OrganisationMerged
        return kind(id=record_id, survivor_id=self.id(step.noun, survivor), merge_id=new_id())

    def position(self, step: Step, record_id: str) -> Message:
        owner, says = step.says
        if says is None:
            facts = contacts.PositionFacts(id=record_id, person_id=self.id("persons", owner))
            return contacts.PositionDeleted(position=facts)
        firm, first, last = says
        facts = contacts.PositionFacts(
            id=record_id,
            person_id=self.id("persons", owner),
            organisation_id=self.id("organisations", firm),
            from_date=day(first),
            to_date=day(last),
        )
        return contacts.PositionUpdated(position=facts)

    async def play(self, story: Story, random: Random) -> None:
        """Tell everything in a random order, some of it twice, in batches of random sizes, with the notes in between."""
        told: list[Any] = [*story.steps, *random.sample(story.steps, len(story.steps) // 3), *enumerate(story.notes)]
        random.shuffle(told)
        batch: list[Envelope] = []
        for item in told:
            if isinstance(item, Step):
                batch.append(self.envelope(item))
            if batch and (not isinstance(item, Step) or random.random() < 0.25):
                await self.tasks.deliver_envelopes(batch)
                batch = []
            if not isinstance(item, Step):
                await self.write(story, *item)
        if batch:
            await self.tasks.deliver_envelopes(batch)

    async def write(self, story: Story, number: int, wanted: tuple[tuple[str, int], int]) -> None:
        subject, happened = wanted
        body = notes.Note(subject=self.ref(*subject), text=f"note {number}", occur_time=stamp(noon(happened)))
        # Refused where the subject's end has been heard of already.
        with suppress(InvalidArgument):
            made = await self.tasks.call(notes.CreateNoteRequest(note=body), user=self.user)
            story.taken[number] = next(key for key in self.ids if self.ref(*key) == made.subject)

    async def links(self) -> dict[tuple[str, int], list[tuple[str, str]]]:
        """Per record, what shows there and why, read from the tables: what the timeline hides would count too."""

        def read() -> dict[tuple[str, int], list[tuple[str, str]]]:
            keys = {self.ref(*key): key for key in list(self.ids)}
            found: dict[tuple[str, int], list[tuple[str, str]]] = {}
            whole = ENTRIES.outerjoin(LINKS, sa.and_(LINKS.c.account_id == ENTRIES.c.account_id, LINKS.c.entry_id == ENTRIES.c.id))
            statement = sa.select(ENTRIES.c.text, ENTRIES.c.title, LINKS.c.subject, LINKS.c.via).select_from(whole)
            with self.tasks.running.context.database.reading(self.user.account_id) as connection:
                for row in connection.execute(statement.where(ENTRIES.c.account_id == self.user.account_id)):
                    found.setdefault(keys[row.subject], []).append((row.text or row.title, row.via))
            return {key: sorted(entries) for key, entries in found.items()}

        return await self.tasks.running.context.database.read(read)

    async def shown(self, key: tuple[str, int]) -> list[tuple[str, str]]:
        response = await self.tasks.call(timeline.ListTimelineRequest(subject=self.ref(*key)), user=self.user)
        return sorted((entry.text or entry.title, entry.via) for entry in response.entries)


def noon(number: int) -> datetime:
    return datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(days=number)


def stamp(moment: datetime) -> Timestamp:
    result = Timestamp()
    result.FromDatetime(moment)
    return result


def day(number: int | None) -> Date | None:
    return None if number is None else Date(year=2026, month=1, day=1 + number)


def roots_of(story: Story) -> dict[tuple[str, int], tuple[str, int]]:
    """Who answers for whom in the end."""
    newest: dict[tuple[str, int], Step] = {}
    for step in story.steps:
        if step.noun in ("persons", "organisations") and step.says is not None:
            newest[step.noun, step.record] = max(step, newest.get((step.noun, step.record), step), key=lambda item: item.version)

    def root(key: tuple[str, int]) -> tuple[str, int]:
        survivor = newest[key].says[1] if key in newest else key[1]
        return key if survivor == key[1] else root((key[0], survivor))

    return {(noun, record): root((noun, record)) for noun, count in COUNTS for record in range(count)}


def expected(story: Story, world: World) -> dict[tuple[str, int], list[tuple[str, str]]]:
    """What must show where, said without any order: from the newest version of everything."""
    newest: dict[tuple[str, int], Step] = {}
    for step in story.steps:
        if step.noun in ("positions", "deals") and step.version < 9:
            newest[step.noun, step.record] = max(step, newest.get((step.noun, step.record), step), key=lambda item: item.version)
    gone = {(step.noun, step.record) for step in story.steps if step.version == 9}
    roots = roots_of(story)
    ties: list[tuple[tuple[str, int], tuple[str, int], int, int]] = []
    for (noun, record), step in newest.items():
        if noun == "positions":
            owner, says = step.says
            if says is not None:
                firm, first, last = says
                ties.append((("persons", owner), ("organisations", firm), -1 if first is None else first, 99 if last is None else last))
        else:
            firm, people = step.says
            targets = [("persons", person) for person in people] + ([] if firm is None else [("organisations", firm)])
            ties += [(("deals", record), target, -1, 99) for target in targets]
    entries: dict[str, tuple[int, set[tuple[str, int]]]] = {
        f"note {number}": (happened, {story.taken.get(number, subject)}) for number, (subject, happened) in enumerate(story.notes)
    }
    for step in story.steps:
        if step.noun == "messages":
            entries.setdefault(f"mail {step.record}", (5, set()))[1].update(step.says)
        if step.noun == "deals" and step.version < 9 and step.version % 2 == 0:
            entries[f"deal {step.record}: Anfang → Stufe {step.version}"] = (5, {("deals", step.record)})
    # Per place and entry, of all that it hangs on and is tied there by, the smallest name that was given; none where it hangs there.
    places: dict[tuple[str, int], dict[str, tuple[str, str]]] = {}

    def show(place: tuple[str, int], name: str, reason: tuple[str, str]) -> None:
        here = places.setdefault(place, {})
        here[name] = min(here.get(name, reason), reason)

    for name, (happened, subjects) in entries.items():
        living = {subject for subject in subjects if roots[subject] not in gone}
        for subject in living:
            show(roots[subject], name, ("", ""))
            for source, target, first, last in ties:
                if roots[source] == roots[subject] and roots[target] not in gone and first <= happened <= last:
                    show(roots[target], name, (world.ref(*subject), world.ref(*roots[subject])))
    return {key: sorted((name, via) for name, (_, via) in here.items()) for key, here in places.items()}


@pytest.mark.parametrize("seed", range(40))
async def test_the_same_links_come_of_any_order(tasks: Harness, seed: int) -> None:
    random = Random(seed)
    story = invent(random)
    world = World(tasks)
    await world.play(story, random)
    wanted = expected(story, world)
    assert await world.links() == wanted
    for noun, count in COUNTS:
        for record in range(count):
            assert await world.shown((noun, record)) == wanted.get((noun, record), [])


@pytest.mark.parametrize("seed", range(100))
async def test_the_same_timelines_come_of_any_order_of_merges_and_undos(tasks: Harness, seed: int) -> None:
    random = Random(seed)
    story = invent(random, merges=True)
    world = World(tasks)
    await world.play(story, random)
    wanted, roots = expected(story, world), roots_of(story)
    for key, root in roots.items():
        assert await world.shown(key) == wanted.get(root, []), key
    # Nothing lies about that shows nowhere.
    gone = {(step.noun, step.record) for step in story.steps if step.version == 9}
    assert not [key for key in await world.links() if roots[key] in gone]
