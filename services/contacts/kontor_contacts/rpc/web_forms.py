"""kontor.contacts.v1.WebFormService."""

from typing import Any

from google.protobuf.empty_pb2 import Empty

from kontor.contacts.v1 import web_forms_pb2 as pb
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.etags import etag_of
from kontor_chassis.paging import open_page
from kontor_chassis.proto import Words, to_timestamp
from kontor_contacts.domain import form_snippets
from kontor_contacts.domain.web_forms import FormConsent, FormField, FormText, WebForm
from kontor_contacts.usecases import web_forms

LANGUAGES = Words(pb.FormLanguage)
_TEXTS = ("title", "introduction", "button", "thanks")


def create_web_form(request: pb.CreateWebFormRequest, session: WriteSession) -> pb.WebForm:
    return _form_to(session, web_forms.create(session, _form_from(request.web_form)))


def get_web_form(request: pb.GetWebFormRequest, session: ReadSession) -> pb.WebForm:
    return _form_to(session, web_forms.get(session, request.id))


def list_web_forms(request: pb.ListWebFormsRequest, session: ReadSession) -> pb.ListWebFormsResponse:
    page = open_page(request, position=(str, str))
    found = web_forms.find(session, after=page.after, limit=page.size + 1)
    kept, next_page_token = page.cut(found, lambda form: (form.name_key, form.id))
    return pb.ListWebFormsResponse(web_forms=[_form_to(session, form) for form in kept], next_page_token=next_page_token)


def update_web_form(request: pb.UpdateWebFormRequest, session: WriteSession) -> pb.WebForm:
    message = request.web_form
    wanted = _form_from(message)
    etag = request.etag or message.etag
    return _form_to(session, web_forms.update(session, message.id, wanted, mask=request.update_mask, etag=etag))


def delete_web_form(request: pb.DeleteWebFormRequest, session: WriteSession) -> Empty:
    web_forms.delete(session, request.id, etag=request.etag)
    return Empty()


def rotate_web_form_key(request: pb.RotateWebFormKeyRequest, session: WriteSession) -> pb.WebForm:
    return _form_to(session, web_forms.rotate_key(session, request.id, etag=request.etag))


def _form_from(message: pb.WebForm) -> WebForm:
    texts: dict[str, Any] = {name: _text_from(getattr(message, name)) for name in _TEXTS}
    return WebForm(
        **texts,
        name=message.name,
        active=message.active,
        language=LANGUAGES.word(message.language, field="language"),
        fields=tuple(FormField(item.key.strip(), item.required, _text_from(item.label)) for item in message.fields),
        consent=FormConsent(_text_from(message.consent.text), message.consent.required),
        tags=tuple(message.tags),
        responsible_user_id=message.responsible_user_id,
        campaign=message.campaign,
        redirect_url=message.redirect_url,
        allowed_origins=tuple(message.allowed_origins),
        double_opt_in=message.double_opt_in,
    )


def _text_from(message: pb.FormText) -> FormText:
    return FormText(message.de, message.en)


def _form_to(session: ReadSession, form: WebForm) -> pb.WebForm:
    texts = {name: _text_to(getattr(form, name)) for name in _TEXTS}
    consent = pb.FormConsent(text=_text_to(form.consent.text), required=form.consent.required)
    return pb.WebForm(
        **texts,
        id=form.id,
        etag=etag_of(form.version),
        name=form.name,
        active=form.active,
        language=LANGUAGES.number(form.language),
        fields=[pb.FormField(key=item.key, required=item.required, label=_text_to(item.label)) for item in form.fields],
        consent=consent if form.consent.text.of_any("de") else None,
        tags=form.tags,
        responsible_user_id=form.responsible_user_id,
        campaign=form.campaign,
        redirect_url=form.redirect_url,
        allowed_origins=form.allowed_origins,
        double_opt_in=form.double_opt_in,
        key=form.key,
        url_path=f"/forms/{form.key}",
        snippets=_snippets(session, form),
        create_time=to_timestamp(form.create_time),
        update_time=to_timestamp(form.update_time),
        creator_user_id=form.creator_user_id,
    )


def _text_to(text: FormText) -> pb.FormText | None:
    return pb.FormText(de=text.de, en=text.en) if text.de or text.en else None


def _snippets(session: ReadSession, form: WebForm) -> pb.FormSnippets:
    address = f"{session.context.settings.public_address}/forms/{form.key}"
    fields = web_forms.shown_fields(session, form, form.language)
    return pb.FormSnippets(
        iframe=form_snippets.iframe(address, form.says("title", form.language)),
        html=form_snippets.plain(address, fields, button=form.says("button", form.language)),
    )
