"""Two records of one person are made one through REST, the old id leads to the survivor, and the merge is undone (B15)."""

import pytest

from tests.suite_clients import Team


@pytest.mark.parametrize(("noun", "name"), [("persons", "last_name"), ("organisations", "name")])
def test_two_are_made_one_and_two_again(team: Team, noun: str, name: str) -> None:
    anna = team.owner
    survivor = anna.post(f"/v1/{noun}", {name: "Öztürk", "emails": [{"address": "a@example.com"}], "tags": ["Kunde"]})
    other = anna.post(
        f"/v1/{noun}", {name: "Oeztuerk", "emails": [{"address": "b@example.com"}], "tags": ["Presse"], "background": "Mag Tee."}
    )
    path, old = f"/v1/{noun}/{survivor['id']}", f"/v1/{noun}/{other['id']}"

    stale = anna.send("POST", f"{path}:merge", {"duplicate_id": other["id"], "duplicate_etag": "7"})
    assert (stale.status_code, stale.json()["etag"], stale.json()["duplicate_etag"]) == (412, "1", "1")
    wrong = anna.send("POST", f"{path}:merge", {"duplicate_id": other["id"], "fields": {"shoe": "duplicate"}})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (400, "fields.shoe")
    merged = anna.post(f"{path}:merge", {"duplicate_id": other["id"], "fields": {name: "duplicate"}}, headers={"If-Match": '"1"'})
    assert (merged["id"], merged[name], merged["tags"], merged["background"]) == (
        survivor["id"],
        "Oeztuerk",
        ["Kunde", "Presse"],
        "Mag Tee.",
    )

    moved = anna.send("GET", old)
    assert (moved.status_code, moved.headers["location"], moved.headers["cache-control"]) == (307, path, "no-store")
    assert moved.json()["moved_to"] == f"{noun}/{survivor['id']}"
    assert anna.http.get(old, follow_redirects=True).json() == {**merged, "merge_id": ""}
    refused = anna.send("PATCH", old, {"background": "Neu."})
    assert (refused.status_code, refused.json()["moved_to"]) == (404, f"{noun}/{survivor['id']}")

    anna.patch(path, {"tags": ["Kunde", "Presse", "Neu"]})
    [merge] = anna.all_of("/v1/merges", "merges", record=f"{noun}/{other['id']}")
    assert (merge["id"], merge["duplicate"]["name"], merge["undo_time"]) == (merged["merge_id"], "Oeztuerk", None)
    undone = anna.post(f"/v1/merges/{merge['id']}:undo")
    assert undone == anna.get(f"/v1/merges/{merge['id']}")
    assert undone["undo_user_id"] == anna.user_id
    one, two = anna.get(path), anna.get(old)
    assert (one[name], one["tags"], [email["address"] for email in one["emails"]]) == ("Öztürk", ["Kunde", "Neu"], ["a@example.com"])
    assert (two[name], two["tags"], two["background"]) == ("Oeztuerk", ["Presse"], "Mag Tee.")
    again = anna.send("POST", f"/v1/merges/{merge['id']}:undo", {})
    assert (again.status_code, again.json()["reason"]) == (409, "MERGE_UNDONE")
    entries = anna.all_of("/v1/audit-entries", "audit_entries", subject=f"{noun}/{survivor['id']}")
    assert [(entry["action"], entry["means"]) for entry in entries] == [
        ("undo_merge", "merge"),
        ("update", "user"),
        ("merge", "merge"),
        ("create", "user"),
    ]


def test_who_may_not_delete_may_not_merge(team: Team) -> None:
    restricted = team.colleague("rudi", role="restricted")
    one, two = (team.owner.post("/v1/persons", {"last_name": "Öztürk"}) for _ in range(2))
    merged = restricted.send("POST", f"/v1/persons/{one['id']}:merge", {"duplicate_id": two["id"]})
    assert (merged.status_code, merged.json()["scope"]) == (403, "contacts.delete")
    assert restricted.get("/v1/merges")["merges"] == []
