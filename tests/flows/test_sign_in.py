"""Who may come in (A2, A3, A4): sessions, keys and their scopes, and that what has ended opens nothing."""

from datetime import UTC, datetime, timedelta

from tests.suite_clients import Person, Team, eventually, open_team, sign_in, stranger


def status(person: Person, path: str = "/v1/me") -> int:
    return person.send("GET", path).status_code


def test_a_session_works_until_it_is_ended(team: Team) -> None:
    anna = sign_in(team.installation, team.owner.email)
    assert status(anna) == 200
    [session] = [item for item in anna.get("/v1/sessions")["sessions"] if item["id"] not in _sessions(team.owner, anna)]
    assert session["client"].startswith("python-httpx")

    anna.delete(f"/v1/sessions/{session['id']}")
    eventually(lambda: status(anna), lambda code: code == 401)
    assert status(team.owner) == 200


def _sessions(owner: Person, newer: Person) -> set[str]:
    """Those that the owner had before: all but the newest."""
    items = sorted(newer.get("/v1/sessions")["sessions"], key=lambda item: item["create_time"])
    assert len(items) == len(owner.get("/v1/sessions")["sessions"])
    return {item["id"] for item in items[:-1]}


def test_without_a_token_and_with_one_that_nobody_gave_out_nothing_is_told(team: Team) -> None:
    anna = team.owner
    for token in (
        "",
        "x",
        anna.token[:-1],
        f"{anna.token}x",
        f"{anna.token[:-1]}{'a' if anna.token[-1] != 'a' else 'b'}",
        "kts_" + "a" * 43,
    ):
        answer = Person(team.installation, token=token).send("GET", "/v1/persons")
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.headers["content-type"] == "application/problem+json"
    basic = stranger(team.installation).send("GET", "/v1/persons", headers={"Authorization": "Basic YW5uYTp4"})
    assert basic.status_code == 401


def test_a_wrong_password_and_an_unknown_address_are_answered_alike(team: Team) -> None:
    answers = [
        stranger(team.installation).send("POST", "/v1/sessions", {"email": email, "password": "wrong horse battery"})
        for email in (team.owner.email, f"nobody@{team.slug}.example")
    ]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert len({answer.json()["detail"] for answer in answers}) == 1


def test_a_key_does_what_its_scopes_say_until_it_expires_or_is_deleted(team: Team) -> None:
    anna = team.owner
    key = anna.post("/v1/api-keys", {"name": "Import", "scopes": ["contacts.read"]})
    program = Person(team.installation, token=key["secret"])
    assert status(program, "/v1/persons") == 200
    refused = program.send("POST", "/v1/persons", {"last_name": "Öztürk"})
    assert refused.status_code == 403
    assert refused.json()["reason"] == "SCOPE_MISSING"
    assert refused.json()["scope"] == "contacts.write"
    assert status(program, "/v1/deals") == 403
    assert "secret" not in anna.get("/v1/api-keys")["api_keys"][0] or not anna.get("/v1/api-keys")["api_keys"][0]["secret"]

    anna.delete(f"/v1/api-keys/{key['id']}")
    eventually(lambda: status(program, "/v1/persons"), lambda code: code == 401)

    soon = (datetime.now(UTC) + timedelta(seconds=3)).isoformat().replace("+00:00", "Z")
    short = Person(team.installation, token=anna.post("/v1/api-keys", {"name": "Kurz", "expire_time": soon})["secret"])
    eventually(lambda: status(short), lambda code: code == 401)


def test_a_role_limits_what_a_colleague_may_do(team: Team) -> None:
    """A3."""
    person = team.owner.post("/v1/persons", {"last_name": "Öztürk"})
    path = f"/v1/persons/{person['id']}"
    reader, restricted, member = (team.colleague(role, role=role) for role in ("reader", "restricted", "member"))

    assert status(reader, path) == 200
    assert reader.send("PATCH", path, {"last_name": "Groß"}).status_code == 403
    assert restricted.send("PATCH", path, {"last_name": "Groß"}).status_code == 200
    assert restricted.send("DELETE", path).status_code == 403
    assert member.send("POST", "/v1/users", {"email": "x@x.example", "name": "X"}).status_code == 403
    assert status(reader, path) == 200
    assert member.send("DELETE", path).status_code == 204


def test_a_deactivated_colleague_is_out_at_once_and_cannot_come_back(team: Team) -> None:
    berta = team.colleague("berta")
    key = Person(team.installation, token=berta.post("/v1/api-keys", {"name": "Telefon"})["secret"])
    feed = berta.post("/v1/calendar-feeds", {"name": "Kalender"})
    team.owner.post(f"/v1/users/{berta.user_id}:deactivate")

    eventually(lambda: (status(berta), status(key)), lambda codes: codes == (401, 401))
    eventually(lambda: status(stranger(team.installation), feed["url_path"]), lambda code: code == 404)
    again = stranger(team.installation).send("POST", "/v1/sessions", {"email": berta.email, "password": "correct horse battery"})
    assert again.status_code == 401


def test_a_token_opens_its_own_account_only(team: Team) -> None:
    other = open_team(team.installation, "other")
    assert team.owner.get("/v1/account")["id"] == team.account_id
    assert other.owner.get("/v1/account")["id"] == other.account_id
