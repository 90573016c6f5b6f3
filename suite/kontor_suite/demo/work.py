"""Tasks, notes, and what the colleague watches."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from kontor_suite.demo.data import texts_work as texts
from kontor_suite.demo.records import Deal, Note, Organisation, Person, Project, Ref, Task

_OVERDUE, _TODAY, _LATER, _UNDATED, _DONE = 9, 8, 24, 5, 14
TASKS = _OVERDUE + _TODAY + _LATER + _UNDATED + _DONE
_NOTES = {"persons": 70, "organisations": 25, "deals": 25, "projects": 15}
_WATCHES = {"persons": 8, "organisations": 5, "deals": 5, "projects": 4}


@dataclass(frozen=True)
class Known:
    """The records that something can be about."""

    organisations: Sequence[Organisation]
    persons: Sequence[Person]
    deals: Sequence[Deal]
    projects: Sequence[Project]

    def any(self, rng: random.Random, collection: str) -> tuple[Ref, str]:
        """Some record of the collection, and what it is called in a text."""
        records: Sequence[Any] = getattr(self, collection)
        # The first ones have more to tell, as in real life.
        number = min(rng.randrange(len(records)), rng.randrange(len(records)))
        match record := records[number]:
            case Person():
                called = record.addressed
            case Organisation():
                called = record.company.short_name
            case _:
                called = record.body["name"]
        return Ref(collection, number), called


def tasks(rng: random.Random, known: Known, *, today: date, zone: ZoneInfo) -> tuple[Task, ...]:
    """Overdue, due today, later, some day, and done ones."""
    due = [today - timedelta(days=rng.randrange(1, 25)) for _ in range(_OVERDUE)]
    due += [today] * _TODAY
    due += [today + timedelta(days=rng.randrange(1, 60)) for _ in range(_LATER)]
    days: list[date | None] = [*due, *[None] * _UNDATED, *[today - timedelta(days=rng.randrange(0, 40)) for _ in range(_DONE)]]
    made = []
    for number, day in enumerate(days):
        subject, kind, title, note = _what_to_do(rng, known)
        body: dict[str, Any] = {"kind": kind, "title": title, "note": note}
        body["priority"] = rng.choices(("low", "normal", "high"), weights=(1, 6, 2))[0]
        if day and kind in ("meeting", "visit"):
            body["due_time"] = rfc3339(_at(day, rng, zone))
        elif day:
            body["due_date"] = day.isoformat()
        made.append(Task(body, subject, done=number >= len(days) - _DONE, for_colleague=rng.random() < 0.3))
    return tuple(made)


def _what_to_do(rng: random.Random, known: Known) -> tuple[Ref | None, str, str, str]:
    """Subject, kind, title and note."""
    choices = {
        "persons": texts.TASKS_AT_PERSON,
        "organisations": texts.TASKS_AT_ORGANISATION,
        "deals": texts.TASKS_AT_DEAL,
        "projects": texts.TASKS_AT_PROJECT,
        "": texts.TASKS_OF_NOTHING,
    }
    collection = rng.choices(list(choices), weights=(8, 3, 5, 3, 1))[0]
    kind, title, note = rng.choice(choices[collection])
    if not collection:
        return None, kind, title, note
    subject, called = known.any(rng, collection)
    return subject, kind, _filled(title, called), note


def notes(rng: random.Random, known: Known, *, today: date, zone: ZoneInfo) -> tuple[Note, ...]:
    """Of the past half year; some by the colleague, so that the owner is told of something."""
    choices = {
        "persons": texts.NOTES_AT_PERSON,
        "organisations": texts.NOTES_AT_ORGANISATION,
        "deals": texts.NOTES_AT_DEAL,
        "projects": texts.NOTES_AT_PROJECT,
    }
    made = []
    for collection, count in _NOTES.items():
        for _ in range(count):
            subject, called = known.any(rng, collection)
            occur_time = _at(today - timedelta(days=rng.randrange(1, 180)), rng, zone)
            made.append(Note(subject, _filled(rng.choice(choices[collection]), called), occur_time, rng.random() < 0.2))
    return tuple(made)


def watches(rng: random.Random, known: Known) -> tuple[Ref, ...]:
    """Each record once."""
    made: dict[Ref, None] = {}
    for collection, count in _WATCHES.items():
        numbers = rng.sample(range(len(getattr(known, collection))), k=count)
        made.update(dict.fromkeys(Ref(collection, number) for number in numbers))
    return tuple(made)


def rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _filled(text: str, called: str) -> str:
    return text.format(name=called, company=called, thing=called)


def _at(day: date, rng: random.Random, zone: ZoneInfo) -> datetime:
    """Some time of that working day."""
    return datetime.combine(day, time(rng.randrange(8, 18), rng.choice((0, 15, 30, 45))), zone)
