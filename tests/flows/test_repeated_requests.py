"""Sending again, and changing what somebody else has changed, over HTTP (H3)."""

from tests.suite_clients import Team, open_team


def test_a_request_that_is_sent_again_with_its_key_happens_once(team: Team) -> None:
    anna, key = team.owner, {"Idempotency-Key": "import-17"}
    first = anna.send("POST", "/v1/persons", {"last_name": "Öztürk"}, headers=key)
    again = anna.send("POST", "/v1/persons", {"last_name": "Öztürk"}, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert first.headers["location"] == again.headers["location"] == f"/v1/persons/{first.json()['id']}"

    other_body = anna.send("POST", "/v1/persons", {"last_name": "Groß"}, headers=key)
    assert other_body.status_code == 422
    assert other_body.json()["reason"] == "IDEMPOTENCY_MISMATCH"
    assert len(anna.get("/v1/persons")["persons"]) == 1


def test_a_key_is_its_users_own(team: Team) -> None:
    key = {"Idempotency-Key": "import-17"}
    people = (team.owner, team.colleague("berta"), open_team(team.installation, "other").owner)
    made = [person.post("/v1/persons", {"last_name": "Öztürk"}, headers=key)["id"] for person in people]
    assert len(set(made)) == 3


def test_who_changes_what_somebody_else_has_changed_is_told_so(team: Team) -> None:
    anna, berta = team.owner, team.colleague("berta")
    made = anna.send("POST", "/v1/persons", {"last_name": "Öztürk"})
    path, etag = made.headers["location"], {"If-Match": made.headers["etag"]}

    assert berta.send("PATCH", path, {"background": "Kennt den Hafen"}, headers=etag).status_code == 200
    late = anna.send("PATCH", path, {"background": "Segelt"}, headers=etag)
    assert late.status_code == 412
    read = anna.send("GET", path)
    assert late.json()["etag"] == read.json()["etag"]
    assert read.json()["background"] == "Kennt den Hafen"
    assert anna.send("GET", path, headers={"If-None-Match": read.headers["etag"]}).status_code == 304
    assert anna.send("DELETE", path, headers=etag).status_code == 412
    assert anna.send("PATCH", path, {"background": "Segelt"}, headers={"If-Match": read.headers["etag"]}).status_code == 200
