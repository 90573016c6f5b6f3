"""A new installation, from outside: nothing but what it prints, its HTTP and its SMTP (I1, I2)."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import suite_processes
from tests.backends import Postgres
from tests.suite_clients import Person, eventually, mail, sign_in, stranger
from tests.suite_processes import OWNER_EMAIL, PASSWORD, Installation

_TOGETHER = (("identity", "contacts", "sales", "tasks"), ("mail-ingest", "search", "notify"))


@pytest.fixture(params=["embedded", "split"])
def fresh(request: pytest.FixtureRequest) -> Iterator[Installation]:
    """Split: several services in a process, as somebody with two small machines would run them."""
    if request.param == "embedded":
        with suite_processes.running(suite_processes.embedded) as installation:
            yield installation
        return
    # The broker of the session belongs to the session's installation: queues have fixed names.
    broker = request.getfixturevalue("own_rabbitmq")
    database: Postgres = request.getfixturevalue("postgres")

    def make(folder: Path) -> Installation:
        return suite_processes.split(folder, postgres=database, bus_url=broker.url, together=_TOGETHER)

    with suite_processes.running(make) as installation:
        yield installation


def filed(anna: Person, address: str, number: int) -> bool:
    """Deposit a mail to a person and say whether it was filed; one that comes before the news of the person waits in the tray."""
    subject = f"Angebot {number}"
    anna.deposit(mail(anna.email, address, subject, "Anbei der Softwarewartungsvertrag."))
    [message] = eventually(
        lambda: [item for item in anna.get("/v1/messages")["messages"] if item["subject"] == subject and item["state"] != "received"]
    )
    return bool(message["state"] == "filed")


def test_the_first_day_of_a_team_survives_the_night(fresh: Installation) -> None:
    assert stranger(fresh).send("GET", "/v1/persons").status_code == 401
    anna = sign_in(fresh, OWNER_EMAIL)
    assert anna.get("/v1/me")["role"] == "owner"
    person = anna.post("/v1/persons", {"last_name": "Öztürk", "emails": [{"address": "ali@hafen.example"}]})
    numbers = iter(range(100))
    eventually(lambda: filed(anna, "ali@hafen.example", next(numbers)))
    before = eventually(lambda: [entry for entry in anna.timeline(f"persons/{person['id']}") if entry["kind"] == "email"])
    messages = anna.all_of("/v1/messages", "messages")

    fresh.stop()
    fresh.start()

    assert anna.get(f"/v1/persons/{person['id']}") == person
    assert anna.timeline(f"persons/{person['id']}") == before
    assert anna.all_of("/v1/messages", "messages") == messages
    assert set(eventually(lambda: anna.found("wartung"))) >= {before[0]["ref"]}
    assert eventually(lambda: filed(anna, "ali@hafen.example", 100))


def test_a_first_start_without_an_owner_prints_one_once_and_lets_them_in(tmp_path: Path) -> None:
    installation = suite_processes.embedded(tmp_path)
    unset = {"KONTOR_OWNER_EMAIL": "", "KONTOR_OWNER_PASSWORD": ""}
    process = installation.processes["suite"]
    process.environment = {**process.environment, **unset}
    try:
        installation.start()
        printed = installation.log_of("identity")
        [email] = re.findall(r"e-mail +(\S+)", printed)
        [password] = re.findall(r"password +(\S+)", printed)
        assert sign_in(installation, email, password).get("/v1/me")["role"] == "owner"
        process.stop()
        installation.start()
        assert installation.log_of("identity").count(password) == 1
        assert sign_in(installation, email, password).get("/v1/me")["email"] == email
    finally:
        installation.stop()


def test_what_was_told_shortly_before_a_stop_arrives_after_the_next_start(tmp_path: Path) -> None:
    installation = suite_processes.embedded(tmp_path)
    try:
        installation.start()
        anna = sign_in(installation, OWNER_EMAIL)
        made = [anna.post("/v1/persons", {"last_name": f"Öztürk {number}"})["id"] for number in range(20)]
        installation.stop()
        assert "stopped_by_failure" not in installation.log_of("contacts")
        assert "Traceback" not in installation.log_of("contacts")
        installation.start()
        assert {person["id"] for person in anna.all_of("/v1/persons", "persons")} == set(made)
        eventually(lambda: len(anna.found("ozturk")), lambda count: count == 20)
    finally:
        installation.stop()


def test_operators_work_on_an_installation_that_is_stopped_and_find_it_when_it_runs(tmp_path: Path) -> None:
    installation = suite_processes.embedded(tmp_path)
    installation.kontor("account", "create", "hafen", "--owner-email", "eva@hafen.example", "--password", PASSWORD)
    assert "hafen" in installation.kontor("account", "list")
    installation.kontor("user", "create", "hafen", "fred@hafen.example", "--password", PASSWORD)
    try:
        installation.start()
        eva = sign_in(installation, "eva@hafen.example")
        assert {user["email"] for user in eva.all_of("/v1/users", "users")} == {"eva@hafen.example", "fred@hafen.example"}
        # What those commands told went out when the suite started: the account has its pipeline, its users their dropboxes.
        assert eventually(lambda: eva.get("/v1/pipelines")["pipelines"])
        assert eva.dropbox()
    finally:
        installation.stop()
