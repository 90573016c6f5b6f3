"""Web forms as pages and for scripts (B17): accessible without any script, safe to be shown by those who may, and inert for the others."""

import base64
import hashlib
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from kontor.contacts.v1 import public_forms_pb2 as pb
from kontor.contacts.v1.web_forms_pb2 import FORM_LANGUAGE_DE, FORM_LANGUAGE_EN
from kontor_chassis.errors import NotFound, ResourceExhausted

SERVICE = "/kontor.contacts.v1.PublicFormService"
GET, SUBMIT = f"{SERVICE}/GetPublicForm", f"{SERVICE}/SubmitPublicForm"
LOOK, CONFIRM = f"{SERVICE}/GetFormConfirmation", f"{SERVICE}/ConfirmFormSubmission"
FORM = "/forms/abcdefghijklmnopqrstuv"
SITE = "https://www.example.org"
EVIL = "\"><script>alert(1)</script><img src=x onerror='x'>{{ 7*7 }}"
INPUTS = ("text", "email", "tel", "url", "date", "number", "decimal", "long_text", "choice", "choices", "yes_no")


def a_form(**fields: Any) -> pb.PublicForm:
    shown = [pb.PublicField(key=kind, label=kind.title(), required=True, input=kind, max_length=100) for kind in INPUTS]
    for field in shown:
        if field.input in ("choice", "choices"):
            field.choices.extend([pb.PublicChoice(key="a", label="A & B"), pb.PublicChoice(key="b", label="C")])
    shown[1].autocomplete = "email"
    values: dict[str, Any] = {
        "language": FORM_LANGUAGE_DE, "title": "Kontakt", "introduction": "Erste Zeile\nZweite", "button": "Absenden", "fields": shown,
        "consent": "Ich stimme zu.", "consent_required": True, "allowed_origins": [SITE], "page_token": "t0",
    }  # fmt: skip
    return pb.PublicForm(**{**values, **fields})


def taken(**fields: Any) -> pb.SubmitPublicFormResponse:
    values: dict[str, Any] = {"outcome": pb.SUBMISSION_OUTCOME_TAKEN, "thanks": "Vielen Dank!", "form": a_form()}
    return pb.SubmitPublicFormResponse(**{**values, **fields})


@pytest.fixture
def stranger(gateway: Any) -> Any:
    del gateway.client.headers["authorization"]
    gateway.answer(GET, a_form())
    gateway.answer(SUBMIT, taken())
    return gateway


