"""Some people are for the board only (A7): whoever is not in its group does not see them, wherever they look."""

import re

from tests.suite_clients import Team, eventually, stranger


def test_what_a_group_hides_is_hidden_in_lists_counts_and_search_until_it_is_opened(team: Team) -> None:
    anna, berta, cem = team.owner, team.colleague("berta"), team.colleague("cem")
    group = anna.post("/v1/groups", {"name": "Vorstand", "user_ids": [berta.user_id]})
    assert berta.get("/v1/groups")["groups"] == [group]
    assert berta.send("POST", "/v1/groups", {"name": "Meine"}).status_code == 403
    # A principal lives for a minute at most; whoever joined is let in by then.
    limited = {"mode": "limited", "group_ids": [group["id"]], "user_ids": []}
    firm = anna.post("/v1/organisations", {"name": "Übernahmeziel AG", "tags": ["Geheim"], "visibility": limited})
    person = anna.post("/v1/persons", {"last_name": "Übernahmekandidat", "tags": ["Geheim"], "visibility": limited})
    paths = [f"/v1/organisations/{firm['id']}", f"/v1/persons/{person['id']}"]
    assert person["visibility"] == limited

    eventually(lambda: berta.send("GET", paths[1]).status_code, lambda status: status == 200, seconds=90)
    for who, status in ((anna, 200), (berta, 200), (cem, 404)):
        assert [who.send("GET", path).status_code for path in paths] == [status, status]
        assert len(who.get("/v1/persons", tag="Geheim")["persons"]) == (status == 200)
        assert [tag["person_count"] for tag in who.get("/v1/tags")["tags"]] == [int(status == 200)]
        wanted = 2 if status == 200 else 0
        eventually(lambda: who.found("übernahme"), lambda refs: len(refs) == wanted)  # noqa: B023 - called at once
    assert cem.send("PATCH", paths[1], {"title": "Dr."}).status_code == 404
    assert cem.send("DELETE", paths[1]).status_code == 404
    assert cem.get("/v1/search", q="übernahme").get("kind_counts", []) == []

    # Nobody hides from themselves what they could not find again.
    mine = {"mode": "limited", "group_ids": [group["id"]]}
    answer = cem.send("POST", "/v1/persons", {"last_name": "Eigentor", "visibility": mine})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "visibility")
    assert (
        cem.post("/v1/persons", {"last_name": "Privat", "visibility": mine | {"user_ids": [cem.user_id]}})["visibility"]["mode"]
        == "limited"
    )

    # A group that is gone opens nothing.
    anna.delete(f"/v1/groups/{group['id']}")
    assert cem.send("GET", paths[1]).status_code == 404
    anna.patch(paths[1], {"visibility": {"mode": "everyone"}})
    assert cem.get(paths[1])["visibility"] == {"mode": "everyone", "group_ids": [], "user_ids": []}
    eventually(lambda: cem.found("übernahmekandidat"))
    assert cem.send("GET", paths[0]).status_code == 404


def test_what_a_hidden_person_sends_by_a_web_form_is_shown_to_those_who_see_them(team: Team) -> None:
    anna, berta, cem, browser = team.owner, team.colleague("berta"), team.colleague("cem"), stranger(team.installation)
    for_berta = {"mode": "limited", "user_ids": [berta.user_id]}
    firm = anna.post("/v1/organisations", {"name": "Übernahmeziel AG"})
    emails = [{"address": "geheim@ziel.example"}]
    person = anna.post("/v1/persons", {"last_name": "Übernahmekandidat", "emails": emails, "visibility": for_berta})
    anna.post(f"/v1/persons/{person['id']}/positions", {"organisation_id": firm["id"]})
    fields = [{"key": "email", "required": True}, {"key": "message"}]
    form = anna.post("/v1/web-forms", {"name": "Kontakt", "active": True, "fields": fields, "responsible_user_id": cem.user_id})
    berta.post("/v1/watches", {"subject": f"persons/{person['id']}"})
    [token] = re.findall(r'name="page_token" value="([^"]+)"', browser.http.get(form["url_path"]).text)
    sent = {"email": "geheim@ziel.example", "message": "Wir nehmen an.", "page_token": token}
    assert browser.http.post(form["url_path"], data=sent).status_code == 200

    subjects = [f"persons/{person['id']}", f"organisations/{firm['id']}"]
    for subject in subjects:
        for who in (anna, berta):
            [entry] = eventually(lambda: [item for item in who.timeline(subject) if item["kind"] == "form"])  # noqa: B023 - called at once
            assert "Wir nehmen an." in entry["text"]
    [told] = eventually(berta.notifications)
    assert (told["kind"], told["subject"]) == ("form_submitted", subjects[0])
    assert [item for subject in subjects for item in cem.timeline(subject) if item["kind"] == "form"] == []
    assert cem.notifications() == []

    anna.patch(f"/v1/persons/{person['id']}", {"visibility": {"mode": "everyone"}})
    for subject in subjects:
        eventually(lambda: [item for item in cem.timeline(subject) if item["kind"] == "form"])  # noqa: B023 - called at once
