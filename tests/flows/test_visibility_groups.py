"""Some people are for the board only (A7): whoever is not in its group does not see them, wherever they look."""

from tests.suite_clients import Team, eventually


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
