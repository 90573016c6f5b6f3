"""R14, R15: the same request many times at once happens once; of changes at once to one record none is lost unseen (H3)."""

from concurrent.futures import ThreadPoolExecutor

from tests.reliability.broken import LONG
from tests.reliability.figures import Figures, Tell
from tests.suite_clients import Team


def test_50_requests_at_once_with_one_key_make_one_person_and_get_one_answer(team: Team, tell: Tell) -> None:
    anna, rounds = team.owner, 200 if LONG else 2
    with ThreadPoolExecutor(50) as pool:
        for turn in range(rounds):
            key, body = {"Idempotency-Key": f"at-once-{turn}"}, {"last_name": f"Öztürk {turn}"}
            answers = list(pool.map(lambda _, key=key, body=body: anna.send("POST", "/v1/persons", body, headers=key), range(50)))
            assert {answer.status_code for answer in answers} == {201}
            assert len({answer.text for answer in answers}) == 1
            assert anna.send("POST", "/v1/persons", {"last_name": "Another"}, headers=key).status_code == 422

    present = len(anna.all_of("/v1/persons", "persons", page_size=200))
    assert present == rounds
    tell(Figures(rounds * 50, rounds * 50, lost=0, duplicated=present - rounds, recovered=0))


def test_of_two_changes_at_once_one_wins_and_one_is_told(team: Team, tell: Tell) -> None:
    anna, pairs = team.owner, 1000 if LONG else 25
    path = anna.send("POST", "/v1/persons", {"last_name": "Öztürk"}).headers["location"]
    with ThreadPoolExecutor(2) as pool:
        for turn in range(pairs):
            etag = {"If-Match": anna.send("GET", path).headers["etag"]}
            texts = [f"{turn} links", f"{turn} rechts"]
            answers = list(pool.map(lambda text, etag=etag: anna.send("PATCH", path, {"background": text}, headers=etag), texts))
            assert sorted(answer.status_code for answer in answers) == [200, 412]
            [winner] = [text for text, answer in zip(texts, answers, strict=True) if answer.status_code == 200]
            assert anna.get(path)["background"] == winner
    tell(Figures(2 * pairs, pairs, lost=0, duplicated=0, recovered=0))


def test_changes_at_once_that_expect_nothing_are_all_made_one_after_the_other(team: Team) -> None:
    """Without If-Match the last one wins; versions and facts still come one by one."""
    anna = team.owner
    made = anna.post("/v1/persons", {"last_name": "Öztürk"})
    fields = ["title", "first_name", "background", "language"]
    values = {"title": "Dr.", "first_name": "Ali", "background": "Hafen", "language": "de"}
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda name: anna.send("PATCH", f"/v1/persons/{made['id']}", {name: values[name]}), fields))

    assert [answer.status_code for answer in answers] == [200] * 4
    assert len({answer.headers["etag"] for answer in answers}) == 4
    person = anna.get(f"/v1/persons/{made['id']}")
    assert {name: person[name] for name in fields} == values
