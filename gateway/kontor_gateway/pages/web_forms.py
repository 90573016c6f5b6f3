"""`/forms/{key}`: web forms for strangers, as pages and for scripts of sites that may use them (B17).

Nothing here knows who is asking: there is no session and no cookie, so there is nothing that a foreign page could misuse. Where a
browser says from which site something is sent, that must be ours or one that the form allows.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import Receive

from kontor.contacts.v1 import public_forms_pb2 as pb
from kontor.contacts.v1.web_forms_pb2 import FORM_LANGUAGE_DE, FORM_LANGUAGE_EN, FORM_LANGUAGE_UNSPECIFIED
from kontor_chassis.errors import NotFound, PermissionDenied, ResourceExhausted
from kontor_chassis.rpc.channel import Channel
from kontor_gateway.codec_query import parse_query
from kontor_gateway.exchange import Exchange, read_body
from kontor_gateway.pages import form_rendering as pages
from kontor_gateway.pages.form_input import FORM_TYPE, JSON_TYPE, Sent, from_form, from_json
from kontor_gateway.pages.form_operations import FORM, SEND
from kontor_gateway.pages.page import Page
from kontor_gateway.problems import ContentTooLarge, UnsupportedMediaType

SERVICE = "/kontor.contacts.v1.PublicFormService"
GET, SUBMIT = f"{SERVICE}/GetPublicForm", f"{SERVICE}/SubmitPublicForm"
LOOK, CONFIRM = f"{SERVICE}/GetFormConfirmation", f"{SERVICE}/ConfirmFormSubmission"
_TEMPLATE = "/forms/{key}"
_CONFIRM_TEMPLATE = "/forms/{key}/confirm/{token}"
# More than all fields of a form hold, written in the longest way.
MAX_BODY = 512 * 1024
_LANGUAGES = {"de": FORM_LANGUAGE_DE, "en": FORM_LANGUAGE_EN}
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True)
class _Visit:
    """What a request says beside its body."""

    key: str
    # As the address wishes it; unspecified: the form's own.
    language: Any
    origin: str
    json: bool

    @property
    def word(self) -> str:
        return pages.word_of(self.language)

    @property
    def action(self) -> str:
        return f"/forms/{self.key}?lang={self.word}" if self.language else f"/forms/{self.key}"


def web_form_pages(contacts: Channel) -> list[Page]:
    async def fetch(exchange: Exchange, visit: _Visit) -> pb.PublicForm:
        request = pb.GetPublicFormRequest(key=visit.key, language=visit.language)
        return await contacts.unary(GET, request, pb.PublicForm, metadata=exchange.metadata(), timeout=exchange.remaining())

    async def show(exchange: Exchange, receive: Receive) -> Response:
        visit = _visit(exchange, asked=exchange.header(b"accept") or "")
        try:
            form = await fetch(exchange, visit)
        except NotFound:
            return _not_found(visit)
        if visit.json:
            _check_origin(exchange, visit, form)
            return JSONResponse(_definition(form), headers=_cors(visit, form))
        return pages.form_page(form, action=visit.action, values={})

    async def send(exchange: Exchange, receive: Receive) -> Response:
        content_type = exchange.header(b"content-type") or FORM_TYPE
        visit = _visit(exchange, asked=content_type)
        body = await read_body(receive)
        try:
            form = await fetch(exchange, visit)
        except NotFound:
            return _not_found(visit)
        try:
            _check_origin(exchange, visit, form)
            if len(body) > MAX_BODY:
                raise ContentTooLarge(f"The body must have at most {MAX_BODY} bytes.")
            sent = _read(body, content_type, form)
            answer = await submit(exchange, visit, sent)
        except (ContentTooLarge, PermissionDenied, ResourceExhausted) as error:
            if visit.json:
                raise
            return _refusal(error, visit)
        if visit.json:
            return _told(answer, _cors(visit, form))
        return _answered(answer, visit, sent)

    async def submit(exchange: Exchange, visit: _Visit, sent: Sent) -> pb.SubmitPublicFormResponse:
        request = pb.SubmitPublicFormRequest(
            key=visit.key,
            language=visit.language,
            values=[pb.SentValue(key=key, values=values) for key, values in sent.values.items()],
            consent=sent.consent,
            page_token=sent.page_token,
            trap=sent.trap,
            peer=exchange.peer,
            origin=visit.origin if visit.origin != "null" else "",
        )
        answer = pb.SubmitPublicFormResponse
        return await contacts.unary(SUBMIT, request, answer, metadata=exchange.metadata(), timeout=exchange.remaining())

    async def preflight(exchange: Exchange, receive: Receive) -> Response:
        visit = _visit(exchange, asked=JSON_TYPE)
        try:
            form = await fetch(exchange, visit)
        except NotFound:
            return Response(status_code=204, headers={"Allow": "GET, HEAD, OPTIONS, POST"})
        return Response(status_code=204, headers={"Allow": "GET, HEAD, OPTIONS, POST", **_cors(visit, form)})

    async def look(exchange: Exchange, receive: Receive) -> Response:
        return await confirmation(exchange, LOOK)

    async def confirm(exchange: Exchange, receive: Receive) -> Response:
        return await confirmation(exchange, CONFIRM)

    async def confirmation(exchange: Exchange, method: str) -> Response:
        visit = _visit(exchange, asked="")
        token = exchange.parameters["token"]
        kind = pb.GetFormConfirmationRequest if method == LOOK else pb.ConfirmFormSubmissionRequest
        request = kind(key=visit.key, token=token if _SECRET.fullmatch(token) else "")
        try:
            found = await contacts.unary(method, request, pb.FormConfirmation, metadata=exchange.metadata(), timeout=exchange.remaining())
        except NotFound:
            return pages.message_page("link", language=_spoken(exchange, visit), status=404)
        if not found.confirmed:
            return pages.confirm_page(found, action=f"/forms/{visit.key}/confirm/{token}")
        return _thanks(found.title, found.thanks, found.redirect_url, found.allowed_origins, pages.word_of(found.language))

    return [
        Page(_TEMPLATE, show, FORM),
        Page(_TEMPLATE, send, SEND, verb="POST"),
        Page(_TEMPLATE, preflight, verb="OPTIONS"),
        Page(_CONFIRM_TEMPLATE, look),
        Page(_CONFIRM_TEMPLATE, confirm, verb="POST"),
    ]


def _visit(exchange: Exchange, *, asked: str) -> _Visit:
    key = exchange.parameters["key"]
    query = dict(parse_query(exchange.scope.get("query_string", b"")))
    return _Visit(
        key=key if _SECRET.fullmatch(key) else "",
        language=_LANGUAGES.get(query.get("lang", ""), FORM_LANGUAGE_UNSPECIFIED),
        origin=exchange.header(b"origin") or "",
        json=asked.partition(";")[0].strip().lower() == JSON_TYPE,
    )


def _read(body: bytes, content_type: str, form: pb.PublicForm) -> Sent:
    match content_type.partition(";")[0].strip().lower():
        case "application/json":
            return from_json(body, form)
        case "application/x-www-form-urlencoded":
            return from_form(body, form)
    raise UnsupportedMediaType(f"The body must be {FORM_TYPE} or {JSON_TYPE}.")


def _check_origin(exchange: Exchange, visit: _Visit, form: pb.PublicForm) -> None:
    """Programs that are no browsers say nothing, or whatever they like; for them there are the limits. A frame that its site has locked
    up says "null"."""
    if visit.origin in ("", "null") or visit.origin in form.allowed_origins:
        return
    if _host_of(visit.origin) == (exchange.header(b"host") or "").lower():
        return
    raise PermissionDenied("The form cannot be used from this origin.", reason="ORIGIN_NOT_ALLOWED")


def _host_of(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return "?"


def _answered(answer: pb.SubmitPublicFormResponse, visit: _Visit, sent: Sent) -> Response:
    form = answer.form
    match answer.outcome:
        case pb.SUBMISSION_OUTCOME_TAKEN:
            return _thanks(form.title, answer.thanks, form.redirect_url, form.allowed_origins, pages.word_of(form.language))
        case pb.SUBMISSION_OUTCOME_MAILED:
            language = pages.word_of(form.language)
            return pages.done_page(form.title, answer.thanks, language=language, allowed_origins=form.allowed_origins)
        case pb.SUBMISSION_OUTCOME_UNSURE:
            return pages.form_page(form, action=visit.action, values=sent.values, consent=sent.consent, unsure=True)
    faults = {fault.key: fault.message for fault in answer.faults}
    return pages.form_page(form, action=visit.action, values=sent.values, consent=sent.consent, faults=faults, status=422)


def _thanks(title: str, thanks: str, redirect_url: str, allowed_origins: Any, language: str) -> Response:
    if redirect_url:
        return RedirectResponse(redirect_url, status_code=303, headers=pages.frame_headers(allowed_origins, redirect_url))
    return pages.done_page(title, thanks, language=language, allowed_origins=allowed_origins)


def _told(answer: pb.SubmitPublicFormResponse, headers: Mapping[str, str]) -> Response:
    """The same for scripts."""
    word = pb.SubmissionOutcome.Name(answer.outcome).removeprefix("SUBMISSION_OUTCOME_").lower()
    form = answer.form
    match answer.outcome:
        case pb.SUBMISSION_OUTCOME_TAKEN | pb.SUBMISSION_OUTCOME_MAILED:
            redirect_url = form.redirect_url if answer.outcome == pb.SUBMISSION_OUTCOME_TAKEN else ""
            return JSONResponse({"outcome": word, "thanks": answer.thanks, "redirect_url": redirect_url}, headers=headers)
        case pb.SUBMISSION_OUTCOME_UNSURE:
            errors = [{"field": "page_token", "message": "is missing, or too old; send it again with this one"}]
        case _:
            errors = [{"field": fault.key, "message": fault.message} for fault in answer.faults]
    content = {"outcome": word, "errors": errors, "page_token": form.page_token}
    return JSONResponse(content, status_code=422, headers=headers)


def _definition(form: pb.PublicForm) -> dict[str, Any]:
    fields = [
        {
            "key": field.key,
            "label": field.label,
            "required": field.required,
            "input": field.input,
            "max_length": field.max_length,
            "choices": [{"key": choice.key, "label": choice.label} for choice in field.choices],
        }
        for field in form.fields
    ]
    return {
        "language": pages.word_of(form.language),
        "title": form.title,
        "introduction": form.introduction,
        "button": form.button,
        "fields": fields,
        "consent": {"text": form.consent, "required": form.consent_required} if form.consent else None,
        "page_token": form.page_token,
    }


def _cors(visit: _Visit, form: pb.PublicForm) -> dict[str, str]:
    """Fetch, section 3.2. Nothing where the origin is not one that the form allows: browsers then keep the answer from the page."""
    if visit.origin not in form.allowed_origins:
        return {"Vary": "Accept, Origin"}
    return {
        "Access-Control-Allow-Origin": visit.origin,
        "Access-Control-Allow-Methods": "GET, POST",
        "Access-Control-Allow-Headers": "Content-Type",
        "Access-Control-Max-Age": "600",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Vary": "Accept, Origin",
    }


def _not_found(visit: _Visit) -> Response:
    if visit.json:
        raise NotFound("There is no such form.")
    return pages.message_page("not_found", language=visit.word, status=404)


def _refusal(error: ContentTooLarge | PermissionDenied | ResourceExhausted, visit: _Visit) -> Response:
    match error:
        case ResourceExhausted():
            wait = {"Retry-After": error.detail.get("retry_after", "60")}
            return pages.message_page("busy", language=visit.word, status=429, headers=wait)
        case PermissionDenied():
            return pages.message_page("foreign", language=visit.word, status=403)
    return pages.message_page("large", language=visit.word, status=413)


def _spoken(exchange: Exchange, visit: _Visit) -> str:
    """Where no form says which language: that of the browser."""
    if visit.language:
        return visit.word
    return "en" if (exchange.header(b"accept-language") or "").strip().lower().startswith("en") else "de"
