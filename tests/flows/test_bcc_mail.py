"""The main job (E1, E2, E4, D7, D8, F2, G2): a mail with the dropbox in BCC turns up wherever somebody would look for it."""

from tests.suite_clients import Team, eventually, knows_address, mail


def test_a_bcc_mail_is_on_the_timelines_found_by_search_told_to_watchers_and_kept_as_it_was(team: Team) -> None:
    anna, berta = team.owner, team.colleague("berta")
    organisation = anna.post("/v1/organisations", {"name": "Hafen Köln GmbH"})
    address = f"ali@{team.slug}.example"
    person = anna.post("/v1/persons", {"first_name": "Ali", "last_name": "Öztürk", "emails": [{"address": address}]})
    anna.post(f"/v1/persons/{person['id']}/positions", {"organisation_id": organisation["id"], "role": "Einkauf"})
    berta.post("/v1/watches", {"subject": f"persons/{person['id']}"})
    eventually(lambda: knows_address(team.installation, address))

    text = "Sehr geehrter Herr Öztürk,\n\nanbei der Softwarewartungsvertrag.\n"
    sent = anna.deposit(mail(anna.email, address, "Unser Angebot", text))

    [entry] = eventually(lambda: anna.timeline(f"persons/{person['id']}"))
    assert entry["kind"] == "email"
    assert entry["title"] == "Unser Angebot"
    assert "Softwarewartungsvertrag" in entry["text"]
    assert entry["author_user_id"] == anna.user_id
    assert entry["email"]["to"] == [address]
    assert not entry.get("via")

    [at_organisation] = eventually(lambda: anna.timeline(f"organisations/{organisation['id']}"))
    assert at_organisation["ref"] == entry["ref"]
    assert at_organisation["via"] == f"persons/{person['id']}"

    message = anna.get(f"/v1/{entry['ref']}")
    assert message["state"] == "filed"
    assert [filing["subject"] for filing in message["filings"]] == [f"persons/{person['id']}"]
    assert anna.send("GET", f"/v1/{entry['ref']}/raw").content == sent

    assert eventually(lambda: anna.found("wartung")) == [entry["ref"]]
    [hit] = anna.get("/v1/search", q="wartung", kind="email")["hits"]
    assert "<em>" in hit["highlight"]

    [notification] = eventually(berta.notifications)
    assert notification["kind"] == "mail_filed"
    assert notification["ref"] == entry["ref"]
    assert notification["subject"] == f"persons/{person['id']}"
    assert notification["title"] == "Unser Angebot"
    assert notification["reason"] == "watcher"
    # Nobody is told of what they did themselves.
    assert anna.notifications() == []


def test_the_same_mail_from_two_colleagues_is_stored_once(team: Team) -> None:
    """E7."""
    anna, berta = team.owner, team.colleague("berta")
    address = f"ali@{team.slug}.example"
    person = anna.post("/v1/persons", {"last_name": "Öztürk", "emails": [{"address": address}]})
    eventually(lambda: knows_address(team.installation, address))
    message = mail(anna.email, address, "Protokoll", "Wie besprochen.")

    sent = anna.deposit(message)
    [entry] = eventually(lambda: anna.timeline(f"persons/{person['id']}"))
    berta.deposit(sent)
    depositors = eventually(lambda: anna.get(f"/v1/{entry['ref']}")["depositor_user_ids"], lambda ids: len(ids) == 2)

    assert set(depositors) == {anna.user_id, berta.user_id}
    assert len(anna.timeline(f"persons/{person['id']}")) == 1
    assert len(anna.all_of("/v1/messages", "messages")) == 1
