"""Definitions of web forms (B17): what they hold, what is refused, and their keys (A5)."""

from dataclasses import replace
from typing import Any

import pytest

from kontor.contacts.v1 import custom_fields_pb2 as custom
from kontor.contacts.v1 import form_submissions_pb2 as submissions
from kontor.contacts.v1 import public_forms_pb2 as public
from kontor.contacts.v1 import web_forms_pb2 as pb
from kontor.contacts.v1.record_kinds_pb2 import RECORD_KIND_PERSON
from kontor_chassis.errors import Aborted, AlreadyExists, FailedPrecondition, InvalidArgument, NotFound, PermissionDenied
from kontor_chassis.ids import new_id
from kontor_chassis.testing import STRANGER

NAME = pb.FormField(key="last_name", required=True)


async def test_a_form_is_answered_as_it_is_kept(forms: Any) -> None:
    given = pb.WebForm(
        name="  Newsletter ",
        active=True,
        language=pb.FORM_LANGUAGE_EN,
        title=pb.FormText(de="Neuigkeiten", en="News"),
        fields=[pb.FormField(key="email", required=True, label=pb.FormText(de="Ihre Adresse"))],
        consent=pb.FormConsent(text=pb.FormText(de="Ich stimme zu."), required=True),
        tags=["Newsletter", "newsletter", "Web"],
        responsible_user_id=new_id(),
        campaign="Messe 2026",
        redirect_url="https://Müller.example/danke ".strip(),
        allowed_origins=["https://www.Müller.example/", "https://shop.example:443", "http://localhost:3000"],
        double_opt_in=True,
    )
    made = await forms.contacts.call(pb.CreateWebFormRequest(web_form=given))
    assert await forms.contacts.call(pb.GetWebFormRequest(id=made.id)) == made
    assert (made.name, made.tags, made.campaign, made.etag) == ("Newsletter", ["Newsletter", "Web"], "Messe 2026", "1")
    assert made.redirect_url == "https://xn--mller-kva.example/danke"
    assert made.allowed_origins == ["https://www.xn--mller-kva.example", "https://shop.example", "http://localhost:3000"]
    assert made.url_path == f"/forms/{made.key}"
    assert len(made.key) == 22
    assert made.creator_user_id == forms.contacts.user.user_id


async def test_the_snippets_hold_the_address_and_no_markup_of_others(forms: Any) -> None:
    labels = pb.FormText(de='<script>alert("1")</script>')
    made = await forms.make(title=pb.FormText(de='A"><img src=x>'), fields=[pb.FormField(key="last_name", required=True, label=labels)])
    address = f"http://127.0.0.1:8080/forms/{made.key}"
    assert f'<iframe src="{address}"' in made.snippets.iframe
    assert f'<form action="{address}" method="post"' in made.snippets.html
    assert "<script" not in made.snippets.html
    assert "<img" not in made.snippets.iframe


async def test_the_language_is_the_accounts_unless_told(forms: Any) -> None:
    assert (await forms.make()).language == pb.FORM_LANGUAGE_DE


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("name", {"name": " "}),
        ("name", {"name": "x" * 101}),
        ("fields", {"fields": []}),
        ("fields", {"fields": [pb.FormField(key="last_name")]}),
        ("fields", {"fields": [NAME, *[pb.FormField(key="x")] * 50]}),
        ("fields[1].key", {"fields": [NAME, NAME]}),
        ("fields[1].key", {"fields": [NAME, pb.FormField(key="website")]}),
        ("fields[1].key", {"fields": [NAME, pb.FormField(key="custom.unknown")]}),
        ("fields[0].label.en", {"fields": [pb.FormField(key="last_name", required=True, label=pb.FormText(en="x" * 2001))]}),
        ("title.de", {"title": pb.FormText(de="x" * 2001)}),
        ("consent.text", {"consent": pb.FormConsent(required=True)}),
        ("consent.text.de", {"consent": pb.FormConsent(text=pb.FormText(de="x" * 2001))}),
        ("tags[0]", {"tags": [""]}),
        ("tags", {"tags": [str(number) for number in range(201)]}),
        ("responsible_user_id", {"responsible_user_id": "Anna"}),
        ("campaign", {"campaign": "x" * 201}),
        ("double_opt_in", {"double_opt_in": True}),
        ("redirect_url", {"redirect_url": "http://example.org/"}),
        ("redirect_url", {"redirect_url": "javascript:alert(1)"}),
        ("redirect_url", {"redirect_url": "//example.org"}),
        ("redirect_url", {"redirect_url": "https://user:password@example.org/"}),
        ("redirect_url", {"redirect_url": "https://exa;mple.org/"}),
        ("allowed_origins[0]", {"allowed_origins": ["http://example.org"]}),
        ("allowed_origins[0]", {"allowed_origins": ["*"]}),
        ("allowed_origins[0]", {"allowed_origins": ["https://*.example.org"]}),
        ("allowed_origins[0]", {"allowed_origins": ["https://example.org/path"]}),
        ("allowed_origins[0]", {"allowed_origins": ["https://example.org; script-src *"]}),
        ("allowed_origins[0]", {"allowed_origins": ["https://example.org:99999"]}),
        ("allowed_origins[1]", {"allowed_origins": ["https://example.org", "null"]}),
        ("allowed_origins", {"allowed_origins": [f"https://{number}.example" for number in range(21)]}),
    ],
)
async def test_what_a_form_cannot_be_is_refused_with_its_field(forms: Any, field: str, values: dict[str, Any]) -> None:
    form = pb.WebForm(**{"name": "Kontakt", "fields": [NAME], **values})
    with pytest.raises(InvalidArgument) as caught:
        await forms.contacts.call(pb.CreateWebFormRequest(web_form=form))
    assert [violation.field for violation in caught.value.violations] == [field]


