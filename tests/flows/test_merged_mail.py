"""Two people are merged, and that is undone (B15): mail, watches, notifications and search follow."""

from tests.suite_clients import Team, eventually, knows_address, mail


def test_mail_watches_and_search_follow_a_merge_and_its_undo(team: Team) -> None:
    anna, berta = team.owner, team.colleague("berta")
    addresses = (f"ali@{team.slug}.example", f"oeztuerk@{team.slug}.example")
    survivor, loser = (anna.post("/v1/persons", {"last_name": "Öztürk", "emails": [{"address": address}]}) for address in addresses)
    stays, gone = f"persons/{survivor['id']}", f"persons/{loser['id']}"
    for subject in (stays, gone):
        berta.post("/v1/watches", {"subject": subject})
    eventually(lambda: all(knows_address(team.installation, address) for address in addresses))
    anna.deposit(mail(anna.email, addresses[1], "Angebot", "anbei der Wartungsvertrag"))
    [before] = eventually(lambda: anna.timeline(gone))
    eventually(lambda: set(anna.found("oeztuerk")) >= {stays, gone})

    merged = anna.post(f"/v1/{stays}:merge", {"duplicate_id": loser["id"]})

    eventually(lambda: gone not in anna.found("oeztuerk", kind="person"))
    assert [
        filing["subject"]
        for filing in eventually(lambda: anna.get(f"/v1/{before['ref']}")["filings"], lambda filings: filings[0]["subject"] == stays)
    ] == [stays]
    eventually(lambda: anna.get("/v1/search", q="wartung")["hits"], lambda hits: hits[0]["subjects"] == [stays])
    assert eventually(lambda: berta.get("/v1/watches")["watches"], lambda watches: len(watches) == 1)[0]["subject"] == stays
    anna.deposit(mail(anna.email, addresses[1], "Nachtrag", "noch etwas"))
    told = eventually(berta.notifications, lambda found: len(found) == 2)
    assert {item["subject"] for item in told} == {stays}
    assert anna.get("/v1/tray")["messages"] == []

    anna.post(f"/v1/merges/{merged['merge_id']}:undo")

    eventually(lambda: anna.get(f"/v1/{before['ref']}")["filings"], lambda filings: filings[0]["subject"] == gone)
    eventually(lambda: set(anna.found("oeztuerk", kind="person")) == {stays, gone})
    [hit] = eventually(lambda: anna.get("/v1/search", q="wartung")["hits"], lambda hits: hits[0]["subjects"] == [gone])
    assert hit["ref"] == before["ref"]
    assert len(eventually(lambda: berta.get("/v1/watches")["watches"], lambda watches: len(watches) == 2)) == 2
    anna.deposit(mail(anna.email, addresses[1], "Zuletzt", "an den zweiten"))
    last = eventually(lambda: [item for item in anna.timeline(gone) if item["title"] == "Zuletzt"])
    assert [filing["subject"] for filing in anna.get(f"/v1/{last[0]['ref']}")["filings"]] == [gone]
