"""A tag that is renamed is renamed everywhere at once (B9)."""

from tests.suite_clients import Team, eventually


def test_a_renamed_tag_is_on_all_its_records_in_their_lists_and_in_search(team: Team) -> None:
    anna = team.owner
    persons = [anna.post("/v1/persons", {"last_name": f"Öztürk {number}", "tags": ["Kunde"]})["id"] for number in range(3)]
    organisation = anna.post("/v1/organisations", {"name": "Öztürk GmbH", "tags": ["Kunde", "VIP"]})["id"]
    refs = {*(f"persons/{person}" for person in persons), f"organisations/{organisation}"}
    eventually(lambda: set(anna.found("ozturk", tag="Kunde")), lambda found: found == refs)
    [tag] = [tag for tag in anna.get("/v1/tags")["tags"] if tag["name"] == "Kunde"]
    assert (tag["person_count"], tag["organisation_count"]) == (3, 1)

    anna.patch(f"/v1/tags/{tag['id']}", {"name": "Stammkunde"})

    assert anna.get(f"/v1/persons/{persons[0]}")["tags"] == ["Stammkunde"]
    assert anna.get(f"/v1/organisations/{organisation}")["tags"] == ["Stammkunde", "VIP"]
    assert {person["id"] for person in anna.get("/v1/persons", tag="Stammkunde")["persons"]} == set(persons)
    assert anna.get("/v1/persons", tag="Kunde").get("persons", []) == []
    eventually(lambda: set(anna.found("ozturk", tag="Stammkunde")), lambda found: found == refs)
    eventually(lambda: anna.found("ozturk", tag="Kunde"), lambda found: not found)
