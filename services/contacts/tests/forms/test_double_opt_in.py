"""Double opt-in (B17): nobody is made before the link in the mail was followed, and the form is of no use for burying people in mail."""

import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from kontor.contacts.events.v1 import events_pb2 as events
from kontor.contacts.v1 import form_submissions_pb2 as submissions
from kontor.contacts.v1 import public_forms_pb2 as public
from kontor.contacts.v1 import web_forms_pb2 as pb
from kontor_chassis.db.plumbing import AUDIT
from kontor_chassis.errors import FailedPrecondition, NotFound, Unavailable
from kontor_chassis.outgoing_mail.port import MailRefused, message_of
from kontor_chassis.testing import STRANGER
from kontor_contacts.domain.form_mails import MAX_ATTEMPTS
from kontor_contacts.store.form_tables import FORM_CONFIRMATIONS, FORM_MAILS, FORM_SUBMISSIONS

MAILED = public.SUBMISSION_OUTCOME_MAILED
PENDING, CONFIRMED = submissions.SUBMISSION_STATE_PENDING, submissions.SUBMISSION_STATE_CONFIRMED


async def opted(forms: Any, **fields: Any) -> pb.WebForm:
    made: pb.WebForm = await forms.make(**{"double_opt_in": True, "title": pb.FormText(de="Newsletter"), **fields})
    return made


async def mails(forms: Any) -> list[Any]:
    """Those that have gone out when nothing more is due."""
    await forms.contacts.running.context.parts.form_mailer.settled()
    sent: list[Any] = forms.contacts.mail.sent
    return sent


def token_of(mail: Any, form: pb.WebForm) -> str:
    found = re.search(rf"^http://127\.0\.0\.1:8080/forms/{form.key}/confirm/(\S+)$", mail.text, re.MULTILINE)
    assert found
    return found[1]


async def look(forms: Any, form: pb.WebForm, token: str) -> public.FormConfirmation:
    found: public.FormConfirmation = await forms.contacts.call(public.GetFormConfirmationRequest(key=form.key, token=token), user=STRANGER)
    return found


async def confirm(forms: Any, form: pb.WebForm, token: str) -> public.FormConfirmation:
    done: public.FormConfirmation = await forms.contacts.call(public.ConfirmFormSubmissionRequest(key=form.key, token=token), user=STRANGER)
    return done


def rows(forms: Any, table: sa.Table) -> int:
    with forms.contacts.running.context.database.reading("*") as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


async def test_until_the_link_is_followed_there_is_nothing_but_what_was_sent(forms: Any) -> None:
    form = await opted(forms, tags=["Web"])
    answer = await forms.send(form)
    assert answer.outcome == MAILED
    assert "E-Mail" in answer.thanks
    (mail,) = await mails(forms)
    (kept,) = await forms.submissions(form)
    assert (kept.state, kept.person_id) == (PENDING, "")
    assert await forms.people() == []
    assert await forms.contacts.published(events.FormSubmitted) == []

    token = token_of(mail, form)
    # Programs that look through mails follow links.
    for _ in range(2):
        assert not (await look(forms, form, token)).confirmed
    assert await forms.people() == []

    assert (await confirm(forms, form, token)).confirmed
    (person,) = await forms.people()
    assert (person.last_name, person.tags) == ("Öztürk", ["Web"])
    (kept,) = await forms.submissions(form)
    assert (kept.state, kept.person_id, kept.HasField("expire_time")) == (CONFIRMED, person.id, False)
    assert len(await forms.contacts.published(events.FormSubmitted)) == 1
    assert (await look(forms, form, token)).confirmed
    assert (await confirm(forms, form, token)).confirmed
    assert len(await forms.people()) == 1
    assert len(await forms.contacts.published(events.FormSubmitted)) == 1
    with forms.contacts.running.context.database.reading("*") as connection:
        found = connection.execute(sa.select(AUDIT).where(AUDIT.c.subject == f"form-submissions/{kept.id}").order_by(AUDIT.c.id)).all()
    assert [(entry.action, entry.means) for entry in found] == [("create", "form"), ("confirm", "form")]


