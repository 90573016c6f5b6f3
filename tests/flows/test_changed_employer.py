"""A person who changes employer loses nothing: the timeline of an organisation shows the time when they worked there (B4, D8)."""

from tests.suite_clients import Team, eventually


def test_old_entries_stay_at_the_old_organisation_and_new_ones_show_at_the_new(team: Team) -> None:
    anna = team.owner
    old, new = (anna.post("/v1/organisations", {"name": name}) for name in ("Alte Werft", "Neue Werft"))
    person = anna.post("/v1/persons", {"last_name": "Öztürk"})
    position = anna.post(f"/v1/persons/{person['id']}/positions", {"organisation_id": old["id"], "from": "2020-01-01"})
    before = anna.post(
        "/v1/notes", {"subject": f"persons/{person['id']}", "text": "Werksbesichtigung", "occur_time": "2023-06-01T10:00:00Z"}
    )
    eventually(lambda: anna.timeline(f"organisations/{old['id']}"))

    anna.patch(f"/v1/persons/{person['id']}/positions/{position['id']}", {"to": "2024-12-31"})
    anna.post(f"/v1/persons/{person['id']}/positions", {"organisation_id": new["id"], "from": "2025-01-01"})
    after = anna.post("/v1/notes", {"subject": f"persons/{person['id']}", "text": "Antrittsbesuch", "occur_time": "2025-02-01T10:00:00Z"})

    at_new = eventually(lambda: anna.timeline(f"organisations/{new['id']}"))
    assert [entry["ref"] for entry in at_new] == [f"notes/{after['id']}"]
    at_old = eventually(
        lambda: [entry["ref"] for entry in anna.timeline(f"organisations/{old['id']}")], lambda refs: refs == [f"notes/{before['id']}"]
    )
    assert len(at_old) == 1
    with_person = [entry["ref"] for entry in anna.timeline(f"persons/{person['id']}") if entry["kind"] == "note"]
    assert with_person == [f"notes/{after['id']}", f"notes/{before['id']}"]


def test_one_call_changes_the_employer_and_leaves_history_where_it_was(team: Team) -> None:
    anna = team.owner
    old, new = (anna.post("/v1/organisations", {"name": name}) for name in ("Altes Haus", "Neues Haus"))
    person = anna.post("/v1/persons", {"last_name": "Berg"})
    anna.post(f"/v1/persons/{person['id']}/positions", {"organisation_id": old["id"], "from": "2020-01-01"})
    subject = f"persons/{person['id']}"
    before = anna.post("/v1/notes", {"subject": subject, "text": "Aufmaß", "occur_time": "2024-12-31T10:00:00Z"})
    anna.post(f"/v1/persons/{person['id']}:changeEmployer", {"organisation_id": new["id"], "role": "Bauleitung", "date": "2025-01-01"})
    after = anna.post("/v1/notes", {"subject": subject, "text": "Richtfest", "occur_time": "2025-01-01T10:00:00Z"})

    def notes(organisation_id: str) -> list[str]:
        return [entry["ref"] for entry in anna.timeline(f"organisations/{organisation_id}") if entry["kind"] == "note"]

    eventually(lambda: notes(new["id"]), lambda refs: refs == [f"notes/{after['id']}"])
    eventually(lambda: notes(old["id"]), lambda refs: refs == [f"notes/{before['id']}"])

    def milestones(ref: str) -> list[str]:
        return [entry["title"] for entry in anna.timeline(ref) if entry["kind"] == "milestone"]

    for ref in (subject, f"organisations/{old['id']}", f"organisations/{new['id']}"):
        eventually(lambda ref=ref: milestones(ref), lambda titles: titles == ["Berg wechselt von Altes Haus zu Neues Haus"])