class Page(HTMLParser):
    """The elements of a page with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def all(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.elements if tag in tags]


async def test_the_page_has_a_label_for_every_field_and_needs_no_script(stranger: Any) -> None:
    response = await stranger.client.get(FORM)
    assert (response.status_code, response.headers["content-type"]) == (200, "text/html; charset=utf-8")
    page = Page(response.text)
    assert page.all("html") == [{"lang": "de"}]
    assert not page.all("script")
    named = [one for one in page.all("input", "textarea", "select") if one.get("type") not in ("hidden", "checkbox")]
    labelled = {one.get("for") for one in page.all("label")}
    assert {one["id"] for one in named} <= labelled
    ids = [one["id"] for _, one in page.elements if "id" in one]
    assert len(ids) == len(set(ids))
    assert len(page.all("fieldset")) == len(page.all("legend")) == 1
    email = next(one for one in named if one["name"] == "email")
    assert (email["type"], email["autocomplete"], email["maxlength"]) == ("email", "email", "100")
    assert "required" in email
    assert page.all("form") == [{"method": "post", "action": FORM, "accept-charset": "utf-8", "novalidate": None}]
    assert {one["name"]: one["value"] for one in page.all("input") if one["type"] == "hidden"} == {"page_token": "t0"}
    assert "A &amp; B" in response.text


async def test_the_page_may_be_framed_by_the_allowed_sites_only_and_sets_nothing(stranger: Any) -> None:
    response = await stranger.client.get(FORM)
    policy = dict(part.split(" ", 1) for part in response.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == SITE
    assert policy["form-action"] == "'self'"
    [style] = re.findall(r"<style>(.*?)</style>", response.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy["style-src"] == f"'sha256-{digest}'"
    assert "x-frame-options" not in response.headers
    assert "set-cookie" not in response.headers
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["referrer-policy"] == "same-origin"
    assert response.headers["x-content-type-options"] == "nosniff"


async def test_without_allowed_sites_no_frame_shows_it(stranger: Any) -> None:
    stranger.answer(GET, a_form(allowed_origins=[]))
    assert "frame-ancestors 'none'" in (await stranger.client.get(FORM)).headers["content-security-policy"]


async def test_browsers_let_the_redirect_after_sending_through(stranger: Any) -> None:
    stranger.answer(GET, a_form(redirect_url="https://www.example.org/danke?x=1"))
    assert "form-action 'self' https://www.example.org;" in (await stranger.client.get(FORM)).headers["content-security-policy"]


async def test_the_language_is_the_forms_or_the_addresss(stranger: Any) -> None:
    await stranger.client.get(FORM)
    stranger.answer(GET, a_form(language=FORM_LANGUAGE_EN))
    response = await stranger.client.get(f"{FORM}?lang=en")
    assert [call.request.language for call in stranger.calls(GET)] == [0, FORM_LANGUAGE_EN]
    page = Page(response.text)
    assert page.all("html") == [{"lang": "en"}]
    assert page.all("form")[0]["action"] == f"{FORM}?lang=en"


async def test_nothing_that_anybody_wrote_is_markup(stranger: Any) -> None:
    field = pb.PublicField(key=EVIL, label=EVIL, input="choice", max_length=9, choices=[pb.PublicChoice(key=EVIL, label=EVIL)])
    evil = a_form(title=EVIL, introduction=EVIL, button=EVIL, consent=EVIL, fields=[*a_form().fields, field], page_token=EVIL)
    stranger.answer(GET, evil)
    faults = [pb.FormFault(key=kind, message=EVIL) for kind in (*INPUTS, EVIL, "consent")]
    stranger.answer(SUBMIT, taken(outcome=pb.SUBMISSION_OUTCOME_FAULTY, faults=faults, form=evil))
    shown = await stranger.client.get(FORM)
    sent = await stranger.client.post(FORM, data=dict.fromkeys((*INPUTS, EVIL), EVIL))
    stranger.answer(SUBMIT, taken(thanks=EVIL, form=evil))
    thanked = await stranger.client.post(FORM, data={"text": EVIL})
    for response in (shown, sent, thanked):
        page = Page(response.text)
        assert not page.all("script", "img")
        assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
        assert "49" not in response.text


async def test_what_is_sent_reaches_the_owner_with_where_it_came_from(stranger: Any) -> None:
    data = {"text": "Öztürk", "choices": ["a", "b"], "consent": "yes", "page_token": "t1", "website": "spam", "unknown": "x"}
    response = await stranger.client.post(FORM, data=data, headers={"Origin": SITE})
    assert response.status_code == 200
    assert "Vielen Dank!" in response.text
    asked = stranger.asked(SUBMIT)
    assert {item.key: list(item.values) for item in asked.values} == {"text": ["Öztürk"], "choices": ["a", "b"]}
    assert (asked.key, asked.consent, asked.page_token, asked.trap) == ("abcdefghijklmnopqrstuv", True, "t1", "spam")
    assert (asked.peer, asked.origin) == ("192.0.2.7", SITE)
    assert "kontor-principal" not in stranger.calls(SUBMIT)[0].metadata


async def test_a_forged_forwarding_header_does_not_change_who_sends(stranger: Any) -> None:
    await stranger.client.post(FORM, data={"text": "x"}, headers={"X-Forwarded-For": "198.51.100.1", "Forwarded": "for=198.51.100.1"})
    assert stranger.asked(SUBMIT).peer == "192.0.2.7"


async def test_after_sending_a_browser_goes_where_the_form_says_and_nowhere_else(stranger: Any) -> None:
    stranger.answer(SUBMIT, taken(form=a_form(redirect_url="https://www.example.org/danke")))
    data = {"text": "x", "redirect_url": "https://evil.example", "next": "https://evil.example"}
    response = await stranger.client.post(f"{FORM}?redirect_url=https://evil.example&next=//evil.example", data=data)
    assert (response.status_code, response.headers["location"]) == (303, "https://www.example.org/danke")


async def test_faults_are_named_first_and_at_their_fields_with_what_was_entered(stranger: Any) -> None:
    faults = [pb.FormFault(key="email", message="E-Mail: ungültig"), pb.FormFault(key="consent", message="Bitte zustimmen.")]
    stranger.answer(SUBMIT, taken(outcome=pb.SUBMISSION_OUTCOME_FAULTY, faults=faults, form=a_form(page_token="t1")))
    data = {"email": "kein@", "long_text": "<b>\n&", "choice": "b", "choices": ["a"], "yes_no": "yes", "text": 'a"b'}
    response = await stranger.client.post(FORM, data=data)
    assert response.status_code == 422
    assert "<title>Fehler: Kontakt</title>" in response.text
    page = Page(response.text)
    assert [one["href"] for one in page.all("a")] == ["#f-email", "#f-consent"]
    by_name = {one["name"]: one for one in page.all("input", "select", "textarea") if one.get("type") != "checkbox"}
    assert (by_name["email"]["value"], by_name["email"]["aria-invalid"], by_name["email"]["aria-describedby"]) == (
        "kein@",
        "true",
        "e-email",
    )
    assert by_name["text"]["value"] == 'a"b'
    assert by_name["page_token"]["value"] == "t1"
    assert "&lt;b&gt;\n&amp;</textarea>" in response.text
    assert [one["value"] for one in page.all("option") if "selected" in one] == ["b"]
    assert [one["name"] for one in page.all("input") if "checked" in one] == ["choices", "yes_no"]


async def test_what_comes_from_no_page_of_ours_is_looked_through_first(stranger: Any) -> None:
    stranger.answer(SUBMIT, taken(outcome=pb.SUBMISSION_OUTCOME_UNSURE, form=a_form(page_token="fresh")))
    response = await stranger.client.post(FORM, data={"text": "Öztürk"})
    assert response.status_code == 200
    assert "noch einmal durch" in response.text
    assert 'value="Öztürk"' in response.text
    assert 'value="fresh"' in response.text


async def test_a_key_that_opens_nothing_is_a_page_that_says_so(stranger: Any) -> None:
    stranger.answer(GET, NotFound("There is no such form."))
    for send in (stranger.client.get, stranger.client.post):
        response = await send(FORM)
        assert (response.status_code, response.headers["content-type"]) == (404, "text/html; charset=utf-8")
        assert "nicht mehr" in response.text
    script = await stranger.client.get(FORM, headers={"Accept": "application/json"})
    assert (script.status_code, script.json()["reason"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize("key", ["a%00b", "%0d%0aX:%20y", "..", "x" * 5000, "a%22b", "%F0%9F%98%80"])
async def test_a_key_that_cannot_be_one_is_asked_for_as_none(stranger: Any, key: str) -> None:
    stranger.answer(GET, lambda request: NotFound("x") if request.key == "" else a_form())
    assert (await stranger.client.get(f"/forms/{key}")).status_code == 404


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (None, 200),
        ("null", 200),
        (SITE, 200),
        ("http://kontor.test", 200),
        ("https://evil.example", 403),
        ("https://www.example.org.evil", 403),
        ("http://[x", 403),
    ],
)
async def test_a_site_that_is_not_allowed_cannot_send(stranger: Any, origin: str | None, status: int) -> None:
    response = await stranger.client.post(FORM, data={"text": "x"}, headers={"Origin": origin} if origin else {})
    assert response.status_code == status
    assert len(stranger.calls(SUBMIT)) == (status == 200)


async def test_who_sends_too_much_is_told_when_to_come_back(stranger: Any) -> None:
    stranger.answer(SUBMIT, ResourceExhausted("x", detail={"retry_after": "42"}))
    response = await stranger.client.post(FORM, data={"text": "x"})
    assert (response.status_code, response.headers["retry-after"]) == (429, "42")
    assert response.headers["content-type"].startswith("text/html")


async def test_five_thousand_entries_and_ten_megabytes_are_refused(stranger: Any) -> None:
    many = await stranger.client.post(FORM, data={f"x{number}": "y" for number in range(5000)})
    assert many.status_code == 413
    large = await stranger.client.post(FORM, data={"text": "x" * 600_000})
    assert large.status_code == 413
    huge = await stranger.client.post(FORM, data={"text": "x" * 10_000_000})
    assert huge.status_code == 413
    assert not stranger.calls(SUBMIT)


@pytest.mark.parametrize("content_type", ["multipart/form-data; boundary=x", "text/plain", "application/xml", "x"])
async def test_other_bodies_are_refused(stranger: Any, content_type: str) -> None:
    response = await stranger.client.post(FORM, content=b"text=x", headers={"Content-Type": content_type})
    assert response.status_code == 415


@pytest.mark.parametrize("body", [b"%", b"=&=&==", b"text=%ff%fe%00", b"\xff\xfe\x00", b"text", b"&" * 200, b""])
async def test_bodies_that_make_no_sense_break_nothing(stranger: Any, body: bytes) -> None:
    response = await stranger.client.post(FORM, content=body, headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert response.status_code == 200


async def test_a_script_of_an_allowed_site_reads_the_form_and_sends_it(stranger: Any) -> None:
    headers = {"Origin": SITE}
    shown = await stranger.client.get(FORM, headers={**headers, "Accept": "application/json"})
    assert shown.headers["access-control-allow-origin"] == SITE
    assert shown.json()["page_token"] == "t0"
    assert shown.json()["consent"] == {"text": "Ich stimme zu.", "required": True}
    values = {"text": "Öztürk", "choices": ["a", "b"], "yes_no": True, "number": 42, "email": None}
    sent = await stranger.client.post(FORM, json={"values": values, "consent": True, "page_token": "t0"}, headers=headers)
    assert sent.json() == {"outcome": "taken", "thanks": "Vielen Dank!", "redirect_url": ""}
    assert sent.headers["access-control-allow-origin"] == SITE
    assert "access-control-allow-credentials" not in sent.headers
    asked = stranger.asked(SUBMIT)
    assert {item.key: list(item.values) for item in asked.values} == {
        "text": ["Öztürk"], "choices": ["a", "b"], "yes_no": ["yes"], "number": ["42"],
    }  # fmt: skip


@pytest.mark.parametrize("origins", [(), ("https://crm.example.org",)])
async def test_a_browser_is_told_who_may_send_before_it_does(make_gateway: Any, origins: tuple[str, ...]) -> None:
    gateway = make_gateway(cors_origins=origins)
    gateway.answer(GET, a_form())
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    allowed = await gateway.client.options(FORM, headers={"Origin": SITE, **asks})
    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (204, SITE)
    assert allowed.headers["access-control-allow-headers"] == "Content-Type"
    for other in ("https://evil.example", "https://crm.example.org"):
        refused = await gateway.client.options(FORM, headers={"Origin": other, **asks})
        assert "access-control-allow-origin" not in refused.headers


async def test_a_script_of_another_site_is_refused(stranger: Any) -> None:
    response = await stranger.client.post(FORM, json={"values": {}}, headers={"Origin": "https://evil.example"})
    assert (response.status_code, response.json()["reason"]) == (403, "ORIGIN_NOT_ALLOWED")
    assert "access-control-allow-origin" not in response.headers


async def test_a_script_learns_what_is_wrong_with_the_entries(stranger: Any) -> None:
    faults = [pb.FormFault(key="email", message="E-Mail: ungültig")]
    stranger.answer(SUBMIT, taken(outcome=pb.SUBMISSION_OUTCOME_FAULTY, faults=faults))
    faulty = await stranger.client.post(FORM, json={"values": {"email": "x"}})
    assert (faulty.status_code, faulty.json()["errors"]) == (422, [{"field": "email", "message": "E-Mail: ungültig"}])
    stranger.answer(SUBMIT, taken(outcome=pb.SUBMISSION_OUTCOME_UNSURE))
    unsure = await stranger.client.post(FORM, json={"values": {}})
    assert (unsure.status_code, unsure.json()["errors"][0]["field"], unsure.json()["page_token"]) == (422, "page_token", "t0")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"{", "body"),
        (b"[]", "body"),
        (b"null", "body"),
        (b'{"tags": ["VIP"]}', "tags"),
        (b'{"values": []}', "values"),
        (b'{"values": {"unknown": "x"}}', "values.unknown"),
        (b'{"values": {"text": {"a": 1}}}', "values.text"),
        (b'{"values": {"text": 1.5}}', "values.text"),
        (b'{"values": {"text": [1]}}', "values.text"),
        (b'{"consent": "yes"}', "consent"),
        (b'{"page_token": 1}', "page_token"),
        (b'{"website": null}', "website"),
    ],
)
async def test_a_script_that_is_wrong_is_told_where(stranger: Any, faults: Any, body: bytes, field: str) -> None:
    response = await stranger.client.post(FORM, content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 400
    assert list(faults(response)) == [field]
    assert not stranger.calls(SUBMIT)


async def test_a_link_in_a_mail_shows_a_button_and_changes_nothing_by_itself(stranger: Any) -> None:
    waiting = pb.FormConfirmation(language=FORM_LANGUAGE_EN, title="Newsletter", thanks="Thank you!")
    stranger.answer(LOOK, waiting)
    response = await stranger.client.get(f"{FORM}/confirm/token1")
    assert response.status_code == 200
    page = Page(response.text)
    assert page.all("html") == [{"lang": "en"}]
    assert page.all("form") == [{"method": "post", "action": f"{FORM}/confirm/token1"}]
    assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
    assert not stranger.calls(CONFIRM)
    stranger.answer(CONFIRM, pb.FormConfirmation(title="Newsletter", thanks="Thank you!", confirmed=True))
    confirmed = await stranger.client.post(f"{FORM}/confirm/token1")
    assert "Thank you!" in confirmed.text
    assert stranger.asked(CONFIRM).token == "token1"


@pytest.mark.parametrize("token", ["unknown", "a%00b", "x" * 5000, "%3Cscript%3E"])
async def test_a_link_that_is_not_valid_says_so_in_the_browsers_language(stranger: Any, token: str) -> None:
    stranger.answer(LOOK, NotFound("x"))
    stranger.answer(CONFIRM, NotFound("x"))
    english = await stranger.client.get(f"{FORM}/confirm/{token}", headers={"Accept-Language": "en-GB,en;q=0.9"})
    german = await stranger.client.post(f"{FORM}/confirm/{token}")
    assert (english.status_code, german.status_code) == (404, 404)
    assert "not valid" in english.text
    assert "nicht gültig" in german.text


async def test_forms_stand_in_the_document_of_the_interface(stranger: Any) -> None:
    document = (await stranger.client.get("/v1/openapi.json", headers={"Authorization": "Bearer session-token"})).json()
    assert set(document["paths"]["/forms/{key}"]) >= {"get", "post"}
    assert document["paths"]["/forms/{key}"]["post"]["security"] == []
