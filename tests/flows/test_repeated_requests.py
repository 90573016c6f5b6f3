"""Sending again and changing at the same time, over HTTP (H3)."""

from concurrent.futures import ThreadPoolExecutor

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


def test_50_requests_at_once_with_one_key_make_one_person_and_get_one_answer(team: Team) -> None:
    anna, key = team.owner, {"Idempotency-Key": "at-once"}
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: anna.send("POST", "/v1/persons", {"last_name": "Öztürk"}, headers=key), range(50)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert len(anna.get("/v1/persons")["persons"]) == 1


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


def test_of_two_changes_at_once_one_wins_and_one_is_told(team: Team) -> None:
    anna = team.owner
    path = anna.send("POST", "/v1/persons", {"last_name": "Öztürk"}).headers["location"]
    with ThreadPoolExecutor(2) as pool:
        for turn in range(25):
            etag = {"If-Match": anna.send("GET", path).headers["etag"]}
            texts = [f"{turn} links", f"{turn} rechts"]
            answers = list(pool.map(lambda text, etag=etag: anna.send("PATCH", path, {"background": text}, headers=etag), texts))
            assert sorted(answer.status_code for answer in answers) == [200, 412]
            [winner] = [text for text, answer in zip(texts, answers, strict=True) if answer.status_code == 200]
            assert anna.get(path)["background"] == winner