@pytest.mark.parametrize(("language", "subject"), [("DE", "Bitte bestätigen"), ("EN", "Please confirm")])
async def test_the_mail_is_a_programs_in_the_language_of_the_page_with_nothing_that_was_entered(
    forms: Any, language: str, subject: str
) -> None:
    form = await opted(forms, title=pb.FormText(de="Neuigkeiten", en="News"))
    values = {"first_name": "Kaufen Sie jetzt", "last_name": "http://spam.example", "email": "Ali@Öztürk.example"}
    await forms.send(form, values, language=pb.FormLanguage.Value(f"FORM_LANGUAGE_{language}"))
    (mail,) = await mails(forms)
    assert mail.subject.startswith(subject)
    assert mail.sender == "no-reply@kontor.localhost"
    message = message_of(mail)
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["To"] == "Ali@xn--ztrk-4qa2b.example"
    assert message["Date"] == "Mon, 02 Mar 2026 09:00:10 +0000"
    assert message["Message-ID"].endswith("@kontor.localhost>")
    assert message.get_content_type() == "text/plain"
    assert "spam" not in mail.text + mail.subject
    assert "Kaufen" not in mail.text + mail.subject


async def test_the_token_is_kept_as_a_hash_only(forms: Any) -> None:
    form = await opted(forms)
    await forms.send(form)
    (mail,) = await mails(forms)
    token = token_of(mail, form)
    with forms.contacts.running.context.database.reading("*") as connection:
        for table in (FORM_CONFIRMATIONS, FORM_MAILS, FORM_SUBMISSIONS, AUDIT):
            assert token not in repr(connection.execute(sa.select(table)).all())
        (kept,) = connection.execute(sa.select(FORM_CONFIRMATIONS.c.hash)).scalars()
    assert re.fullmatch("[0-9a-f]{64}", kept)


@pytest.mark.parametrize("token", ["", "x", "x" * 43, "x" * 100_000, "'; DROP TABLE persons --", "a\0b"])
async def test_a_token_that_was_never_made_confirms_nothing(forms: Any, token: str) -> None:
    form = await opted(forms)
    await forms.send(form)
    await mails(forms)
    with pytest.raises(NotFound):
        await look(forms, form, token)
    with pytest.raises(NotFound):
        await confirm(forms, form, token)
    assert await forms.people() == []


async def test_a_token_belongs_to_the_form_and_the_account_it_was_made_in(forms: Any) -> None:
    form, other = await opted(forms), await opted(forms, name="Anderes")
    await forms.send(form)
    (mail,) = await mails(forms)
    token = token_of(mail, form)
    rotated = await forms.contacts.call(pb.RotateWebFormKeyRequest(id=form.id))
    with pytest.raises(NotFound):
        await confirm(forms, form, token)
    with pytest.raises(NotFound):
        await confirm(forms, other, token)
    # It is the same form still.
    assert (await confirm(forms, rotated, token)).confirmed


async def test_a_link_of_last_week_is_dead_and_what_was_sent_is_gone(forms: Any) -> None:
    form = await opted(forms)
    await forms.send(form)
    (mail,) = await mails(forms)
    forms.contacts.clock.advance(days=7)
    with pytest.raises(NotFound):
        await confirm(forms, form, token_of(mail, form))
    await mails(forms)
    assert await forms.submissions(form) == []
    assert rows(forms, FORM_CONFIRMATIONS) == 0


async def test_one_address_gets_a_few_mails_a_day_from_all_forms_together(forms: Any) -> None:
    form, other = await opted(forms), await opted(forms, name="Anderes")
    victim = {"last_name": "Opfer", "email": "OPFER@example.org"}
    for number in range(6):
        assert (await forms.send(form if number % 2 else other, victim)).outcome == MAILED
    assert len(await mails(forms)) == 3
    kept = [*await forms.submissions(form), *await forms.submissions(other)]
    assert sorted(item.rejection for item in kept) == ["", "", "", *["too_many_mails"] * 3]
    await forms.send(form, {"last_name": "Andere", "email": "andere@example.org"})
    assert len(await mails(forms)) == 4


