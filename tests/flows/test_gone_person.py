"""A person is deleted: what was theirs alone is found no more, and nothing that is found leads nowhere (F1, D7)."""

from tests.suite_clients import Team, eventually, knows_address, mail


def test_the_mail_of_a_deleted_person_leaves_search_as_it_leaves_the_timelines(team: Team) -> None:
    anna = team.owner
    gone, stays = f"ali@{team.slug}.example", f"berta@{team.slug}.example"
    ali, berta = (anna.post("/v1/persons", {"last_name": "Öztürk", "emails": [{"address": address}]}) for address in (gone, stays))
    eventually(lambda: knows_address(team.installation, gone) and knows_address(team.installation, stays))
    anna.deposit(mail(anna.email, gone, "Angebot", "anbei der Softwarewartungsvertrag"))
    anna.deposit(mail(anna.email, f"{gone}, {stays}", "Protokoll", "zur Softwarewartung"))
    found = eventually(lambda: anna.found("wartung"), lambda refs: len(refs) == 2)

    anna.delete(f"/v1/persons/{ali['id']}")

    [left] = eventually(lambda: anna.found("wartung"), lambda refs: len(refs) == 1)
    [hit] = eventually(lambda: anna.get("/v1/search", q="wartung")["hits"], lambda hits: hits[0]["subjects"] == [f"persons/{berta['id']}"])
    assert [filing["subject"] for filing in anna.get(f"/v1/{hit['ref']}")["filings"]] == [f"persons/{berta['id']}"]
    [entry] = anna.timeline(f"persons/{berta['id']}")
    assert entry["ref"] == left
    # The mail itself is kept: whoever has its link still reads it.
    [other] = set(found) - {left}
    message = anna.get(f"/v1/{other}")
    assert (message["state"], message["filings"]) == ("filed", [])


def test_watchers_are_told_once_of_all_mails_that_had_waited_for_an_address(team: Team) -> None:
    """G2, E6."""
    anna, berta = team.owner, team.colleague("berta")
    address = f"ali@{team.slug}.example"
    for number in range(5):
        anna.deposit(mail(anna.email, address, f"Mail {number}", "Guten Tag"))
    eventually(lambda: anna.get("/v1/tray")["messages"], lambda messages: len(messages) == 5)
    person = anna.post("/v1/persons", {"last_name": "Öztürk"})
    berta.post("/v1/watches", {"subject": f"persons/{person['id']}"})

    anna.patch(f"/v1/persons/{person['id']}", {"emails": [{"address": address}]})

    [notification] = eventually(berta.notifications)
    assert (notification["kind"], notification["count"], notification["subject"]) == ("mail_filed", 5, f"persons/{person['id']}")
    assert notification["actor_user_id"] == anna.user_id
    assert len(eventually(lambda: anna.timeline(f"persons/{person['id']}"), lambda entries: len(entries) == 5)) == 5
    assert anna.notifications() == []
