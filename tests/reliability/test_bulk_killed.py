"""R1, B12: a bulk action whose process is killed under way is finished by the next one; every record is treated once."""

from functools import partial

from tests.reliability.broken import Breakable, kill
from tests.suite_clients import eventually, open_team

COUNT = 60


def test_a_bulk_action_goes_on_after_its_process_was_killed(fragile: Breakable) -> None:
    installation = fragile.installation
    anna = open_team(installation).owner
    people = [anna.post("/v1/persons?on_duplicate=allow", {"last_name": f"Gast {number}"})["id"] for number in range(COUNT)]
    for number in range(COUNT):
        anna.post("/v1/organisations?on_duplicate=allow", {"name": f"Amt {number}"})
    # One by one, so that there are many steps to die at.
    deleting = anna.post("/v1/organisations:bulk", {"all": True, "delete": True})
    tagging = anna.post("/v1/persons:bulk", {"ids": people, "add_tags": ["Neu"]})
    eventually(lambda: anna.get(f"/v1/operations/{deleting['id']}")["changed"] >= 5)
    killed_at = anna.get(f"/v1/operations/{deleting['id']}")["changed"]
    kill(installation.processes["suite"])
    installation.start()

    for begun in (deleting, tagging):
        path = f"/v1/operations/{begun['id']}"
        done = eventually(partial(anna.get, path), lambda seen: bool(seen["state"] != "running"), seconds=180)
        assert (done["state"], done["total"], done["changed"], done["gone"], done["failed"]) == ("done", COUNT, COUNT, 0, 0)
        results = anna.all_of(f"{path}/results", "results")
        assert [item["outcome"] for item in results] == ["changed"] * COUNT
    assert anna.get("/v1/organisations").get("organisations", []) == []
    shown = [anna.get(f"/v1/persons/{person}") for person in people]
    assert {(person["etag"], *person["tags"]) for person in shown} == {("2", "Neu")}
    entries = anna.all_of("/v1/audit-entries", "audit_entries", service="contacts", filter="means = bulk")
    # Making the tag is one of its own.
    subjects = [entry["subject"] for entry in entries if not entry["subject"].startswith("tags/")]
    assert len(subjects) == len(set(subjects)) == 2 * COUNT
    print(f"killed at {killed_at} of {COUNT}, recovered {COUNT - killed_at}, lost 0, duplicated 0")
