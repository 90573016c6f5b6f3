"""Nothing of one account is visible, countable or guessable from another (A1)."""

import pytest

from tests.suite_clients import Person, Team, eventually, knows_address, mail, open_team

LISTS = {
    "/v1/persons": "persons",
    "/v1/organisations": "organisations",
    "/v1/tags": "tags",
    "/v1/deals": "deals",
    "/v1/projects": "projects",
    "/v1/tasks": "tasks",
    "/v1/messages": "messages",
    "/v1/tray": "messages",
    "/v1/notifications": "notifications",
    "/v1/watches": "watches",
    "/v1/api-keys": "api_keys",
    "/v1/calendar-feeds": "calendar_feeds",
}


@pytest.fixture
def records(team: Team) -> dict[str, str]:
    """Something of every kind in the first account, by the path under which it is read."""
    anna = team.owner
    address = f"ali@{team.slug}.example"
    organisation = anna.post("/v1/organisations", {"name": "Softwarewartung Köln", "tags": ["Kunde"]})
    person = anna.post("/v1/persons", {"last_name": "Softwarewartung", "emails": [{"address": address}], "tags": ["Kunde"]})
    subject = f"persons/{person['id']}"
    position = anna.post(f"/v1/{subject}/positions", {"organisation_id": organisation["id"]})
    deal = eventually(lambda: anna.post("/v1/deals", {"name": "Softwarewartung"}))
    project = anna.post("/v1/projects", {"name": "Softwarewartung", "organisation_ids": [organisation["id"]]})
    task = anna.post("/v1/tasks", {"title": "Softwarewartung", "subject": subject, "due_date": "2027-01-04"})
    note = anna.post("/v1/notes", {"text": "Softwarewartung", "subject": subject})
    eventually(lambda: knows_address(team.installation, address))
    anna.deposit(mail(anna.email, address, "Softwarewartung", "Anbei."))
    filed = eventually(lambda: [entry["ref"] for entry in anna.timeline(subject) if entry["kind"] == "email"])
    # Persons, organisation, deal, project, task, note and mail.
    eventually(lambda: anna.found("wartung"), lambda refs: len(refs) == 7)
    return {
        "person": f"/v1/{subject}",
        "organisation": f"/v1/organisations/{organisation['id']}",
        "position": f"/v1/{subject}/positions/{position['id']}",
        "deal": f"/v1/deals/{deal['id']}",
        "project": f"/v1/projects/{project['id']}",
        "task": f"/v1/tasks/{task['id']}",
        "note": f"/v1/notes/{note['id']}",
        "message": f"/v1/{filed[0]}",
        "raw message": f"/v1/{filed[0]}/raw",
        "user": f"/v1/users/{anna.user_id}",
    }


def test_a_second_account_sees_nothing_of_the_first(team: Team, records: dict[str, str]) -> None:
    stranger: Person = open_team(team.installation, "other").owner

    for kind, path in records.items():
        assert team.owner.send("GET", path).status_code == 200, kind
        assert stranger.send("GET", path).status_code == 404, kind
    for path, key in LISTS.items():
        assert stranger.all_of(path, key) == [], path
    assert [user["id"] for user in stranger.all_of("/v1/users", "users")] == [stranger.user_id]
    for kind in ("person", "organisation", "deal", "project"):
        assert stranger.timeline(records[kind].removeprefix("/v1/")) == []
    search = stranger.get("/v1/search", q="wartung")
    assert search.get("hits", []) == []
    assert search.get("kind_counts", []) == []
    assert stranger.get("/v1/forecast").get("undated", []) == []


def test_a_second_accounts_calendar_and_watches_tell_nothing_of_the_first(team: Team, records: dict[str, str]) -> None:
    stranger = open_team(team.installation, "other").owner
    feed = stranger.post("/v1/calendar-feeds", {"name": "Kalender"})
    calendar = stranger.http.get(feed["url_path"])
    assert calendar.status_code == 200
    assert "Softwarewartung" not in calendar.text

    # Ids of records elsewhere cannot be checked at once, so watching is accepted; nothing must ever come of it.
    for kind in ("person", "organisation", "deal"):
        stranger.send("POST", "/v1/watches", {"subject": records[kind].removeprefix("/v1/")})
    berta = team.colleague("berta")
    subject = records["person"].removeprefix("/v1/")
    berta.post("/v1/watches", {"subject": subject})
    team.owner.post("/v1/notes", {"text": "Nur für uns", "subject": subject})
    eventually(berta.notifications)
    assert stranger.notifications() == []


def test_two_accounts_may_hold_the_same_address_and_each_mail_is_filed_in_its_own(team: Team) -> None:
    other = open_team(team.installation, "other")
    address = f"ali@{team.slug}.example"
    persons = {}
    for side in (team, other):
        persons[side.slug] = side.owner.post("/v1/persons", {"last_name": side.slug, "emails": [{"address": address}]})["id"]
        eventually(lambda: side.owner.found(side.slug))  # noqa: B023 - called at once
    eventually(lambda: _copies(team, address) == 2)
    anna = team.owner
    anna.deposit(mail(anna.email, address, "Nur hier", "Hallo"))

    [entry] = eventually(lambda: anna.timeline(f"persons/{persons[team.slug]}"))
    assert entry["title"] == "Nur hier"
    assert other.owner.timeline(f"persons/{persons[other.slug]}") == []
    assert other.owner.get("/v1/messages").get("messages", []) == []


def _copies(team: Team, address: str) -> int:
    with team.installation.database("mail-ingest") as connection:
        rows = connection.exec_driver_sql("SELECT address FROM person_addresses").all()
    return [row[0] for row in rows].count(address)
