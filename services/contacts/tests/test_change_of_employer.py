"""Somebody changes employer (B4): one call, and nothing is lost of what was."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from google.type.date_pb2 import Date

from kontor.contacts.events.v1 import events_pb2 as facts
from kontor.contacts.v1 import organisations_pb2 as organisations
from kontor.contacts.v1 import persons_pb2 as pb
from kontor.contacts.v1 import positions_pb2 as positions
from kontor.identity.events.v1 import events_pb2 as identity
from kontor.identity.v1.accounts_pb2 import Account
from kontor_chassis.db.plumbing import AUDIT
from kontor_chassis.errors import Aborted, InvalidArgument, NotFound
from kontor_chassis.ids import new_id
from kontor_chassis.testing import Harness
from kontor_contacts.domain.employers import EmployerChange, decide
from kontor_contacts.domain.positions import Position

TODAY = Date(year=2026, month=3, day=2)
YESTERDAY = Date(year=2026, month=3, day=1)
SINCE = Date(year=2020, month=1, day=1)


async def organisation(contacts: Harness, name: str) -> str:
    return str((await contacts.call(organisations.CreateOrganisationRequest(organisation=organisations.Organisation(name=name)))).id)


async def employ(contacts: Harness, person_id: str, organisation_id: str, **fields: Any) -> positions.Position:
    position = positions.Position(person_id=person_id, organisation_id=organisation_id, **fields)
    made: positions.Position = await contacts.call(positions.CreatePositionRequest(position=position))
    return made


async def anna(contacts: Harness) -> tuple[str, str, str]:
    """A person at the old shipyard, and the new one."""
    made = await contacts.call(pb.CreatePersonRequest(person=pb.Person(first_name="Anna", last_name="Öztürk")))
    old, new = await organisation(contacts, "Alte Werft"), await organisation(contacts, "Neue Werft")
    await employ(contacts, made.id, old, role="Einkauf", from_date=SINCE)
    return made.id, old, new


async def test_the_old_position_ends_and_a_new_primary_one_begins(contacts: Harness) -> None:
    person_id, old, new = await anna(contacts)
    await employ(contacts, person_id, old, role="Betriebsrat")
    aside = await employ(contacts, person_id, await organisation(contacts, "Verein"), role="Kasse")
    changed = await contacts.call(pb.ChangeEmployerRequest(id=person_id, organisation_id=new, role=" Leitung ", department="Einkauf"))
    first, second, *ended = changed.positions
    assert (first.organisation_id, first.role, first.department, first.primary) == (new, "Leitung", "Einkauf", True)
    assert (first.from_date, first.HasField("to_date")) == (TODAY, False)
    assert second == aside
    assert [(item.organisation_id, item.to_date, item.primary) for item in ended] == [(old, YESTERDAY, False)] * 2
    assert changed == await contacts.call(pb.GetPersonRequest(id=person_id))


async def test_it_is_told_as_changes_of_positions_and_as_what_it_means(contacts: Harness) -> None:
    """D8: whoever ties entries to the organisation of their time goes by the positions' own facts."""
    person_id, old, new = await anna(contacts)
    day = Date(year=2025, month=1, day=1)
    await contacts.call(pb.ChangeEmployerRequest(id=person_id, organisation_id=new, role="Leitung", change_date=day))
    [ended] = await contacts.published(facts.PositionUpdated)
    begun = (await contacts.published(facts.PositionCreated))[-1]
    assert (ended.position.organisation_id, ended.position.from_date, ended.position.to_date) == (
        old,
        SINCE,
        Date(year=2024, month=12, day=31),
    )
    assert (begun.position.organisation_id, begun.position.from_date) == (new, day)
    [told] = await contacts.published(facts.PersonEmployerChanged)
    assert (told.person.display_name, told.from_organisation_id, told.from_organisation_name) == ("Anna Öztürk", old, "Alte Werft")
    assert (told.to_organisation_id, told.to_organisation_name, told.role, told.change_date) == (new, "Neue Werft", "Leitung", day)
    with contacts.running.context.sessions.read(contacts.user) as session:
        entries = session.execute(sa.select(AUDIT.c.changes).where(AUDIT.c.subject == f"persons/{person_id}").order_by(AUDIT.c.id))
        *_, kept = entries.scalars().all()
    assert sorted(kept) == sorted([f"positions/{ended.position.id}", f"positions/{begun.position.id}"])


