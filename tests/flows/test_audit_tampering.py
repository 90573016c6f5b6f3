"""What was done by which means is told, and who changes the log in the database is found out (A6, S12)."""

import sqlalchemy as sa

from kontor_chassis.db.database import Database
from kontor_chassis.principal import EVERY_ACCOUNT
from tests.suite_clients import Person, Team, eventually
from tests.suite_processes import Installation


def tamper(installation: Installation, statement: str, **values: str) -> None:
    """What somebody does who has the database, but not the folder of keys."""
    database = Database(installation.settings.database_url_of("contacts"), name="contacts")
    try:
        with database.writing(EVERY_ACCOUNT) as connection:
            assert connection.execute(sa.text(statement), values).rowcount == 1
    finally:
        database.close()


def test_a_change_of_the_log_is_found_by_owners_and_operators(installation: Installation, team: Team) -> None:
    anna = team.owner
    key = anna.post("/v1/api-keys", {"name": "Rechnungslauf"})
    program = Person(installation, token=key["secret"])
    person = program.post("/v1/persons", {"last_name": "Öztürk"})["id"]
    anna.patch(f"/v1/persons/{person}", {"last_name": "Özdemir"})

    by_hand, by_key = anna.get("/v1/audit-entries", subject=f"persons/{person}")["audit_entries"]
    assert (by_hand["means"], by_hand["api_key_id"]) == ("user", "")
    assert (by_key["means"], by_key["api_key_id"], by_key["api_key_name"]) == ("key", key["id"], "Rechnungslauf")
    assert by_key["actor_user_id"] == anna.user_id

    report = eventually(lambda: anna.get("/v1/audit-log:verify", service="contacts"), lambda answer: answer["entries"] >= 2)
    assert (report["intact"], report["findings"], report["next_page_token"]) == (True, [], "")
    verify = ("audit", "verify", "contacts", "--account", team.slug)
    assert f"ok   contacts {team.account_id}: " in installation.kontor(*verify)
    heads = installation.folder / f"heads-{team.slug}"
    heads.write_text(installation.kontor("audit", "heads", "contacts"), encoding="utf-8")
    installation.kontor(*verify, "--heads", str(heads))

    tamper(installation, "UPDATE audit SET actor_user_id = 'x' WHERE account_id = :a AND id = :id", a=team.account_id, id=by_hand["id"])
    report = anna.get("/v1/audit-log:verify", service="contacts")
    assert report["intact"] is False
    assert [(item["fault"], item["entry_id"], item["subject"]) for item in report["findings"]] == [
        ("changed", by_hand["id"], f"persons/{person}")
    ]
    found = installation.kontor(*verify, status=1)
    assert f"BAD  contacts {team.account_id}: " in found
    assert f"entry {by_hand['id']} of persons/{person} was changed" in found
    berta = team.colleague("berta")
    assert berta.send("GET", "/v1/audit-log:verify?service=contacts").status_code == 403

    # Whoever takes the newest seals away with all that they cover leaves a log that fits together, but not to what was kept.
    for table in ("audit", "audit_unsealed", "audit_seals"):
        empty(installation, table, team.account_id)
    assert "was cut off" in installation.kontor(*verify, "--heads", str(heads), status=1)


def empty(installation: Installation, table: str, account_id: str) -> None:
    database = Database(installation.settings.database_url_of("contacts"), name="contacts")
    try:
        with database.writing(EVERY_ACCOUNT) as connection:
            connection.execute(sa.text(f"DELETE FROM {table} WHERE account_id = :a"), {"a": account_id})
    finally:
        database.close()
