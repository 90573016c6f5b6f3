"""S1 over HTTP: whatever an account sends with another one's ids, it reads nothing, changes nothing and learns nothing (A1)."""

from collections import Counter
from dataclasses import dataclass

import pytest

from tests.suite_clients import Person
from tests.suite_processes import Installation
from tests.tenancy.rest_attacks import Attack, attacks, operations
from tests.tenancy.two_accounts import Side, furnish, settled_digest


@dataclass(frozen=True)
class Sides:
    installation: Installation
    victim: Side
    attacker: Side


@pytest.fixture(scope="module")
def sides(installation: Installation) -> Sides:
    return Sides(installation, furnish(installation, "victim"), furnish(installation, "attacker"))


def findings(sides: Sides, attack: Attack) -> str:
    """What is wrong with the answer; empty where nothing is."""
    response = sides.attacker.user.send(attack.verb, attack.path, attack.body, query=attack.query)
    if attack.hidden and response.status_code != 404:
        return f"{attack.verb} {attack.path} {attack.body}: {response.status_code} {response.text}"
    if response.status_code >= 500:
        return f"{attack.verb} {attack.path} {attack.query} {attack.body}: {response.status_code} {response.text}"
    echoed = sides.victim.canary in response.text and sides.victim.canary not in f"{attack.query}{attack.body}"
    listed = response.is_success and sides.victim.canary in response.text
    return f"{attack.verb} {attack.path} {attack.query}: {response.text}" if echoed or listed else ""


def test_no_operation_tells_or_changes_anything_of_another_account(sides: Sides) -> None:
    document = sides.victim.user.get("/v1/openapi.json")
    own = {**sides.attacker.ids, "canary": sides.attacker.canary}
    foreign = {**sides.victim.ids, "canary": sides.victim.canary}
    before = settled_digest(sides.installation, sides.victim.team.account_id)

    planned = list(attacks(document, own=own, foreign=foreign))
    found = [finding for attack in planned if (finding := findings(sides, attack))]

    assert not found, "\n".join(found)
    assert settled_digest(sides.installation, sides.victim.team.account_id) == before
    per_operation = Counter(f"{attack.verb} {attack.template}" for attack in planned)
    # These take no id and no text that could name anything.
    harmless = {name for name in operations(document) if name not in per_operation}
    assert all("{" not in name for name in harmless), harmless
    assert len(planned) >= 100


def test_what_the_attacker_made_with_foreign_ids_shows_nothing_of_them(sides: Sides) -> None:
    """References cannot be checked at once, so some of the records above exist; they must stay blind."""
    attacker = sides.attacker.user
    for path in ("/v1/persons", "/v1/organisations", "/v1/tags", "/v1/deals", "/v1/projects", "/v1/tasks", "/v1/messages", "/v1/tray"):
        assert sides.victim.canary not in attacker.send("GET", path, query={"page_size": 200}).text, path
    for path in ("/v1/notifications", "/v1/watches", "/v1/users", "/v1/forecast", "/v1/api-keys", "/v1/calendar-feeds", "/v1/sessions"):
        assert sides.victim.canary not in attacker.send("GET", path).text, path
    for kind, noun in (("person", "persons"), ("organisation", "organisations"), ("deal", "deals"), ("project", "projects")):
        answer = attacker.send("GET", "/v1/timeline", query={"subject": f"{noun}/{sides.victim.ids[kind]}"})
        assert sides.victim.canary not in answer.text
    search = attacker.get("/v1/search", q=sides.victim.canary)
    assert search.get("hits", []) == []
    assert search.get("kind_counts", []) == []
    feed = attacker.post("/v1/calendar-feeds", {"name": "Kalender"})
    assert sides.victim.canary not in attacker.http.get(feed["url_path"]).text


@pytest.mark.parametrize("path", ["/v1/persons", "/v1/organisations", "/v1/tags", "/v1/deals", "/v1/projects", "/v1/tasks", "/v1/messages"])
def test_a_page_token_of_another_account_opens_no_page_of_it(sides: Sides, path: str) -> None:
    victim: Person = sides.victim.user
    body = {"/v1/persons": {"last_name": sides.victim.canary}, "/v1/organisations": {"name": sides.victim.canary}}
    if path in body:
        victim.post(path, body[path])
    token = victim.get(path, page_size=1).get("next_page_token", "")
    if token:
        answer = sides.attacker.user.send("GET", path, query={"page_size": 1, "page_token": token})
        assert answer.status_code in (200, 400)
        assert sides.victim.canary not in answer.text


def test_an_idempotency_key_of_another_account_opens_no_answer_of_it(sides: Sides) -> None:
    key, body = {"Idempotency-Key": "the-same"}, {"last_name": "Gleich"}
    first = sides.victim.user.post("/v1/persons", body, headers=key)
    second = sides.attacker.user.post("/v1/persons", body, headers=key)
    assert first["id"] != second["id"]
    assert sides.attacker.user.send("GET", f"/v1/persons/{first['id']}").status_code == 404
