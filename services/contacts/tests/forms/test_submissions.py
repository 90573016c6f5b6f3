"""What becomes of what strangers send (B17): they are made or found, nothing of anybody is overwritten, and all that was sent is kept."""

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa

from kontor.contacts.events.v1 import events_pb2 as events
from kontor.contacts.v1 import contact_points_pb2 as points
from kontor.contacts.v1 import custom_fields_pb2 as custom
from kontor.contacts.v1 import form_submissions_pb2 as submissions
from kontor.contacts.v1 import persons_pb2 as persons
from kontor.contacts.v1 import public_forms_pb2 as public
from kontor.contacts.v1 import web_forms_pb2 as pb
from kontor.contacts.v1.record_kinds_pb2 import RECORD_KIND_PERSON
from kontor_chassis.db.plumbing import AUDIT
from kontor_chassis.errors import FailedPrecondition, NotFound
from kontor_chassis.ids import new_id

TAKEN, FAULTY = public.SUBMISSION_OUTCOME_TAKEN, public.SUBMISSION_OUTCOME_FAULTY


def faults(answer: public.SubmitPublicFormResponse) -> dict[str, str]:
    assert answer.outcome == FAULTY
    return {fault.key: fault.message for fault in answer.faults}


def audited(forms: Any, subject: str) -> list[tuple[str, str, str]]:
    with forms.contacts.running.context.database.reading("*") as connection:
        rows = connection.execute(sa.select(AUDIT).where(AUDIT.c.subject == subject).order_by(AUDIT.c.id))
        return [(row.action, row.means, row.actor_user_id) for row in rows]


async def test_a_stranger_becomes_a_person_with_what_the_form_says(forms: Any) -> None:
    anna = new_id()
    consent = pb.FormConsent(text=pb.FormText(de="Ich stimme zu."), required=True)
    form = await forms.make(tags=["Web"], responsible_user_id=anna, campaign="Messe 2026", consent=consent)
    answer = await forms.send(form, consent=True, origin="https://www.example.org")
    assert (answer.outcome, answer.thanks) == (TAKEN, "Vielen Dank! Ihre Nachricht ist bei uns angekommen.")
    (person,) = await forms.people()
    assert (person.first_name, person.last_name, person.tags, person.language) == ("Ali", "Öztürk", ["Web"], "de")
    assert (person.emails[0].address, person.responsible_user_id, person.creator_user_id) == ("Ali@Öztürk.example", anna, "")
    (kept,) = await forms.submissions(form)
    assert kept == await forms.contacts.call(submissions.GetFormSubmissionRequest(id=kept.id))
    assert kept.state == submissions.SUBMISSION_STATE_CONFIRMED
    assert (kept.person_id, kept.person_created, kept.campaign, kept.form_etag) == (person.id, True, "Messe 2026", "1")
    assert (kept.consent.text, kept.consent.given, kept.origin) == ("Ich stimme zu.", True, "https://www.example.org")
    assert {value.key: (value.label, list(value.values)) for value in kept.values} == {
        "first_name": ("Vorname", ["Ali"]),
        "last_name": ("Nachname", ["Öztürk"]),
        "email": ("E-Mail-Adresse", ["Ali@Öztürk.example"]),
        "message": ("Nachricht", ["Bitte rufen Sie an.\nDanke!"]),
    }
    assert not kept.HasField("expire_time")


async def test_the_network_is_kept_shortened(forms: Any) -> None:
    form = await forms.make()
    await forms.send(form, peer="203.0.113.77")
    await forms.send(form, peer="2001:db8:1:2:3:4:5:6")
    await forms.send(form, peer="unknown")
    assert [item.network for item in await forms.submissions(form)] == ["", "2001:db8:1::/48", "203.0.113.0/24"]


async def test_it_is_told_and_audited_in_the_same_transaction(forms: Any) -> None:
    form = await forms.make(campaign="Messe")
    await forms.send(form)
    (kept,) = await forms.submissions(form)
    (told,) = await forms.contacts.published(events.FormSubmitted)
    assert told.submission == events.FormSubmissionFacts(
        id=kept.id,
        form_id=form.id,
        form_name="Kontakt",
        person_id=kept.person_id,
        person_created=True,
        text="Vorname: Ali\nNachname: Öztürk\nE-Mail-Adresse: Ali@Öztürk.example\nNachricht:\nBitte rufen Sie an.\nDanke!",
        campaign="Messe",
        creator_user_id=forms.contacts.user.user_id,
    )
    assert audited(forms, f"form-submissions/{kept.id}") == [("create", "form", "")]
    assert audited(forms, f"persons/{kept.person_id}") == [("create", "form", "")]
    assert len(await forms.contacts.published(events.PersonCreated)) == 1


