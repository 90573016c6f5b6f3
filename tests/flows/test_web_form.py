"""A stranger fills in the team's form on the web, and somebody of the team knows (B17)."""

import email
import email.policy
import re
from pathlib import Path

import pytest

from tests.suite_clients import Person, Team, eventually, stranger

FIELDS = [
    {"key": "first_name"},
    {"key": "last_name", "required": True, "label": {"de": "Ihr Nachname"}},
    {"key": "email", "required": True},
    {"key": "message"},
]
ALI = {"first_name": "Ali", "last_name": "Öztürk", "email": "ali@kunde.example", "message": "Bitte um Rückruf wegen Softwarewartung."}


def page_token(program: Person, path: str) -> str:
    page = program.http.get(path)
    assert page.status_code == 200, page.text
    [token] = re.findall(r'name="page_token" value="([^"]+)"', page.text)
    return str(token)


def mails_to(folder: Path, address: str) -> list[str]:
    """Texts of the mails that lie in the files of outgoing mail."""
    found = [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in folder.rglob("outgoing-mail/*.eml")]
    return [message.get_content() for message in found if message["To"] == address]  # type: ignore[attr-defined]


def test_what_a_stranger_sends_makes_a_person_tells_the_team_and_shows_on_the_timeline(team: Team) -> None:
    anna, berta, browser = team.owner, team.colleague("berta"), stranger(team.installation)
    form = anna.post(
        "/v1/web-forms",
        {
            "name": "Kontakt", "active": True, "title": {"de": "Schreiben Sie uns", "en": "Write to us"}, "fields": FIELDS, "tags": ["Web"],
            "consent": {"text": {"de": "Ich stimme zu."}, "required": True}, "responsible_user_id": berta.user_id,
            "allowed_origins": ["https://www.mueller.example"],
        },
    )  # fmt: skip
    shown = browser.http.get(form["url_path"])
    assert "frame-ancestors https://www.mueller.example" in shown.headers["content-security-policy"]
    assert "Ihr Nachname" in shown.text
    assert '<html lang="en">' in browser.http.get(f"{form['url_path']}?lang=en").text

    token = page_token(browser, form["url_path"])
    faulty = browser.http.post(form["url_path"], data={**ALI, "email": "kein@", "page_token": token})
    assert faulty.status_code == 422
    assert "Bitte stimmen Sie zu." in faulty.text
    assert 'value="Öztürk"' in faulty.text
    sent = browser.http.post(form["url_path"], data={**ALI, "consent": "yes", "page_token": token})
    assert sent.status_code == 200
    assert "Vielen Dank" in sent.text

    [submission] = anna.get(f"/v1/web-forms/{form['id']}/submissions", state="confirmed")["form_submissions"]
    person = anna.get(f"/v1/persons/{submission['person_id']}")
    assert (person["display_name"], person["tags"]) == ("Ali Öztürk", ["Web"])
    assert submission["consent"] == {"text": "Ich stimme zu.", "given": True}
    subject = f"persons/{person['id']}"
    [told] = eventually(berta.notifications)
    assert (told["kind"], told["reason"], told["subject"]) == ("form_submitted", "form_responsible", subject)
    [entry] = eventually(lambda: anna.timeline(subject))
    assert (entry["kind"], entry["title"]) == ("form", "Kontakt")
    assert "Softwarewartung" in entry["text"]
    [made] = anna.get("/v1/audit-entries", subject=subject)["audit_entries"]
    assert (made["means"], made["actor_user_id"]) == ("form", "")

    robot = browser.http.post(form["url_path"], data={**ALI, "website": "spam", "last_name": "Spam", "consent": "yes"})
    assert "Vielen Dank" in robot.text
    [rejected] = anna.get(f"/v1/web-forms/{form['id']}/submissions", state="rejected")["form_submissions"]
    assert (rejected["rejection"], rejected["person_id"]) == ("trap", "")

    rotated = anna.post(f"/v1/web-forms/{form['id']}:rotateKey")
    assert browser.http.get(form["url_path"]).status_code == 404
    assert browser.http.get(rotated["url_path"]).status_code == 200


def test_with_double_opt_in_nobody_is_made_before_the_link_in_the_mail_was_followed(team: Team) -> None:
    anna, browser = team.owner, stranger(team.installation)
    address = f"ali@{team.slug}.example"
    fields = [{"key": "email", "required": True}]
    form = anna.post("/v1/web-forms", {"name": "Newsletter", "active": True, "fields": fields, "double_opt_in": True, "language": "en"})
    token = page_token(browser, form["url_path"])
    sent = browser.http.post(form["url_path"], data={"email": address, "page_token": token})
    assert "e-mail" in sent.text
    [text] = eventually(lambda: mails_to(team.installation.folder, address))
    [path] = re.findall(r"http://\S+(/forms/\S+/confirm/\S+)", text)
    assert "<button" in browser.http.get(path).text
    assert anna.get("/v1/persons").get("persons", []) == []
    for _ in range(2):
        assert "Thank you" in browser.http.post(path).text
    [person] = anna.get("/v1/persons")["persons"]
    assert person["emails"][0]["address"] == address
    [kept] = anna.get(f"/v1/web-forms/{form['id']}/submissions")["form_submissions"]
    assert (kept["state"], kept["person_id"]) == ("confirmed", person["id"])


@pytest.mark.parametrize("path", ["/forms/unknown", "/forms/%00", f"/forms/{'x' * 3000}", "/forms/a/confirm/b"])
def test_an_address_that_is_no_form_is_a_page_that_says_so(team: Team, path: str) -> None:
    browser = stranger(team.installation)
    for answer in (browser.http.get(path), browser.http.post(path, data={"last_name": "x"})):
        assert answer.status_code == 404
        assert answer.headers["content-type"].startswith("text/html")