async def test_who_worked_nowhere_begins(contacts: Harness) -> None:
    made = await contacts.call(pb.CreatePersonRequest(person=pb.Person(last_name="Berg")))
    new = await organisation(contacts, "Neue Werft")
    changed = await contacts.call(pb.ChangeEmployerRequest(id=made.id, organisation_id=new))
    assert [(item.organisation_id, item.primary) for item in changed.positions] == [(new, True)]
    [told] = await contacts.published(facts.PersonEmployerChanged)
    assert (told.from_organisation_id, told.from_organisation_name) == ("", "")


async def test_today_is_a_day_of_the_accounts_time_zone(contacts: Harness) -> None:
    person_id, _, new = await anna(contacts)
    account = Account(id=contacts.user.account_id, country="JP", locale="ja", time_zone="Asia/Tokyo")
    await contacts.deliver(identity.AccountUpdated(account=account), subject=f"accounts/{account.id}", sequence=2)
    contacts.clock.now = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)
    changed = await contacts.call(pb.ChangeEmployerRequest(id=person_id, organisation_id=new))
    assert changed.positions[0].from_date == Date(year=2026, month=3, day=3)


async def test_who_leaves_no_longer_stands_for_the_old_organisation(contacts: Harness) -> None:
    """B6."""
    person_id, old, new = await anna(contacts)
    wanted = organisations.Organisation(id=old, main_contact_person_id=person_id)
    await contacts.call(organisations.UpdateOrganisationRequest(organisation=wanted, update_mask=["main_contact_person_id"]))
    await contacts.call(pb.ChangeEmployerRequest(id=person_id, organisation_id=new))
    assert (await contacts.call(organisations.GetOrganisationRequest(id=old))).main_contact_person_id == ""


async def test_what_cannot_be_is_refused_by_name_and_changes_nothing(contacts: Harness) -> None:
    person_id, old, new = await anna(contacts)
    before = await contacts.call(pb.GetPersonRequest(id=person_id))
    for fields, field in (
        ({"organisation_id": old}, "organisation_id"),
        ({"organisation_id": new_id()}, "organisation_id"),
        ({"organisation_id": ""}, "organisation_id"),
        ({"organisation_id": new, "change_date": SINCE}, "date"),
        ({"organisation_id": new, "change_date": Date(year=2019, month=1, day=1)}, "date"),
        ({"organisation_id": new, "change_date": Date(year=2026, month=3, day=3)}, "date"),
        ({"organisation_id": new, "change_date": Date(year=2025, month=2, day=30)}, "date"),
        ({"organisation_id": new, "role": "x" * 301}, "role"),
        ({"organisation_id": new, "department": "x" * 301}, "department"),
    ):
        with pytest.raises(InvalidArgument) as refusal:
            await contacts.call(pb.ChangeEmployerRequest(id=person_id, **fields))  # type: ignore[arg-type]
        assert [violation.field for violation in refusal.value.violations] == [field]
    with pytest.raises(Aborted):
        await contacts.call(pb.ChangeEmployerRequest(id=person_id, organisation_id=new, etag="1"))
    assert await contacts.call(pb.GetPersonRequest(id=person_id)) == before
    assert await contacts.published(facts.PersonEmployerChanged) == []


async def test_another_account_cannot_change_it(contacts: Harness) -> None:
    """S1."""
    person_id, _, new = await anna(contacts)
    stranger = replace(contacts.user, account_id=new_id())
    with pytest.raises(NotFound):
        await contacts.call(pb.ChangeEmployerRequest(id=person_id, organisation_id=new), user=stranger)
    own = await contacts.call(pb.CreatePersonRequest(person=pb.Person(last_name="x")), user=stranger)
    with pytest.raises(InvalidArgument, match="no such organisation"):
        await contacts.call(pb.ChangeEmployerRequest(id=own.id, organisation_id=new), user=stranger)


async def test_the_same_request_again_changes_nothing_more(contacts: Harness) -> None:
    person_id, _, new = await anna(contacts)
    request = pb.ChangeEmployerRequest(id=person_id, organisation_id=new, request_id="once")
    assert await contacts.call(request) == await contacts.call(request)
    assert len(await contacts.published(facts.PersonEmployerChanged)) == 1


def test_the_first_day_of_the_calendar_has_no_day_before() -> None:
    with pytest.raises(InvalidArgument, match="date"):
        decide("anna", [Position("anna", "old", primary=True)], EmployerChange("new", day=date.min), today=date(2026, 3, 2))