async def test_who_has_the_address_is_found_and_only_gets_the_forms_tags(forms: Any) -> None:
    known = persons.Person(last_name="Oeztürk", emails=[points.Email(address="ali@xn--ztrk-4qa2b.example")], tags=["Kunde"])
    made = await forms.contacts.call(persons.CreatePersonRequest(person=known))
    form = await forms.make(tags=["Web", "KUNDE"], keys=(("last_name", True), ("email", True), ("phone", False)))
    answer = await forms.send(form, {"last_name": "Angreifer", "email": " ALI@öztürk.example", "phone": "+49 30 1234567"})
    assert answer.outcome == TAKEN
    (person,) = await forms.people()
    assert (person.id, person.last_name, person.tags) == (made.id, "Oeztürk", ["Kunde", "Web"])
    assert not person.phones
    (kept,) = await forms.submissions(form)
    assert (kept.person_id, kept.person_created) == (made.id, False)
    assert audited(forms, f"persons/{made.id}")[1:] == [("update", "form", "")]


async def test_who_has_the_tags_already_is_not_changed(forms: Any) -> None:
    form = await forms.make(tags=["Web"])
    for _ in range(2):
        await forms.send(form)
    (person,) = await forms.people()
    assert person.etag == "1"
    assert len(await forms.submissions(form)) == 2


async def test_of_several_with_the_address_it_is_the_one_of_that_name_or_the_first(forms: Any) -> None:
    office = [points.Email(address="buero@example.org")]
    first = await forms.contacts.call(persons.CreatePersonRequest(person=persons.Person(last_name="Adler", emails=office)))
    second = await forms.contacts.call(persons.CreatePersonRequest(person=persons.Person(last_name="Müller", emails=office)))
    form = await forms.make()
    await forms.send(form, {"last_name": "MUELLER", "email": "buero@example.org"})
    await forms.send(form, {"last_name": "Zuse", "email": "buero@example.org"})
    assert [item.person_id for item in await forms.submissions(form)] == [first.id, second.id]


async def test_without_a_last_name_somebody_is_called_by_their_address(forms: Any) -> None:
    form = await forms.make(keys=(("email", True), ("first_name", False)))
    await forms.send(form, {"email": "info@example.org"})
    (person,) = await forms.people()
    assert person.display_name == "info@example.org"


async def test_two_who_send_the_same_at_once_make_one_person(forms: Any) -> None:
    form = await forms.make()
    tokens = [(await forms.look(form)).page_token for _ in range(4)]
    forms.contacts.clock.advance(seconds=10)
    await asyncio.gather(*(forms.send(form, page_token=token) for token in tokens))
    assert len(await forms.people()) == 1
    assert len(await forms.submissions(form, state=submissions.SUBMISSION_STATE_CONFIRMED)) == 4


async def test_every_fault_is_told_in_the_language_of_the_page_and_nothing_is_kept(forms: Any) -> None:
    consent = pb.FormConsent(text=pb.FormText(de="Ich stimme zu."), required=True)
    form = await forms.make(consent=consent)
    answer = await forms.send(form, {"last_name": " \u200b ", "email": "kein@", "message": "x" * 10_001})
    assert faults(answer) == {
        "last_name": "Nachname: Bitte ausfüllen.",
        "email": "E-Mail-Adresse: Das ist keine gültige E-Mail-Adresse.",
        "message": "Nachricht: höchstens 10000 Zeichen.",
        "consent": "Bitte stimmen Sie zu.",
    }
    english = await forms.send(form, {}, language=pb.FORM_LANGUAGE_EN)
    assert faults(english)["last_name"] == "Last name: please fill this in."
    assert await forms.submissions(form) == []
    assert await forms.people() == []


@pytest.mark.parametrize("key", ["message", "last_name"])
async def test_what_grows_beyond_all_bounds_when_it_is_cleaned_is_a_fault_of_its_field(forms: Any, key: str) -> None:
    """Of U+1D160 NFC makes three characters."""
    form = await forms.make()
    answer = await forms.send(form, {"last_name": "Zuse", "email": "zuse@example.org", key: "\U0001d160" * 39_000})
    assert faults(answer).keys() == {key}
    assert await forms.submissions(form) == []


