"""Robots are kept out without a third party (B17): they are thanked, make nothing, and nothing real is lost."""

from typing import Any

import pytest
import sqlalchemy as sa

from kontor.contacts.events.v1 import events_pb2 as events
from kontor.contacts.v1 import form_submissions_pb2 as submissions
from kontor.contacts.v1 import public_forms_pb2 as public
from kontor_chassis.errors import NotFound, ResourceExhausted
from kontor_chassis.throttling import Rule
from kontor_contacts.domain.form_fields import kept, shown_built_in
from kontor_contacts.store.form_tables import FORM_THROTTLES

TAKEN, UNSURE = public.SUBMISSION_OUTCOME_TAKEN, public.SUBMISSION_OUTCOME_UNSURE
REJECTED = submissions.SUBMISSION_STATE_REJECTED


async def reasons(forms: Any, form: Any) -> list[str]:
    return [item.rejection for item in await forms.submissions(form, state=REJECTED)]


async def nothing_was_made(forms: Any) -> None:
    assert await forms.people() == []
    assert await forms.contacts.published(events.FormSubmitted) == []


async def test_who_fills_in_what_people_do_not_see_is_thanked_and_makes_nobody(forms: Any) -> None:
    form = await forms.make()
    human = await forms.send(await forms.make(name="Anderes"), {"last_name": "Mensch", "email": "m@example.org"})
    robot = await forms.send(form, trap="http://spam.example")
    assert (robot.outcome, robot.thanks) == (human.outcome, human.thanks) == (TAKEN, robot.thanks)
    (kept,) = await forms.submissions(form)
    assert (kept.state, kept.rejection, kept.person_id) == (REJECTED, "trap", "")
    assert {value.key: list(value.values) for value in kept.values}["last_name"] == ["Öztürk"]
    assert [person.last_name for person in await forms.people()] == ["Mensch"]


@pytest.mark.parametrize(("after", "rejected"), [(0, ["too_fast"]), (1.9, ["too_fast"]), (3, [])])
async def test_nobody_fills_in_a_form_in_no_time(forms: Any, after: float, rejected: list[str]) -> None:
    form = await forms.make()
    assert (await forms.send(form, after=after)).outcome == TAKEN
    assert await reasons(forms, form) == rejected


async def test_what_a_robot_sends_is_cut_to_what_the_form_holds(forms: Any) -> None:
    form = await forms.make()
    await forms.send(form, {"last_name": "x" * 100_000, "email": ["spam"] * 1000, "message": "\0" * 50}, trap="x")
    (kept,) = await forms.submissions(form)
    assert {value.key: [len(item) for item in value.values] for value in kept.values} == {"last_name": [100], "email": [4] * 20}


@pytest.mark.parametrize("token", ["", "x", "AAAA", "A" * 48, "ä" * 48, "\0", "x" * 100_000])
async def test_without_a_page_of_ours_it_is_asked_to_look_through_it_first(forms: Any, token: str) -> None:
    form = await forms.make()
    unsure = await forms.send(form, page_token=token)
    assert unsure.outcome == UNSURE
    assert await forms.submissions(form) == []
    forms.contacts.clock.advance(seconds=5)
    assert (await forms.send(form, page_token=unsure.form.page_token)).outcome == TAKEN


async def test_a_page_of_yesterday_is_asked_to_be_sent_again(forms: Any) -> None:
    form = await forms.make()
    late = await forms.send(form, after=24 * 3600 + 1)
    assert late.outcome == UNSURE
    forms.contacts.clock.advance(seconds=5)
    assert (await forms.send(form, page_token=late.form.page_token)).outcome == TAKEN


async def test_a_page_of_another_form_is_none_of_this_one(forms: Any) -> None:
    form, other = await forms.make(), await forms.make(name="Anderes")
    token = (await forms.look(other)).page_token
    forms.contacts.clock.advance(seconds=10)
    assert (await forms.send(form, page_token=token)).outcome == UNSURE


async def test_a_page_is_sent_once_and_a_double_click_is_nothing(forms: Any) -> None:
    form = await forms.make()
    token = (await forms.look(form)).page_token
    forms.contacts.clock.advance(seconds=10)
    for _ in range(3):
        assert (await forms.send(form, page_token=token)).outcome == TAKEN
    assert len(await forms.submissions(form)) == 1
    assert (await forms.send(form, {"last_name": "Zuse", "email": "z@example.org"}, page_token=token)).outcome == TAKEN
    assert await reasons(forms, form) == ["sent_twice"]
    assert len(await forms.people()) == 1


async def test_one_network_cannot_send_any_number(forms: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import timedelta

    monkeypatch.setattr("kontor_contacts.domain.form_submissions.PER_NETWORK", Rule(burst=2, every=timedelta(minutes=1)))
    form = await forms.make()
    token = (await forms.look(form)).page_token
    forms.contacts.clock.advance(seconds=10)
    for number in range(2):
        await forms.send(form, {"last_name": f"{number}", "email": "a@example.org"}, page_token=token)
    with pytest.raises(ResourceExhausted) as caught:
        await forms.send(form, page_token=token)
    assert caught.value.detail == {"retry_after": "60"}
    # Others go on, and so does this one later.
    await forms.send(form, {"last_name": "Zuse", "email": "z@example.org"}, peer="198.51.100.1")
    forms.contacts.clock.advance(seconds=60)
    assert (await forms.send(form)).outcome == TAKEN


async def test_one_form_cannot_be_sent_any_number_of_times(forms: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import timedelta

    monkeypatch.setattr("kontor_contacts.domain.form_submissions.PER_FORM", Rule(burst=1, every=timedelta(hours=1)))
    form = await forms.make()
    await forms.send(form, peer="203.0.113.1")
    with pytest.raises(ResourceExhausted):
        await forms.send(form, peer="203.0.113.2")
    assert (await forms.send(await forms.make(name="Anderes"))).outcome == TAKEN


async def test_networks_are_counted_under_names_that_cannot_be_guessed(forms: Any) -> None:
    form = await forms.make()
    await forms.send(form, peer="203.0.113.77")
    with forms.contacts.running.context.database.reading("*") as connection:
        keys = connection.execute(sa.select(FORM_THROTTLES.c.key)).scalars().all()
    assert len(keys) == 2
    assert not any("203.0.113" in key for key in keys)


async def test_what_was_rejected_is_deleted_after_a_month(forms: Any) -> None:
    form = await forms.make()
    await forms.send(form, trap="x")
    await forms.send(form)
    confirmed, rejected = await forms.submissions(form)
    mailer = forms.contacts.running.context.parts.form_mailer
    forms.contacts.clock.advance(days=29)
    await mailer.settled()
    await forms.contacts.call(submissions.GetFormSubmissionRequest(id=rejected.id))
    forms.contacts.clock.advance(days=2)
    await mailer.settled()
    with pytest.raises(NotFound):
        await forms.contacts.call(submissions.GetFormSubmissionRequest(id=rejected.id))
    assert (await forms.contacts.call(submissions.GetFormSubmissionRequest(id=confirmed.id))).person_id
    with forms.contacts.running.context.database.reading("*") as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(FORM_THROTTLES)).scalar_one() == 0


def test_of_very_many_long_entries_only_some_are_kept() -> None:
    fields = [shown_built_in("message", label="Nachricht", required=False)] * 50
    found = kept(fields, {"message": ["x" * 10_000]})
    assert sum(len(value) for entry in found for value in entry.values) == 20_000
