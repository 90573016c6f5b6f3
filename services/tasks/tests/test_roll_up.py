"""Roll-up (D8): what hangs on a person shows where they worked at that time, what hangs on a deal or project at its people and
organisations; in whatever order the news of it comes."""

from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date

from kontor.contacts.events.v1 import events_pb2 as contacts
from kontor.identity.events.v1 import events_pb2 as identity
from kontor.identity.v1 import accounts_pb2 as accounts
from kontor.mail.events.v1 import events_pb2 as mail
from kontor.sales.events.v1 import events_pb2 as sales
from kontor.tasks.v1 import notes_pb2 as notes
from kontor.tasks.v1 import timeline_pb2 as timeline
from kontor_chassis.bus.port import Envelope
from kontor_chassis.errors import InvalidArgument
from kontor_chassis.events import event_type
from kontor_chassis.ids import new_id
from kontor_chassis.principal import Principal
from kontor_chassis.testing import Harness
from kontor_tasks.store.tables import ENTRIES, LINKS


def day(value: date | None) -> Date | None:
    return None if value is None else Date(year=value.year, month=value.month, day=value.day)


def stamp(moment: datetime) -> Timestamp:
    result = Timestamp()
    result.FromDatetime(moment)
    return result


def position(person_id: str, organisation_id: str, *, first: date | None = None, last: date | None = None, id: str = "") -> Any:
    return contacts.PositionFacts(
        id=id or new_id(), person_id=person_id, organisation_id=organisation_id, from_date=day(first), to_date=day(last)
    )


async def note(tasks: Harness, subject: str, text: str, moment: datetime = datetime(2026, 3, 2, 9, tzinfo=UTC)) -> str:
    wanted = notes.Note(subject=subject, text=text, occur_time=stamp(moment))
    made: notes.Note = await tasks.call(notes.CreateNoteRequest(note=wanted))
    return made.id


async def shown(tasks: Harness, subject: str, *, user: Principal | None = None) -> list[tuple[str, str]]:
    """Text and via, newest first."""
    response = await tasks.call(timeline.ListTimelineRequest(subject=subject), user=user)
    return [(entry.text, entry.via) for entry in response.entries]


async def employ(tasks: Harness, facts: Any, *, sequence: int = 1) -> None:
    body = (contacts.PositionCreated if sequence == 1 else contacts.PositionUpdated)(position=facts)
    await tasks.deliver(body, subject=f"persons/{facts.person_id}/positions/{facts.id}", sequence=sequence)


async def test_a_note_on_a_person_shows_where_they_worked_at_that_time(tasks: Harness) -> None:
    anna, mueller, schulze = new_id(), new_id(), new_id()
    await employ(tasks, position(anna, mueller, last=date(2026, 1, 31)))
    await employ(tasks, position(anna, schulze, first=date(2026, 2, 1)))
    await note(tasks, f"persons/{anna}", "bei Müller", datetime(2026, 1, 15, tzinfo=UTC))
    await note(tasks, f"persons/{anna}", "bei Schulze", datetime(2026, 2, 15, tzinfo=UTC))
    via = f"persons/{anna}"
    assert await shown(tasks, f"organisations/{mueller}") == [("bei Müller", via)]
    assert await shown(tasks, f"organisations/{schulze}") == [("bei Schulze", via)]
    assert await shown(tasks, via) == [("bei Schulze", ""), ("bei Müller", "")]


@pytest.mark.parametrize(
    ("zone", "moment", "inside"),
    [
        # The last day is 31 January, the clock there one hour ahead of UTC.
        ("Europe/Berlin", datetime(2026, 1, 31, 22, 59, 59, 999_999, tzinfo=UTC), True),
        ("Europe/Berlin", datetime(2026, 1, 31, 23, 0, tzinfo=UTC), False),
        # The first day is 1 January.
        ("Europe/Berlin", datetime(2025, 12, 31, 23, 0, tzinfo=UTC), True),
        ("Europe/Berlin", datetime(2025, 12, 31, 22, 59, tzinfo=UTC), False),
        ("Pacific/Auckland", datetime(2026, 1, 31, 10, 59, tzinfo=UTC), True),
        ("Pacific/Auckland", datetime(2026, 1, 31, 11, 0, tzinfo=UTC), False),
        ("America/New_York", datetime(2026, 2, 1, 4, 59, tzinfo=UTC), True),
        ("America/New_York", datetime(2026, 1, 1, 4, 59, tzinfo=UTC), False),
    ],
)
@pytest.mark.parametrize("zone_first", [True, False])
async def test_first_and_last_day_count_in_the_accounts_time_zone(
    tasks: Harness, zone: str, moment: datetime, inside: bool, zone_first: bool
) -> None:
    anna, mueller = new_id(), new_id()
    here = identity.AccountUpdated(account=accounts.Account(time_zone=zone, locale="de"))
    if zone_first:
        await tasks.deliver(here, subject="accounts/1")
    await employ(tasks, position(anna, mueller, first=date(2026, 1, 1), last=date(2026, 1, 31)))
    await note(tasks, f"persons/{anna}", "x", moment)
    if not zone_first:
        await tasks.deliver(here, subject="accounts/1")
    assert len(await shown(tasks, f"organisations/{mueller}")) == inside