async def test_what_was_wrong_is_sent_again_from_the_same_page(forms: Any) -> None:
    form = await forms.make()
    token = (await forms.look(form)).page_token
    forms.contacts.clock.advance(seconds=10)
    faulty = await forms.send(form, {"last_name": "Zuse"}, page_token=token)
    assert faults(faulty).keys() == {"email"}
    assert (await forms.send(form, page_token=faulty.form.page_token)).outcome == TAKEN


CUSTOM = {
    "text": (custom.CUSTOM_FIELD_TYPE_TEXT, "Zeile 1\nZeile 2", None),
    "zahl": (custom.CUSTOM_FIELD_TYPE_NUMBER, "42", "zwölf"),
    "anteil": (custom.CUSTOM_FIELD_TYPE_DECIMAL, "12,5", "1e400"),
    "tag": (custom.CUSTOM_FIELD_TYPE_DATE, "31.1.2026", "31.02.2026"),
    "wahl": (custom.CUSTOM_FIELD_TYPE_CHOICE, "a", "c"),
    "link": (custom.CUSTOM_FIELD_TYPE_LINK, "example.org", "javascript:alert(1)"),
    "ja": (custom.CUSTOM_FIELD_TYPE_YES_NO, "yes", "vielleicht"),
}


async def test_custom_fields_are_read_as_people_write_and_wrong_ones_named(forms: Any) -> None:
    for key, (kind, _, _) in CUSTOM.items():
        choices = [custom.Choice(key="a", label="A"), custom.Choice(key="b", label="B")] if key == "wahl" else []
        field = custom.CustomField(record_kind=RECORD_KIND_PERSON, key=key, label=key.title(), type=kind, choices=choices)
        await forms.contacts.call(custom.CreateCustomFieldRequest(custom_field=field))
    field = custom.CustomField(record_kind=RECORD_KIND_PERSON, key="mehr", label="Mehr", type=custom.CUSTOM_FIELD_TYPE_MULTI_CHOICE)
    field.choices.extend([custom.Choice(key="a", label="Erstes"), custom.Choice(key="b", label="Zweites")])
    await forms.contacts.call(custom.CreateCustomFieldRequest(custom_field=field))
    form = await forms.make(keys=(("last_name", True), *((f"custom.{key}", False) for key in (*CUSTOM, "mehr"))))
    wrong = {f"custom.{key}": bad for key, (_, _, bad) in CUSTOM.items() if bad}
    answer = await forms.send(form, {"last_name": "Zuse", "custom.mehr": ["a", "c"], "custom.text": ["a", "b"], **wrong})
    assert faults(answer).keys() == {f"custom.{key}" for key in (*CUSTOM, "mehr")}
    assert faults(answer)["custom.tag"] == "Tag: Bitte ein Datum eingeben, zum Beispiel 31.01.2026."
    right = {f"custom.{key}": good for key, (_, good, _) in CUSTOM.items()}
    assert (await forms.send(form, {"last_name": "Zuse", "custom.mehr": ["b", "a"], **right})).outcome == TAKEN
    (person,) = await forms.people()
    shown = {item.key: getattr(item, item.WhichOneof("value")) for item in person.custom.values}
    assert set(shown.pop("mehr").keys) == {"a", "b"}
    expected = {"text": "Zeile 1\nZeile 2", "zahl": 42, "anteil": "12.5", "tag": "2026-01-31", "wahl": "a", "ja": True}
    assert shown == {**expected, "link": "https://example.org"}
    (told,) = await forms.contacts.published(events.FormSubmitted)
    assert "Mehr: Zweites, Erstes" in told.submission.text


@pytest.mark.parametrize(
    "evil", ["Eva\r\nBcc: all@example.org", "Eva\0", "\u202eEva", "Eva\u2028<script>", "=cmd()", "' OR 1=1 --", "{0.__class__}"]
)
async def test_names_are_kept_as_one_line_of_plain_text(forms: Any, evil: str) -> None:
    form = await forms.make(keys=(("last_name", True), ("message", False)))
    assert (await forms.send(form, {"last_name": evil, "message": evil})).outcome == TAKEN
    (person,) = await forms.people()
    assert person.last_name.isprintable()
    assert not {"\u202e", "\u2028", "\n", "\0"} & set(person.last_name)


