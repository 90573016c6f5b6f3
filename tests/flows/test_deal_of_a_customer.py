"""A deal is found by its customer's name, also by a new one (F1); the project that is born from it shows on the timelines (C7, D7)."""

from tests.suite_clients import Team, eventually


def test_a_deal_and_its_project_are_found_by_the_names_of_customer_and_contact(team: Team) -> None:
    anna = team.owner
    firm = anna.post("/v1/organisations", {"name": "Kesselbau Brandt"})
    person = anna.post("/v1/persons", {"first_name": "Jördis", "last_name": "Quandt"})
    deal = anna.post(
        "/v1/deals", {"name": "Wartung 2026", "organisation_id": firm["id"], "persons": [{"person_id": person["id"], "role": "Einkauf"}]}
    )
    ref = f"deals/{deal['id']}"
    for words in ("kesselbau", "quandt"):
        eventually(lambda words=words: anna.found(words), lambda found: ref in found)

    anna.patch(f"/v1/organisations/{firm['id']}", {"name": "Brandt Anlagentechnik"})
    eventually(lambda: anna.found("anlagentechnik"), lambda found: ref in found)
    eventually(lambda: anna.found("kesselbau"), lambda found: ref not in found)

    anna.post(f"/v1/deals/{deal['id']}:win", {})
    project = anna.post("/v1/projects", {"name": "Kesselhaus", "deal_id": deal["id"], "organisation_ids": [firm["id"]]})
    eventually(lambda: anna.found("anlagentechnik"), lambda found: f"projects/{project['id']}" in found)
    for subject in (ref, f"projects/{project['id']}", f"organisations/{firm['id']}", f"persons/{person['id']}"):
        eventually(
            lambda subject=subject: [entry["title"] for entry in anna.timeline(subject)],
            lambda titles: "Projekt begonnen: Kesselhaus" in titles,
        )
