"""A deal in the forecast (C1, C2, C3): weighted while it is open, in full when it is won, and told to who watches it."""

from datetime import date, timedelta

from tests.suite_clients import Person, Team, eventually


def stage_of(anna: Person, probability: int) -> str:
    [pipeline] = eventually(lambda: anna.get("/v1/pipelines")["pipelines"])
    [stage] = [stage for stage in pipeline["stages"] if stage.get("probability", 0) == probability]
    return str(stage["id"])


def in_month(anna: Person, day: date) -> dict[str, object]:
    months = anna.get("/v1/forecast")["months"]
    found = [month for month in months if month["month"] == f"{day:%Y-%m}" and month["currency"] == "EUR"]
    return found[0] if found else {}


def test_10000_euros_at_75_percent_count_7500_and_all_of_it_once_won(team: Team) -> None:
    anna, berta = team.owner, team.colleague("berta")
    person = anna.post("/v1/persons", {"last_name": "Öztürk"})
    target = date.today() + timedelta(days=40)
    deal = anna.post(
        "/v1/deals",
        {
            "name": "Wartung 2027",
            "value": {"amount": "10000.00", "currency": "EUR"},
            "target_date": target.isoformat(),
            "persons": [{"person_id": person["id"]}],
        },
    )
    berta.post("/v1/watches", {"subject": f"deals/{deal['id']}"})
    assert deal["state"] == "open"
    moved = anna.post(f"/v1/deals/{deal['id']}:move", {"stage_id": stage_of(anna, 75)})
    assert moved["probability"] == 75

    expected = in_month(anna, target)
    assert expected["weighted"] == {"amount": "7500.00", "currency": "EUR"}
    assert expected["open"] == {"amount": "10000.00", "currency": "EUR"}
    assert expected["open_count"] == 1

    won = anna.post(f"/v1/deals/{deal['id']}:win")
    assert won["state"] == "won"
    today = date.fromisoformat(won["closed_date"])
    assert in_month(anna, today)["won"] == {"amount": "10000.00", "currency": "EUR"}
    assert in_month(anna, target).get("open_count", 0) == 0

    milestones = eventually(lambda: anna.timeline(f"deals/{deal['id']}"), lambda entries: len(entries) == 2)
    assert {entry["kind"] for entry in milestones} == {"milestone"}
    # What hangs on a deal shows at its people (D8).
    at_person = eventually(lambda: anna.timeline(f"persons/{person['id']}"), lambda entries: len(entries) == 2)
    assert {entry["via"] for entry in at_person} == {f"deals/{deal['id']}"}

    kinds = eventually(lambda: {item["kind"] for item in berta.notifications()}, lambda seen: "deal_won" in seen)
    assert kinds == {"deal_moved", "deal_won"}


def test_a_won_deal_cannot_be_lost_and_a_lost_one_needs_a_reason_and_counts_nothing(team: Team) -> None:
    anna = team.owner
    target = date.today() + timedelta(days=40)
    body = {"name": "Schulung", "value": {"amount": "900.00", "currency": "EUR"}, "target_date": target.isoformat()}
    first, second = (eventually(lambda: anna.post("/v1/deals", body)) for _ in range(2))
    anna.post(f"/v1/deals/{first['id']}:win")
    assert anna.send("POST", f"/v1/deals/{first['id']}:lose", {"lost_reason": "Preis"}).status_code == 409

    refused = anna.send("POST", f"/v1/deals/{second['id']}:lose", {})
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["field"] == "lost_reason"
    anna.post(f"/v1/deals/{second['id']}:lose", {"lost_reason": "Preis"})
    assert in_month(anna, target).get("open_count", 0) == 0