@pytest.mark.parametrize(
    "address",
    ["a@example.org\r\nBcc: b@example.org", "a@example.org,b@example.org", "a b@example.org", "<a@example.org>", "a@b@c", "a@\0.org"],
)
async def test_an_address_that_could_be_more_than_one_is_none(forms: Any, address: str) -> None:
    form = await forms.make()
    assert "email" in faults(await forms.send(form, {"last_name": "Zuse", "email": address}))


async def test_fields_that_the_form_has_not_are_passed_over(forms: Any) -> None:
    form = await forms.make(keys=(("last_name", True),))
    extra = {f"x{number}": "y" for number in range(500)} | {"tags": "VIP", "email": "a@example.org", "custom.vip": "1"}
    assert (await forms.send(form, {"last_name": "Zuse", **extra})).outcome == TAKEN
    (person,) = await forms.people()
    assert not person.emails
    assert not person.tags


async def test_submissions_are_listed_newest_first_by_state_and_page(forms: Any) -> None:
    form = await forms.make()
    for number in range(3):
        await forms.send(form, {"last_name": f"Nr. {number}", "email": f"a{number}@example.org"})
    await forms.send(form, trap="http://spam.example")
    confirmed = submissions.SUBMISSION_STATE_CONFIRMED
    request = submissions.ListFormSubmissionsRequest(form_id=form.id, page_size=2, state=confirmed)
    first = await forms.contacts.call(request)
    request.page_token = first.next_page_token
    rest = await forms.contacts.call(request)
    found = [item.values[0].values[0] for item in (*first.form_submissions, *rest.form_submissions)]
    assert found == ["Nr. 2", "Nr. 1", "Nr. 0"]
    assert len(await forms.submissions(form)) == 4


async def test_who_is_deleted_takes_along_what_they_sent(forms: Any) -> None:
    form = await forms.make()
    await forms.send(form)
    (kept,) = await forms.submissions(form)
    await forms.contacts.call(persons.DeletePersonRequest(id=kept.person_id))
    with pytest.raises(NotFound):
        await forms.contacts.call(submissions.GetFormSubmissionRequest(id=kept.id))


async def test_a_deleted_form_leaves_what_made_somebody(forms: Any) -> None:
    form = await forms.make()
    await forms.send(form)
    await forms.send(form, trap="x")
    rejected, kept = await forms.submissions(form)
    await forms.contacts.call(pb.DeleteWebFormRequest(id=form.id))
    assert (await forms.contacts.call(submissions.GetFormSubmissionRequest(id=kept.id))).form_name == "Kontakt"
    with pytest.raises(NotFound):
        await forms.contacts.call(submissions.GetFormSubmissionRequest(id=rejected.id))


async def test_what_was_rejected_can_be_accepted_once(forms: Any) -> None:
    form = await forms.make(tags=["Web"])
    await forms.send(form, trap="x")
    (rejected,) = await forms.submissions(form)
    assert await forms.people() == []
    accepted = await forms.contacts.call(submissions.AcceptFormSubmissionRequest(id=rejected.id))
    assert accepted.state == submissions.SUBMISSION_STATE_CONFIRMED
    assert (accepted.rejection, accepted.person_created, accepted.HasField("expire_time")) == ("", True, False)
    (person,) = await forms.people()
    assert (person.id, person.last_name, person.tags) == (accepted.person_id, "Öztürk", ["Web"])
    user = forms.contacts.user.user_id
    assert audited(forms, f"form-submissions/{rejected.id}") == [("create", "form", ""), ("accept", "user", user)]
    with pytest.raises(FailedPrecondition):
        await forms.contacts.call(submissions.AcceptFormSubmissionRequest(id=rejected.id))


async def test_what_names_nobody_cannot_be_accepted(forms: Any) -> None:
    form = await forms.make()
    await forms.send(form, {"message": "Kaufen!", "email": "kein@"}, trap="x")
    (rejected,) = await forms.submissions(form)
    with pytest.raises(FailedPrecondition):
        await forms.contacts.call(submissions.AcceptFormSubmissionRequest(id=rejected.id))


async def test_what_was_rejected_is_accepted_without_what_is_wrong_with_it(forms: Any) -> None:
    form = await forms.make()
    await forms.send(form, {"last_name": "Zuse", "email": "kein@"}, trap="x")
    (rejected,) = await forms.submissions(form)
    await forms.contacts.call(submissions.AcceptFormSubmissionRequest(id=rejected.id))
    (person,) = await forms.people()
    assert (person.last_name, list(person.emails)) == ("Zuse", [])