async def test_a_name_stands_for_one_form(forms: Any) -> None:
    made = await forms.make(name="Kontakt")
    with pytest.raises(AlreadyExists):
        await forms.make(name="KONTAKT")
    other = await forms.make(name="Anderes")
    changed = pb.WebForm(id=other.id, name="kontakt")
    with pytest.raises(AlreadyExists):
        await forms.contacts.call(pb.UpdateWebFormRequest(web_form=changed, update_mask=["name"]))
    await forms.contacts.call(pb.UpdateWebFormRequest(web_form=pb.WebForm(id=made.id, name="KONTAKT"), update_mask=["name"]))


async def test_an_account_cannot_have_any_number_of_forms(forms: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kontor_contacts.usecases.web_forms.MAX_FORMS", 1)
    await forms.make()
    with pytest.raises(FailedPrecondition):
        await forms.make(name="Zweites")


async def test_a_change_touches_what_it_names_and_needs_the_present_etag(forms: Any) -> None:
    made = await forms.make(tags=["Web"], campaign="Messe")
    changed = pb.WebForm(id=made.id, active=False, campaign="")
    after = await forms.contacts.call(pb.UpdateWebFormRequest(web_form=changed, update_mask=["active"], etag="1"))
    assert (after.active, after.campaign, after.tags, after.etag, after.key) == (False, "Messe", ["Web"], "2", made.key)
    with pytest.raises(Aborted):
        await forms.contacts.call(pb.UpdateWebFormRequest(web_form=changed, update_mask=["campaign"], etag="1"))
    same = await forms.contacts.call(pb.UpdateWebFormRequest(web_form=changed, update_mask=["active"]))
    assert same.etag == "2"


async def test_forms_are_listed_by_name_page_by_page(forms: Any) -> None:
    for name in ("beta", "Alpha", "Gamma"):
        await forms.make(name=name)
    first = await forms.contacts.call(pb.ListWebFormsRequest(page_size=2))
    rest = await forms.contacts.call(pb.ListWebFormsRequest(page_size=2, page_token=first.next_page_token))
    assert [form.name for form in (*first.web_forms, *rest.web_forms)] == ["Alpha", "beta", "Gamma"]
    assert rest.next_page_token == ""


async def test_a_rotated_key_opens_nothing_and_the_new_one_does(forms: Any) -> None:
    made = await forms.make()
    page = await forms.look(made)
    rotated = await forms.contacts.call(pb.RotateWebFormKeyRequest(id=made.id))
    assert rotated.key != made.key
    with pytest.raises(NotFound):
        await forms.look(made)
    with pytest.raises(NotFound):
        await forms.send(made, page_token=page.page_token)
    answer = await forms.send(rotated, page_token=page.page_token)
    assert answer.outcome == public.SUBMISSION_OUTCOME_UNSURE, "a page of the old key was accepted"
    assert (await forms.look(rotated)).title == "Kontakt"


async def test_a_form_that_is_not_active_or_deleted_is_not_there(forms: Any) -> None:
    made = await forms.make(active=False)
    with pytest.raises(NotFound):
        await forms.look(made)
    shown = await forms.make(name="Anderes")
    await forms.contacts.call(pb.DeleteWebFormRequest(id=shown.id))
    with pytest.raises(NotFound):
        await forms.look(shown)
    with pytest.raises(NotFound):
        await forms.submissions(shown)


@pytest.mark.parametrize("key", ["", "x" * 22, "' OR 1=1 --'xxxxxxxxxx", "x" * 10_000, "a\0b", "…" * 22])
async def test_a_key_that_is_none_opens_nothing(forms: Any, key: str) -> None:
    await forms.make()
    for request in (public.GetPublicFormRequest(key=key), public.SubmitPublicFormRequest(key=key)):
        with pytest.raises(NotFound):
            await forms.contacts.call(request, user=STRANGER)


async def test_the_page_speaks_the_language_that_is_asked_for_with_our_words_where_there_are_none(forms: Any) -> None:
    made = await forms.make(title=pb.FormText(de="Anfrage"), consent=pb.FormConsent(text=pb.FormText(de="Ich stimme zu.")))
    german = await forms.look(made)
    english = await forms.look(made, language=pb.FORM_LANGUAGE_EN)
    assert (german.title, german.button, german.fields[1].label) == ("Anfrage", "Absenden", "Nachname")
    assert (english.title, english.button, english.fields[1].label) == ("Contact", "Send", "Last name")
    # What is agreed to is never made up.
    assert english.consent == "Ich stimme zu."
    assert [(field.key, field.input, field.autocomplete, field.required) for field in german.fields] == [
        ("first_name", "text", "given-name", False),
        ("last_name", "text", "family-name", True),
        ("email", "email", "email", True),
        ("message", "long_text", "", False),
    ]


async def test_a_custom_field_shows_until_it_is_archived(forms: Any) -> None:
    field = custom.CustomField(
        record_kind=RECORD_KIND_PERSON,
        key="thema",
        label="Thema",
        type=custom.CUSTOM_FIELD_TYPE_CHOICE,
        choices=[custom.Choice(key="bau", label="Bau & Umbau")],
    )
    kept = await forms.contacts.call(custom.CreateCustomFieldRequest(custom_field=field))
    made = await forms.make(keys=(("last_name", True), ("custom.thema", True)))
    shown = (await forms.look(made)).fields[1]
    assert (shown.key, shown.label, shown.input) == ("custom.thema", "Thema", "choice")
    assert [(choice.key, choice.label) for choice in shown.choices] == [("bau", "Bau & Umbau")]
    archived = custom.CustomField(id=kept.id, archived=True)
    await forms.contacts.call(custom.UpdateCustomFieldRequest(custom_field=archived, update_mask=["archived"]))
    assert [field.key for field in (await forms.look(made)).fields] == ["last_name"]
    assert (await forms.send(made, {"last_name": "Zuse"})).outcome == public.SUBMISSION_OUTCOME_TAKEN


async def test_another_account_finds_none_of_it(forms: Any) -> None:
    made = await forms.make()
    await forms.send(made)
    (submission,) = await forms.submissions(made)
    other = replace(forms.contacts.user, account_id=new_id())
    assert not (await forms.contacts.call(pb.ListWebFormsRequest(), user=other)).web_forms
    for request in (
        pb.GetWebFormRequest(id=made.id),
        pb.UpdateWebFormRequest(web_form=pb.WebForm(id=made.id, name="Meins"), update_mask=["name"]),
        pb.DeleteWebFormRequest(id=made.id),
        pb.RotateWebFormKeyRequest(id=made.id),
        submissions.ListFormSubmissionsRequest(form_id=made.id),
        submissions.GetFormSubmissionRequest(id=submission.id),
        submissions.AcceptFormSubmissionRequest(id=submission.id),
    ):
        with pytest.raises(NotFound):
            await forms.contacts.call(request, user=other)


async def test_who_may_only_read_or_write_contacts_makes_no_forms(forms: Any) -> None:
    made = await forms.make()
    member = replace(forms.contacts.user, scopes=frozenset({"contacts.read", "contacts.write", "contacts.delete"}))
    for request in (
        pb.CreateWebFormRequest(web_form=pb.WebForm(name="x", fields=[NAME])),
        pb.UpdateWebFormRequest(web_form=pb.WebForm(id=made.id), update_mask=["active"]),
        pb.DeleteWebFormRequest(id=made.id),
        pb.RotateWebFormKeyRequest(id=made.id),
    ):
        with pytest.raises(PermissionDenied):
            await forms.contacts.call(request, user=member)
    assert (await forms.contacts.call(pb.GetWebFormRequest(id=made.id), user=member)).active