async def test_a_position_that_is_told_later_ended_or_deleted_moves_the_history(tasks: Harness) -> None:
    anna, mueller = new_id(), new_id()
    subject, organisation = f"persons/{anna}", f"organisations/{mueller}"
    await note(tasks, subject, "im Januar", datetime(2026, 1, 15, tzinfo=UTC))
    await note(tasks, subject, "im Februar", datetime(2026, 2, 15, tzinfo=UTC))
    facts = position(anna, mueller)
    await employ(tasks, facts)
    assert [text for text, _ in await shown(tasks, organisation)] == ["im Februar", "im Januar"]
    ended = position(anna, mueller, last=date(2026, 1, 31), id=facts.id)
    await employ(tasks, ended, sequence=2)
    assert [text for text, _ in await shown(tasks, organisation)] == ["im Januar"]
    # Older news comes late, and twice.
    await employ(tasks, facts)
    assert [text for text, _ in await shown(tasks, organisation)] == ["im Januar"]
    await tasks.deliver(contacts.PositionDeleted(position=ended), subject=f"{subject}/positions/{facts.id}", sequence=3)
    assert await shown(tasks, organisation) == []
    await employ(tasks, ended, sequence=2)
    assert await shown(tasks, organisation) == []
    assert len(await shown(tasks, subject)) == 2


async def test_what_hangs_on_a_deal_shows_at_its_people_and_organisation_and_no_further(tasks: Harness) -> None:
    deal, anna, bernd, mueller, schulze = (new_id() for _ in range(5))
    await employ(tasks, position(anna, schulze))
    facts = sales.DealFacts(id=deal, name="Wartung", organisation_id=mueller, person_ids=[anna])
    await tasks.deliver(sales.DealCreated(deal=facts), subject=f"deals/{deal}", sequence=1)
    await note(tasks, f"deals/{deal}", "verhandelt")
    via = [("verhandelt", f"deals/{deal}")]
    assert await shown(tasks, f"persons/{anna}") == via
    assert await shown(tasks, f"organisations/{mueller}") == via
    assert await shown(tasks, f"organisations/{schulze}") == []
    facts.person_ids.append(bernd)
    facts.organisation_id = ""
    await tasks.deliver(sales.DealUpdated(deal=facts), subject=f"deals/{deal}", sequence=2)
    assert await shown(tasks, f"persons/{bernd}") == via
    assert await shown(tasks, f"organisations/{mueller}") == []


async def test_what_hangs_on_a_project_shows_at_its_people_and_organisations(tasks: Harness) -> None:
    project, anna, mueller, schulze = (new_id() for _ in range(4))
    await note(tasks, f"projects/{project}", "begonnen")
    facts = sales.ProjectFacts(id=project, organisation_ids=[mueller, schulze, mueller], person_ids=[anna, ""])
    await tasks.deliver(sales.ProjectCreated(project=facts), subject=f"projects/{project}")
    for subject in (f"persons/{anna}", f"organisations/{mueller}", f"organisations/{schulze}"):
        assert await shown(tasks, subject) == [("begonnen", f"projects/{project}")]
    await tasks.deliver(sales.ProjectDeleted(id=project), subject=f"projects/{project}", sequence=2)
    assert await shown(tasks, f"persons/{anna}") == []


async def test_an_entry_shows_once_though_there_are_several_reasons_and_direct_beats_via(tasks: Harness) -> None:
    anna, bernd, mueller = sorted(new_id() for _ in range(3))
    first, second = position(anna, mueller), position(bernd, mueller)
    for facts in (first, second, position(anna, mueller)):
        await employ(tasks, facts)
    message = mail.MessageFacts(id=new_id(), text="Angebot", send_time=stamp(tasks.clock()))
    filed = mail.MessageFiled(message=message, subjects=[f"persons/{bernd}", f"persons/{anna}"])
    await tasks.deliver(filed, subject=f"messages/{message.id}")
    assert await shown(tasks, f"organisations/{mueller}") == [("Angebot", f"persons/{anna}")]
    filed.subjects.append(f"organisations/{mueller}")
    await tasks.deliver(filed, subject=f"messages/{message.id}", sequence=2)
    assert await shown(tasks, f"organisations/{mueller}") == [("Angebot", "")]


