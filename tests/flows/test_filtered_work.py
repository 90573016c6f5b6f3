"""One filter language for the lists of work (B10, C4, D2)."""

from urllib.parse import urlencode

from tests.suite_clients import Team, eventually


def test_deals_projects_and_tasks_are_filtered_and_sorted_as_people_are(team: Team) -> None:
    anna = team.owner
    eventually(lambda: anna.get("/v1/pipelines")["pipelines"])
    worth = {"Wartung": "5000.00", "Öltank": "20000.00", "Ölwechsel": "300.00"}
    ids = {
        name: anna.post("/v1/deals", {"name": name, "value": {"amount": amount, "currency": "EUR"}, "tags": ["Messe"]})["id"]
        for name, amount in worth.items()
    }
    found = anna.get("/v1/deals", filter='tags:Messe AND value >= 1000 AND NOT name = "nichts"', order_by="value desc")["deals"]
    assert [deal["name"] for deal in found] == ["Öltank", "Wartung"]
    first = anna.get("/v1/deals", filter="name = oel*", order_by="name", page_size=1)
    rest = anna.get("/v1/deals", filter="name = oel*", order_by="name", page_size=1, page_token=first["next_page_token"])
    assert [deal["id"] for deal in (*first["deals"], *rest["deals"])] == [ids["Öltank"], ids["Ölwechsel"]]

    for name, end in (("Umzug", "2020-01-31"), ("Neubau", "2099-01-31")):
        anna.post("/v1/projects", {"name": name, "end_date": end})
    found = anna.get("/v1/projects", filter="end_date < today AND responsible = me")["projects"]
    assert [project["name"] for project in found] == ["Umzug"]

    for title, due in (("Anrufen", "2020-01-31"), ("Schreiben", "2099-01-31")):
        anna.post("/v1/tasks", {"title": title, "due_date": due, "priority": "high", "subject": f"deals/{ids['Wartung']}"})
    found = anna.get("/v1/tasks", filter="assignee = me AND state = open AND due < today AND subject = deals/*", order_by="title")["tasks"]
    assert [task["title"] for task in found] == ["Anrufen"]

    wrong = (("deals", "value >> 1", "position 8"), ("projects", "shoe = 1", "position 1"), ("tasks", "due <", "position"))
    for path, text, position in wrong:
        response = anna.send("GET", f"/v1/{path}?{urlencode({'filter': text})}")
        assert response.status_code == 400
        [error] = response.json()["errors"]
        assert error["field"] == "filter"
        assert position in error["message"]
