"""Many people are changed at once, in the background, and everything that follows a change follows (B12)."""

from typing import Any

from tests.suite_clients import Person, Team, eventually


def ended(user: Person, operation: Any) -> Any:
    return eventually(lambda: user.get(f"/v1/operations/{operation['id']}"), lambda seen: seen["state"] != "running")


def test_a_filtered_list_is_tagged_assigned_and_found_again(team: Team) -> None:
    anna, berta = team.owner, team.colleague("berta")
    guests = [anna.post("/v1/persons", {"last_name": f"Gast {number}", "tags": ["Messe"]}) for number in range(60)]
    other = anna.post("/v1/persons", {"last_name": "Gast daheim"})
    asked = {
        "filter": "tags:Messe",
        "add_tags": ["Newsletter"],
        "remove_tags": ["Messe"],
        "set": {"responsible_user_id": berta.user_id, "vip": True},
    }
    assert anna.post("/v1/persons:bulk", {**asked, "validate_only": True})["total"] == 60

    key = {"Idempotency-Key": "messe"}
    begun = anna.post("/v1/persons:bulk", asked, headers=key)
    assert anna.post("/v1/persons:bulk", asked, headers=key)["id"] == begun["id"]
    done = ended(anna, begun)

    assert (done["state"], done["progress"], done["total"], done["changed"]) == ("done", 100, 60, 60)
    results = anna.all_of(f"/v1/operations/{begun['id']}/results", "results")
    assert {item["ref"] for item in results} == {f"persons/{guest['id']}" for guest in guests}
    assert {item["outcome"] for item in results} == {"changed"}
    assert [item["id"] for item in anna.get("/v1/operations", kind="bulk_persons", state="done")["operations"]] == [begun["id"]]
    mine = berta.all_of("/v1/persons", "persons", filter="responsible = me AND vip = true")
    assert {item["id"] for item in mine} == {guest["id"] for guest in guests}
    assert anna.get(f"/v1/persons/{other['id']}")["tags"] == []
    eventually(lambda: len(anna.found("gast", tag="Newsletter")), lambda count: count == 60)
    [entry] = [
        item for item in anna.get("/v1/audit-entries", subject=f"persons/{guests[0]['id']}")["audit_entries"] if item["means"] == "bulk"
    ]
    assert (entry["action"], entry["actor_user_id"]) == ("update", anna.user_id)
    again = ended(anna, anna.post("/v1/persons:bulk", {"filter": "tags:Newsletter", "set": {"vip": True}}))
    assert (again["changed"], again["unchanged"]) == (0, 60)


def test_deleting_in_bulk_needs_the_right_to_delete(team: Team) -> None:
    anna, rita = team.owner, team.colleague("rita", role="restricted")
    ids = [anna.post("/v1/organisations", {"name": f"Amt {number}"})["id"] for number in range(3)]
    refused = rita.send("POST", "/v1/organisations:bulk", {"ids": ids, "delete": True})
    assert refused.status_code == 403
    done = ended(anna, anna.post("/v1/organisations:bulk", {"ids": ids, "delete": True}))
    assert (done["kind"], done["changed"]) == ("bulk_organisations", 3)
    assert anna.send("GET", f"/v1/organisations/{ids[0]}").status_code == 404
    eventually(lambda: anna.found("amt"), lambda refs: not refs)


def test_what_is_wrong_is_named_before_anything_is_begun(team: Team) -> None:
    anna = team.owner
    anna.post("/v1/persons", {"last_name": "Öztürk"})
    for body, field in (
        ({"add_tags": ["x"]}, "all"),
        ({"filter": "vip =", "add_tags": ["x"]}, "filter"),
        ({"all": True, "set": {"shoe_size": 41}}, "set.shoe_size"),
        ({"all": True, "set": {"custom": {"umsatz": 1}}}, "set.custom.umsatz"),
        ({"all": True, "remove_tags": ["Unbekannt"]}, "remove_tags[0]"),
    ):
        answer = anna.send("POST", "/v1/persons:bulk", body)
        assert answer.status_code == 400, answer.text
        assert [item["field"] for item in answer.json()["errors"]] == [field]
    assert anna.get("/v1/operations").get("operations", []) == []


def test_a_long_action_is_cancelled_and_says_what_is_done(team: Team) -> None:
    anna, berta = team.owner, team.colleague("berta")
    for number in range(40):
        anna.post("/v1/persons?on_duplicate=allow", {"last_name": f"Gast {number}"})
    begun = anna.post("/v1/persons:bulk", {"all": True, "delete": True})
    assert berta.send("POST", f"/v1/operations/{begun['id']}:cancel", {}).status_code == 403
    stopped = anna.post(f"/v1/operations/{begun['id']}:cancel", {})
    assert anna.post(f"/v1/operations/{begun['id']}:cancel", {}) == stopped
    results = anna.all_of(f"/v1/operations/{begun['id']}/results", "results")
    left = anna.all_of("/v1/persons", "persons")
    # However far it came: what it says is what is.
    assert stopped["state"] in ("cancelled", "done")
    assert len([item for item in results if item["outcome"] == "changed"]) == stopped["changed"] == 40 - len(left)