async def test_what_looks_like_a_robots_is_not_mailed(forms: Any) -> None:
    form = await opted(forms)
    assert (await forms.send(form, trap="x")).outcome == MAILED
    assert (await forms.send(form, after=0)).outcome == MAILED
    assert await mails(forms) == []


async def test_a_double_click_is_mailed_once(forms: Any) -> None:
    form = await opted(forms)
    token = (await forms.look(form)).page_token
    forms.contacts.clock.advance(seconds=10)
    for _ in range(5):
        await forms.send(form, page_token=token)
    assert len(await mails(forms)) == 1
    await forms.send(form)
    assert len(await mails(forms)) == 2


async def test_a_mail_that_fails_is_tried_again_later_and_every_link_that_arrived_works(forms: Any) -> None:
    form = await opted(forms)
    forms.contacts.mail.failures = [Unavailable("away")] * 2
    await forms.send(form)
    assert await mails(forms) == []
    forms.contacts.clock.advance(seconds=59)
    assert await mails(forms) == []
    forms.contacts.clock.advance(seconds=2)
    assert await mails(forms) == []
    forms.contacts.clock.advance(minutes=2, seconds=1)
    (mail,) = await mails(forms)
    assert rows(forms, FORM_MAILS) == 0
    assert rows(forms, FORM_CONFIRMATIONS) == 3
    assert (await confirm(forms, form, token_of(mail, form))).confirmed


async def test_a_mail_whose_worker_died_goes_out_when_its_lease_is_over(forms: Any) -> None:
    form = await opted(forms)
    context = forms.contacts.running.context
    mailer = context.parts.form_mailer
    await mailer.stop()
    await forms.send(form)
    waiting = mailer._due()
    first = mailer._begin(waiting)
    assert first.mail is not None
    # Two workers cannot hold it at once.
    assert mailer._due() is None
    assert mailer._begin(waiting) is None
    forms.contacts.clock.advance(minutes=2)
    mailer.start()
    (mail,) = await mails(forms)
    assert mail.message_id != first.mail.message_id
    # It may have gone out after all.
    assert (await confirm(forms, form, token_of(first.mail, form))).confirmed


async def test_a_mail_that_is_refused_is_not_tried_again(forms: Any) -> None:
    form = await opted(forms)
    forms.contacts.mail.failures = [MailRefused("no such user")]
    await forms.send(form)
    assert await mails(forms) == []
    assert rows(forms, FORM_MAILS) == 0
    (kept,) = await forms.submissions(form)
    assert kept.state == PENDING


async def test_a_mail_that_fails_for_ever_is_given_up(forms: Any) -> None:
    form = await opted(forms)
    forms.contacts.mail.failures = [Unavailable("away")] * (MAX_ATTEMPTS + 5)
    await forms.send(form)
    for _ in range(MAX_ATTEMPTS + 2):
        await mails(forms)
        forms.contacts.clock.advance(**{"hours": 6, "seconds": 1})
    assert len(forms.contacts.mail.failures) == 5
    assert rows(forms, FORM_MAILS) == 0


async def test_a_form_that_was_deleted_meanwhile_sends_nothing(forms: Any) -> None:
    form = await opted(forms)
    mailer = forms.contacts.running.context.parts.form_mailer
    await mailer.stop()
    await forms.send(form)
    await forms.contacts.call(pb.DeleteWebFormRequest(id=form.id))
    mailer.start()
    assert await mails(forms) == []
    assert rows(forms, FORM_MAILS) == rows(forms, FORM_SUBMISSIONS) == 0


async def test_nobody_of_the_team_confirms_in_somebodys_place(forms: Any) -> None:
    form = await opted(forms)
    await forms.send(form)
    (kept,) = await forms.submissions(form)
    with pytest.raises(FailedPrecondition):
        await forms.contacts.call(submissions.AcceptFormSubmissionRequest(id=kept.id))


def test_mails_wait_longer_and_longer_but_never_very_long() -> None:
    from kontor_contacts.domain.form_mails import pause_after

    assert [pause_after(attempts) for attempts in (1, 2, 3)] == [timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4)]
    assert pause_after(MAX_ATTEMPTS) == timedelta(hours=6)
