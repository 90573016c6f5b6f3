"""Roll-up (D8): what hangs on a person shows where they worked at that time, what hangs on a deal or project at its people and
organisations; in whatever order the news of it comes."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date

from kontor.contacts.events.v1 import events_pb2 as contacts
from kontor.identity.events.v1 import events_pb2 as identity
from kontor.identity.v1 import accounts_pb2 as accounts
from kontor.mail.events.v1 import events_pb2 as mail
from kontor.sales.events.v1 import events_pb2 as sales
from kontor.tasks.v1 import notes_pb2 as notes
from kontor.tasks.v1 import timeline_pb2 as timeline
from kontor_chassis.ids import new_id
from kontor_chassis.principal import Principal
from kontor_chassis.testing import Harness


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
