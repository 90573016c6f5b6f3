"""A calendar program reads a user's tasks behind a secret address (A5, D12)."""

import icalendar

from tests.suite_clients import Team, eventually, stranger


def summaries(content: bytes) -> list[str]:
    calendar = icalendar.Calendar.from_ical(content)
    return sorted(str(item["summary"]) for item in calendar.walk() if item.name in ("VEVENT", "VTODO"))


def test_a_feed_shows_the_users_open_tasks_is_cheap_when_nothing_changed_and_ends_when_revoked(team: Team) -> None:
    anna, berta = team.owner, team.colleague("berta")
    task = anna.post("/v1/tasks", {"title": "Angebot nachfassen", "due_date": "2027-01-04"})
    anna.post("/v1/tasks", {"title": "Anrufen", "due_time": "2027-01-05T09:30:00Z"})
    anna.post("/v1/tasks", {"title": "Bertas Aufgabe", "due_date": "2027-01-04", "assignee_user_id": berta.user_id})
    feed = anna.post("/v1/calendar-feeds", {"name": "Telefon"})
    program = stranger(team.installation)

    first = program.send("GET", feed["url_path"])
    assert first.status_code == 200
    assert first.headers["content-type"].startswith("text/calendar")
    assert b"\n" not in first.content.replace(b"\r\n", b"")
    assert summaries(first.content) == ["Angebot nachfassen", "Anrufen"]
    assert summaries(program.send("GET", feed["url_path"], query={"as": "todo"}).content) == ["Angebot nachfassen", "Anrufen"]

    etag = {"If-None-Match": first.headers["etag"]}
    again = program.send("GET", feed["url_path"], headers=etag)
    assert again.status_code == 304
    assert again.content == b""

    anna.post(f"/v1/tasks/{task['id']}:complete")
    changed = program.send("GET", feed["url_path"], headers=etag)
    assert changed.status_code == 200
    assert summaries(changed.content) == ["Anrufen"]

    anna.delete(f"/v1/calendar-feeds/{feed['id']}")
    eventually(lambda: program.send("GET", feed["url_path"]).status_code, lambda status: status == 404)
    eventually(lambda: program.send("GET", feed["url_path"], headers=etag).status_code, lambda status: status == 404)


def test_a_rotated_feed_has_another_address_and_a_feeds_secret_opens_nothing_else(team: Team) -> None:
    anna = team.owner
    feed = anna.post("/v1/calendar-feeds", {"name": "Telefon"})
    rotated = anna.post(f"/v1/calendar-feeds/{feed['id']}:rotate")
    program = stranger(team.installation)

    eventually(lambda: program.send("GET", feed["url_path"]).status_code, lambda status: status == 404)
    assert program.send("GET", rotated["url_path"]).status_code == 200
    assert program.send("GET", "/v1/tasks", headers={"Authorization": f"Bearer {rotated['secret']}"}).status_code == 401
    for path in ("/calendar/x/tasks.ics", f"/calendar/{anna.token}/tasks.ics", "/calendar/%00/tasks.ics"):
        assert program.send("GET", path).status_code in (400, 404)
