"""Milestones of deals (D7), told in the account's language."""

from typing import Any

from google.type.date_pb2 import Date

from kontor.identity.events.v1 import events_pb2 as identity
from kontor.identity.v1 import accounts_pb2 as accounts
from kontor.sales.events.v1 import events_pb2 as sales
from kontor.tasks.v1 import timeline_pb2 as pb
from kontor_chassis.ids import new_id
from kontor_chassis.testing import Harness


async def tell(tasks: Harness, body: Any, *, sequence: int, actor_user_id: str = "") -> None:
    await tasks.deliver(body, subject=f"deals/{body.deal.id}", sequence=sequence, actor_user_id=actor_user_id)


async def history(tasks: Harness, subject: str) -> list[pb.Entry]:
    return list((await tasks.call(pb.ListTimelineRequest(subject=subject))).entries)


async def test_what_happens_to_a_deal_shows_at_the_deal_its_people_and_organisation(tasks: Harness) -> None:
    anna, mueller, boss = new_id(), new_id(), new_id()
    deal = sales.DealFacts(id=new_id(), name="Wartung 2026", organisation_id=mueller, person_ids=[anna], stage_name="Angebot")
    await tell(tasks, sales.DealMoved(deal=deal, from_stage_name="Erstkontakt"), sequence=2, actor_user_id=boss)
    tasks.clock.advance(days=1)
    await tell(tasks, sales.DealLost(deal=deal, lost_reason="zu teuer"), sequence=3)
    tasks.clock.advance(days=1)
    await tell(tasks, sales.DealReopened(deal=deal), sequence=4)
    tasks.clock.advance(days=1)
    await tell(tasks, sales.DealWon(deal=deal), sequence=5)
    entries = await history(tasks, f"deals/{deal.id}")
    assert [(entry.title, entry.text) for entry in entries] == [
        ("Gewonnen: Wartung 2026", ""),
        ("Wieder offen: Wartung 2026", ""),
        ("Verloren: Wartung 2026", "zu teuer"),
        ("Wartung 2026: Erstkontakt → Angebot", ""),
    ]
    assert {(entry.kind, entry.ref) for entry in entries} == {(pb.ENTRY_KIND_MILESTONE, f"deals/{deal.id}")}
    assert entries[3].author_user_id == boss
    for subject in (f"persons/{anna}", f"organisations/{mueller}"):
        assert [entry.title for entry in await history(tasks, subject)] == [entry.title for entry in entries]


async def test_an_english_account_reads_english(tasks: Harness) -> None:
    body = identity.AccountCreated(account=accounts.Account(time_zone="Europe/London", locale="en"))
    await tasks.deliver(body, subject="accounts/1")
    deal = sales.DealFacts(id=new_id(), name="{deal} & Co")
    await tell(tasks, sales.DealWon(deal=deal), sequence=2)
    assert [entry.title for entry in await history(tasks, f"deals/{deal.id}")] == ["Won: {deal} & Co"]


async def test_a_language_that_is_not_spoken_here_is_german(tasks: Harness) -> None:
    await tasks.deliver(identity.AccountCreated(account=accounts.Account(time_zone="Europe/Paris", locale="fr")), subject="accounts/1")
    deal = sales.DealFacts(id=new_id(), name="Wartung")
    await tell(tasks, sales.DealWon(deal=deal), sequence=2)
    assert [entry.title for entry in await history(tasks, f"deals/{deal.id}")] == ["Gewonnen: Wartung"]


async def test_the_same_milestone_told_twice_or_late_shows_once(tasks: Harness) -> None:
    deal = sales.DealFacts(id=new_id(), name="Wartung", stage_name="Angebot")
    moved = sales.DealMoved(deal=deal, from_stage_name="Erstkontakt")
    await tell(tasks, sales.DealWon(deal=deal), sequence=3)
    for _ in range(2):
        await tell(tasks, moved, sequence=2)
    assert len(await history(tasks, f"deals/{deal.id}")) == 2
    await tell(tasks, moved, sequence=4)
    assert len(await history(tasks, f"deals/{deal.id}")) == 3


async def test_a_deal_that_was_won_on_an_earlier_day_stands_at_that_day(tasks: Harness) -> None:
    deal = sales.DealFacts(id=new_id(), name="Wartung", closed_date=Date(year=2026, month=2, day=27))
    await tell(tasks, sales.DealWon(deal=deal), sequence=2)
    deal.closed_date.CopyFrom(Date(year=2026, month=3, day=2))
    await tell(tasks, sales.DealLost(deal=deal), sequence=3)
    deal.closed_date.CopyFrom(Date(year=9999, month=12, day=31))
    await tell(tasks, sales.DealLost(deal=deal), sequence=4)
    times = [entry.occur_time.ToJsonString() for entry in await history(tasks, f"deals/{deal.id}")]
    assert times[1:] == ["2026-03-02T09:00:00Z", "2026-02-27T11:00:00Z"]
    assert times[0].startswith("9999-12-31")
