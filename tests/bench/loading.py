"""Fills the databases of contacts, tasks and mail-ingest before the suite starts: straight into their tables, in batches, with what
the events would have left in the replicas. The search index is built afterwards, by the suite's own rebuild."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from datetime import datetime

import sqlalchemy as sa

from kontor_chassis.db.database import Database
from kontor_contacts.store import tables as contacts
from kontor_identity.store import tables as identity
from kontor_mail_ingest.store import tables as mail
from kontor_tasks.domain.ties import Tie, span
from kontor_tasks.domain.zones import DEFAULT_ZONE
from kontor_tasks.store import tables as tasks
from tests.bench.people import Batch, Population, Row, history, search_terms, this_moment
from tests.bench.world import World

_BATCH = 5000
_SAMPLE = 10_000
_SEARCH_TERMS = 200
_LOADED = ("contacts", "tasks", "mail-ingest")


def load(urls: Mapping[str, str], people: int) -> World:
    """Make `people` people in the one account that the databases have. `urls` are those of the services' databases."""
    with ExitStack() as stack:
        databases = {name: stack.enter_context(closing(Database(urls[name], name=name))) for name in ("identity", *_LOADED)}
        account_id, user_id = _owner(databases["identity"])
        now = this_moment()
        population = Population(people, account_id=account_id, user_id=user_id, now=now)
        _insert(databases["contacts"], {contacts.TAGS: population.tags, contacts.CUSTOM_FIELDS: population.custom_fields})
        sample: list[str] = []
        emails: dict[str, str] = {}
        for batch in population.batches(_BATCH):
            _load_batch(databases, batch, account_id)
            step = max(1, people // _SAMPLE)
            sample += [row["id"] for row in batch.persons[::step]]
            emails.update({row["record_id"]: row["value"] for row in batch.contact_points if row["medium"] == "email"})
        _load_history(databases["tasks"], sample[0], account_id=account_id, user_id=user_id, now=now)
        for name in _LOADED:
            _settle(databases[name])
    return World(
        people=people,
        person_ids=sample,
        emails={person_id: emails[person_id] for person_id in sample if person_id in emails},
        busy_person_id=sample[0],
        tags=[str(tag["name"]) for tag in population.tags],
        search_terms=search_terms(_SEARCH_TERMS),
        account_id=account_id,
        user_id=user_id,
        timeline_tokens=[],
    )


def _owner(database: Database) -> tuple[str, str]:
    with database.reading("*") as connection:
        row = connection.execute(sa.select(identity.USERS.c.account_id, identity.USERS.c.id).where(identity.USERS.c.role == "owner")).one()
        return row.account_id, row.id


def _load_batch(databases: Mapping[str, Database], batch: Batch, account_id: str) -> None:
    _insert(
        databases["contacts"],
        {
            contacts.ORGANISATIONS: batch.organisations,
            contacts.PERSONS: batch.persons,
            contacts.CONTACT_POINTS: batch.contact_points,
            contacts.TAGGINGS: batch.taggings,
            contacts.POSITIONS: batch.positions,
            contacts.CUSTOM_VALUES: batch.custom_values,
        },
    )
    ties = [_tie(row) for row in batch.positions]
    known = [{"account_id": account_id, "ref": tie["source"], "sequence": 1, "deleted": False} for tie in ties]
    _insert(databases["tasks"], {tasks.TIES: ties, tasks.RECORDS: known})
    book = [
        {"account_id": account_id, "address": row["lookup"], "person_id": row["record_id"]}
        for row in batch.contact_points
        if row["medium"] == "email"
    ]
    replica = [{"account_id": account_id, "id": row["id"], "sequence": 1, "deleted": False} for row in batch.persons]
    _insert(databases["mail-ingest"], {mail.PERSONS: replica, mail.PERSON_ADDRESSES: book})


def _tie(position: Row) -> Row:
    subject, target = f"persons/{position['person_id']}", f"organisations/{position['organisation_id']}"
    first = datetime.fromisoformat(position["from_date"]).date()
    from_time, until_time = span(Tie(subject=subject, target=target, from_day=first), DEFAULT_ZONE)
    return {
        "account_id": position["account_id"],
        "source": f"positions/{position['id']}",
        "subject": subject,
        "root": subject,
        "target": target,
        "from_day": first.isoformat(),
        "to_day": None,
        "from_time": from_time,
        "until_time": until_time,
    }


def _load_history(database: Database, person_id: str, *, account_id: str, user_id: str, now: datetime) -> None:
    pairs = list(history(person_id, account_id=account_id, user_id=user_id, now=now))
    for start in range(0, len(pairs), _BATCH):
        part = pairs[start : start + _BATCH]
        _insert(database, {tasks.ENTRIES: [entry for entry, _ in part], tasks.LINKS: [link for _, link in part]})


def _insert(database: Database, rows: Mapping[sa.Table, Sequence[Row]]) -> None:
    with database.writing("*") as connection:
        for table, values in rows.items():
            if values:
                connection.execute(sa.insert(table), values)


def _settle(database: Database) -> None:
    """What PostgreSQL does by itself within minutes of such a load: clean up and learn how the values are spread. SQLite: the log
    goes into the file, so that no reader finds itself at the end of a long one."""
    with database.engine.connect() as connection:
        if database.dialect == "postgresql":
            connection.exec_driver_sql("SET statement_timeout = 0")
            connection.exec_driver_sql("VACUUM ANALYZE")
        else:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