async def test_when_one_reason_ends_the_other_one_stays(tasks: Harness) -> None:
    anna, bernd, mueller = sorted(new_id() for _ in range(3))
    first = position(anna, mueller)
    for facts in (first, position(bernd, mueller)):
        await employ(tasks, facts)
    message = mail.MessageFacts(id=new_id(), text="Angebot", send_time=stamp(tasks.clock()))
    filed = mail.MessageFiled(message=message, subjects=[f"persons/{bernd}", f"persons/{anna}"])
    await tasks.deliver(filed, subject=f"messages/{message.id}")
    await tasks.deliver(contacts.PositionDeleted(position=first), subject="persons/1/positions/1", sequence=2)
    assert await shown(tasks, f"organisations/{mueller}") == [("Angebot", f"persons/{bernd}")]


async def test_days_that_are_none_and_records_without_ids_harm_nobody(tasks: Harness) -> None:
    anna, mueller = new_id(), new_id()
    odd = contacts.PositionFacts(
        id=new_id(), person_id=anna, organisation_id=mueller, from_date=Date(year=2026), to_date=Date(year=9999, month=12, day=31)
    )
    await employ(tasks, odd)
    await employ(tasks, contacts.PositionFacts())
    await tasks.deliver(sales.DealCreated(), subject="deals/")
    await note(tasks, f"persons/{anna}", "x")
    assert len(await shown(tasks, f"organisations/{mueller}")) == 1


async def test_another_accounts_ties_tie_nothing_here(tasks: Harness) -> None:
    anna, mueller = new_id(), new_id()
    body = contacts.PositionCreated(position=position(anna, mueller))
    await tasks.deliver(body, subject="persons/1/positions/1", account_id=new_id())
    await note(tasks, f"persons/{anna}", "x")
    assert await shown(tasks, f"organisations/{mueller}") == []


# The property: whatever the order ------------------------------------------------------------------------------------------

PEOPLE, FIRMS, DEALS, MESSAGES = 3, 2, 2, 3
START = date(2026, 1, 1)


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


def invent(random: Random) -> Story:
    """Versions of a few positions, deals and messages, deletions of anything, and notes; dense enough to get in each other's way.
    Days are counted from START; mails and milestones are of day 5."""

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

    def position(self, step: Step, record_id: str) -> Message:
        owner, says = step.says
        if says is None:
            return contacts.PositionDeleted(position=position(self.id("persons", owner), "", id=record_id))
        firm, first, last = says
        facts = position(self.id("persons", owner), self.id("organisations", firm), first=after(first), last=after(last), id=record_id)
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
                await self.write(*item)
        if batch:
            await self.tasks.deliver_envelopes(batch)

    async def write(self, number: int, wanted: tuple[tuple[str, int], int]) -> None:
        subject, happened = wanted
        body = notes.Note(subject=self.ref(*subject), text=f"note {number}", occur_time=stamp(noon(happened)))
        # Refused where the subject's end has been heard of already.
        with suppress(InvalidArgument):
            await self.tasks.call(notes.CreateNoteRequest(note=body), user=self.user)

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


def after(number: int | None) -> date | None:
    return None if number is None else START + timedelta(days=number)


def expected(story: Story, world: World) -> dict[tuple[str, int], list[tuple[str, str]]]:
    """What must show where, said without any order: from the newest version of everything."""
    newest: dict[tuple[str, int], Step] = {}
    for step in story.steps:
        if step.noun in ("positions", "deals") and step.version < 9:
            newest[step.noun, step.record] = max(step, newest.get((step.noun, step.record), step), key=lambda item: item.version)
    gone = {(step.noun, step.record) for step in story.steps if step.version == 9}
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
        f"note {number}": (happened, {subject}) for number, (subject, happened) in enumerate(story.notes)
    }
    for step in story.steps:
        if step.noun == "messages":
            entries.setdefault(f"mail {step.record}", (5, set()))[1].update(step.says)
        if step.noun == "deals" and step.version < 9 and step.version % 2 == 0:
            entries[f"deal {step.record}: Anfang → Stufe {step.version}"] = (5, {("deals", step.record)})
    places: dict[tuple[str, int], dict[str, str]] = {}
    for name, (happened, subjects) in entries.items():
        for subject in subjects - gone:
            places.setdefault(subject, {})[name] = ""
        for source, target, first, last in ties:
            if source in subjects - gone and target not in gone and first <= happened <= last:
                here = places.setdefault(target, {})
                via = min(item for item in (here.get(name), world.ref(*source)) if item is not None)
                here[name] = via
    return {key: sorted(here.items()) for key, here in places.items()}


@pytest.mark.parametrize("seed", range(60))
async def test_the_same_links_come_of_any_order(tasks: Harness, seed: int) -> None:
    random = Random(seed)
    story = invent(random)
    world = World(tasks)
    await world.play(story, random)
    wanted = expected(story, world)
    assert await world.links() == wanted
    for noun, count in (("persons", PEOPLE), ("organisations", FIRMS), ("deals", DEALS)):
        for record in range(count):
            assert await world.shown((noun, record)) == wanted.get((noun, record), [])
