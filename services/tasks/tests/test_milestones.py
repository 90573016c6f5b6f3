"""Milestones (D7): what happens to deals, a change of employer, a project born from a deal; told in the account's language."""

from typing import Any

from google.type.date_pb2 import Date

from kontor.contacts.events.v1 import events_pb2 as contacts
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


async def test_a_change_of_employer_shows_at_the_person_the_old_and_the_new_organisation_once(tasks: Harness) -> None:
    """B4, D7."""
    anna, mueller, schulze, boss, told = (new_id() for _ in range(5))
    person = contacts.PersonFacts(id=anna, display_name="Anna Öztürk")
    body = contacts.PersonEmployerChanged(
        person=person,
        from_organisation_id=mueller,
        from_organisation_name="Müller GmbH",
        to_organisation_id=schulze,
        to_organisation_name="Schulze AG",
        role="Leitung",
        change_date=Date(year=2026, month=2, day=1),
    )
    for event_id in (told, told):
        await tasks.deliver(body, subject=f"persons/{anna}", sequence=4, actor_user_id=boss, event_id=event_id)
    # The next one may be told with the same version of the person, whose own fields have not changed.
    again = contacts.PersonEmployerChanged(person=person, to_organisation_id=mueller, to_organisation_name="Müller GmbH")
    await tasks.deliver(again, subject=f"persons/{anna}", sequence=4)
    titles = ["Anna Öztürk beginnt bei Müller GmbH", "Anna Öztürk wechselt von Müller GmbH zu Schulze AG"]
    assert [entry.title for entry in await history(tasks, f"persons/{anna}")] == titles
    assert [entry.title for entry in await history(tasks, f"organisations/{mueller}")] == titles
    [entry] = await history(tasks, f"organisations/{schulze}")
    assert (entry.title, entry.text, entry.ref, entry.via) == (titles[1], "Leitung", f"persons/{anna}", "")
    assert (entry.occur_time.ToJsonString(), entry.author_user_id) == ("2026-02-01T11:00:00Z", boss)
    assert set(entry.subjects) == {f"persons/{anna}", f"organisations/{mueller}", f"organisations/{schulze}"}
    assert entry.kind == pb.ENTRY_KIND_MILESTONE


async def test_a_change_of_employer_in_english_between_organisations_one_of_which_is_gone(tasks: Harness) -> None:
    account = identity.AccountCreated(account=accounts.Account(time_zone="Europe/London", locale="en"))
    await tasks.deliver(account, subject="accounts/1")
    anna, old, new = new_id(), new_id(), new_id()
    await tasks.deliver(contacts.OrganisationDeleted(id=old), subject=f"organisations/{old}", sequence=2)
    body = contacts.PersonEmployerChanged(
        person=contacts.PersonFacts(id=anna, display_name="Anna"),
        from_organisation_id=old,
        from_organisation_name="Old",
        to_organisation_id=new,
        to_organisation_name="New",
    )
    await tasks.deliver(body, subject=f"persons/{anna}")
    [entry] = await history(tasks, f"organisations/{new}")
    assert (entry.title, sorted(entry.subjects)) == ("Anna moves from Old to New", sorted([f"persons/{anna}", f"organisations/{new}"]))
    assert await history(tasks, f"organisations/{old}") == []


async def test_a_limited_organisation_is_not_named_on_timelines_that_everyone_reads(tasks: Harness) -> None:
    """A7: the side that not everyone sees is left out, and where that is both there is nothing to tell."""
    anna, old, new = (new_id() for _ in range(3))
    body = contacts.PersonEmployerChanged(
        person=contacts.PersonFacts(id=anna, display_name="Anna"),
        from_organisation_id=old,
        from_organisation_name="Alte Werft",
        to_organisation_id=new,
        to_organisation_name="Neue Werft",
        role="Leitung",
    )
    group = [f"groups/{new_id()}"]
    for limits in ({"from_visible_to": group}, {"to_visible_to": group}, {"from_visible_to": group, "to_visible_to": group}):
        told = contacts.PersonEmployerChanged(**limits)
        told.MergeFrom(body)
        await tasks.deliver(told, subject=f"persons/{anna}", sequence=4)
    left, begun = sorted(await history(tasks, f"persons/{anna}"), key=lambda entry: entry.title, reverse=True)
    assert (left.title, left.text, set(left.subjects)) == ("Anna verlässt Alte Werft", "", {f"persons/{anna}", f"organisations/{old}"})
    assert (begun.title, begun.text) == ("Anna beginnt bei Neue Werft", "Leitung")
    assert set(begun.subjects) == {f"persons/{anna}", f"organisations/{new}"}
    for hidden, entry in (("Neue Werft", left), ("Alte Werft", begun)):
        assert hidden not in str(entry)


async def test_a_project_that_is_born_from_a_deal_shows_with_both_and_with_whom_they_are_tied_to(tasks: Harness) -> None:
    """C7, D7."""
    anna, mueller, boss = new_id(), new_id(), new_id()
    deal = sales.DealFacts(id=new_id(), name="Anlage 7", organisation_id=mueller)
    await tasks.deliver(sales.DealCreated(deal=deal), subject=f"deals/{deal.id}")
    project = sales.ProjectFacts(id=new_id(), name="Aufbau", person_ids=[anna], deal_id=deal.id)
    for _ in range(2):
        await tasks.deliver(sales.ProjectCreated(project=project), subject=f"projects/{project.id}", actor_user_id=boss)
    for subject in (f"projects/{project.id}", f"deals/{deal.id}", f"persons/{anna}", f"organisations/{mueller}"):
        [entry] = await history(tasks, subject)
        assert (entry.title, entry.ref, entry.author_user_id) == ("Projekt begonnen: Aufbau", f"projects/{project.id}", boss)


async def test_a_free_standing_project_is_no_milestone(tasks: Harness) -> None:
    project = sales.ProjectFacts(id=new_id(), name="Umzug")
    await tasks.deliver(sales.ProjectCreated(project=project), subject=f"projects/{project.id}")
    assert await history(tasks, f"projects/{project.id}") == []
