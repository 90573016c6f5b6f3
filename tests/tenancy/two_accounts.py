"""Two accounts with something of every kind: one that is attacked, and what must stay as it is of it."""

import hashlib
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from kontor_suite.catalog import SERVICES
from tests.suite_clients import PATIENCE_SECONDS, Person, Team, eventually, knows_address, mail, open_team, stranger
from tests.suite_processes import Installation

# Rows of these come and go by themselves, and columns of these change when an owner only looks.
_RESTLESS_TABLES = {"outbox", "inbox", "throttles", "form_throttles", "alembic_version", "audit_unsealed", "audit_seals"}
_RESTLESS_COLUMNS = {"last_used_time"}
# Kind of a record → the noun of its resource name, of those that timelines, tasks and watches may point at.
SUBJECT_NOUNS = {"person": "persons", "organisation": "organisations", "deal": "deals", "project": "projects"}


@dataclass(frozen=True)
class Side:
    """An account and the ids of its records by kind."""

    team: Team
    ids: Mapping[str, str]
    # Stands in every text of every record; who reads it has seen something of this account.
    canary: str

    @property
    def user(self) -> Person:
        return self.team.owner


def furnish(installation: Installation, name: str) -> Side:
    """Make an account with something of every kind in it."""
    team = open_team(installation, name)
    canary = f"Kanarienvogel{secrets.token_hex(6)}"
    anna, berta = team.owner, team.colleague("berta")
    ids = {"account": team.account_id, "user": berta.user_id}
    address = f"ali@{team.slug}.example"
    ids["organisation"] = anna.post("/v1/organisations", {"name": canary, "tags": [canary]})["id"]
    ids["duplicate"] = anna.post("/v1/organisations", {"name": canary})["duplicates"][0]["id"]
    ids["operation"] = anna.post("/v1/duplicates:scan", {})["id"]
    eventually(lambda: anna.get(f"/v1/operations/{ids['operation']}")["state"] == "done")
    person = {"last_name": canary, "background": canary, "emails": [{"address": address}], "tags": [canary]}
    ids["person"] = anna.post("/v1/persons", person)["id"]
    subject = f"persons/{ids['person']}"
    twins = [anna.post("/v1/persons", {"last_name": canary, "tags": [canary]})["id"] for _ in range(2)]
    ids["merge"] = anna.post(f"/v1/persons/{twins[0]}:merge", {"duplicate_id": twins[1]})["merge_id"]
    ids["position"] = anna.post(f"/v1/{subject}/positions", {"organisation_id": ids["organisation"], "role": canary})["id"]
    ids["tag"] = anna.get("/v1/tags")["tags"][0]["id"]
    choice = {"key": "wert", "label": canary}
    field = {"record_kind": "person", "key": "kanarienvogel", "label": canary, "type": "choice", "choices": [choice]}
    ids["custom_field"] = anna.post("/v1/custom-fields", field)["id"]
    anna.patch(f"/v1/{subject}", {"custom": {"kanarienvogel": "wert"}})
    ids["segment"] = anna.post("/v1/segments", {"record_kind": "person", "name": canary, "filter": f"tags:{canary}"})["id"]
    pipeline = eventually(lambda: anna.get("/v1/pipelines")["pipelines"])[0]
    ids |= {"pipeline": pipeline["id"], "stage": pipeline["stages"][1]["id"]}
    deal = {"name": canary, "value": {"amount": "123456.78", "currency": "EUR"}, "organisation_id": ids["organisation"], "tags": [canary]}
    ids["deal"] = anna.post("/v1/deals", deal)["id"]
    ids["project"] = anna.post("/v1/projects", {"name": canary, "organisation_ids": [ids["organisation"]], "tags": [canary]})["id"]
    ids["group"] = anna.post("/v1/groups", {"name": canary, "user_ids": [berta.user_id]})["id"]
    ids["task"] = anna.post("/v1/tasks", {"title": canary, "subject": subject, "due_date": "2027-01-04"})["id"]
    ids["note"] = anna.post("/v1/notes", {"text": canary, "subject": subject})["id"]
    ids["api_key"] = anna.post("/v1/api-keys", {"name": canary})["id"]
    ids["calendar_feed"] = anna.post("/v1/calendar-feeds", {"name": canary})["id"]
    ids["session"] = berta.get("/v1/sessions")["sessions"][0]["id"]
    ids["watch"] = anna.post("/v1/watches", {"subject": subject})["id"]
    berta.post("/v1/notes", {"text": canary, "subject": subject})
    ids["notification"] = eventually(anna.notifications)[0]["id"]
    field = {"key": "last_name", "required": True}
    form = anna.post("/v1/web-forms", {"name": canary, "active": True, "fields": [field], "responsible_user_id": anna.user_id})
    ids["web_form"] = form["id"]
    # Taken for a robot's, so that it can be accepted.
    stranger(installation).http.post(form["url_path"], data={"last_name": canary, "website": canary}).raise_for_status()
    ids["form_submission"] = anna.get(f"/v1/web-forms/{form['id']}/submissions")["form_submissions"][0]["id"]
    anna.dropbox()
    ids["mail_address"] = anna.get("/v1/mail-addresses")["mail_addresses"][0]["id"]
    eventually(lambda: knows_address(installation, address))
    anna.deposit(mail(anna.email, address, canary, canary))
    anna.deposit(mail(anna.email, "nobody@elsewhere.example", canary, canary))
    ids["message"] = eventually(lambda: anna.get("/v1/messages", state="filed")["messages"])[0]["id"]
    return Side(team, ids, canary)


def settled_digest(installation: Installation, account_id: str) -> Mapping[str, str]:
    """A hash per table of an account's rows, once nothing moves any more."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    before: Mapping[str, str] = {}
    while True:
        waiting = sum(_outbox(installation, service.name) for service in SERVICES)
        now = {} if waiting else _digest(installation, account_id)
        if now and now == before:
            return now
        assert time.monotonic() < deadline, f"{waiting} facts are not delivered, or rows still change"
        before = now
        time.sleep(0.5)


def _outbox(installation: Installation, service: str) -> int:
    with installation.database(service) as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM outbox").scalar_one())


def _digest(installation: Installation, account_id: str) -> dict[str, str]:
    hashes: dict[str, str] = {}
    for service in SERVICES:
        with installation.database(service.name) as connection:
            for name in sa.inspect(connection).get_table_names():
                columns = {column["name"] for column in sa.inspect(connection).get_columns(name)} - _RESTLESS_COLUMNS
                if name in _RESTLESS_TABLES or "account_id" not in columns:
                    continue
                table = sa.table(name, *(sa.column(column) for column in sorted(columns)))
                rows = connection.execute(sa.select(table).where(table.c.account_id == account_id)).all()
                texts = sorted(repr([bytes(cell) if isinstance(cell, memoryview) else cell for cell in row]) for row in rows)
                hashes[f"{service.name}.{name}"] = hashlib.sha256("\n".join(texts).encode()).hexdigest()
    return hashes
