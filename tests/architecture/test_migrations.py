"""The migrations of each service lead to exactly the tables of its `store/tables.py`, and account ids wall the accounts off."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from kontor_chassis.db.database import Database
from kontor_chassis.db.migrations import is_current, upgrade
from kontor_chassis.db.plumbing import METADATA as PLUMBING
from tests.architecture.tree import SERVICE_NAMES, service_of
from tests.backends import Postgres

# Looked up before the account is known, or for all accounts at once.
OVER_ALL_ACCOUNTS = {
    # What is due is looked for in all accounts at once.
    "contacts": {
        "loose_photos_by_due_time",
        "merges_due",
        "operations_by_end_time",
        "operations_due",
        "web_forms_by_public_key",
        "form_submissions_by_expire_time",
        "form_throttles_by_time",
        "form_mails_by_due_time",
    },
    "identity": {
        "accounts_by_slug",
        "users_by_email",
        "sessions_by_secret",
        "api_keys_by_secret",
        "calendar_feeds_by_secret",
    },
    "mail-ingest": {"mail_addresses_by_address", "messages_due"},
}


def differences(database: Database, metadata: sa.MetaData) -> list[object]:
    """Between the database and the tables of the service together with those of the chassis."""

    def ours(_item: object, name: str | None, kind: str, *_: object) -> bool:
        return kind != "table" or name != "alembic_version"

    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": ours})
        both = sa.MetaData()
        for table in (*metadata.tables.values(), *PLUMBING.tables.values()):
            table.to_metadata(both)
        found = list(compare_metadata(context, both))
        # Alembic does not compare primary keys.
        inspector = sa.inspect(connection)
        keys = {name: inspector.get_pk_constraint(name)["constrained_columns"] for name in both.tables if inspector.has_table(name)}
    wanted = {name: [column.name for column in both.tables[name].primary_key.columns] for name in keys}
    return found + [(name, keys[name], wanted[name]) for name in keys if keys[name] != wanted[name]]


@pytest.mark.parametrize("name", SERVICE_NAMES)
def test_the_account_leads_every_key_and_index(name: str) -> None:
    led: dict[str, str] = {}
    for table in service_of(name).metadata.tables.values():
        led[f"{table.name} (key)"] = next(iter(table.primary_key.columns)).name
        led |= {str(index.name): next(iter(index.columns)).name for index in table.indexes}
    assert {item for item, column in led.items() if column != "account_id"} == OVER_ALL_ACCOUNTS.get(name, set())


@pytest.mark.parametrize("name", SERVICE_NAMES)
def test_on_sqlite_the_migrations_lead_to_the_tables(name: str, tmp_path: Path) -> None:
    service = service_of(name)
    database = Database(f"sqlite:///{tmp_path}/{name}.db", name=name)
    try:
        upgrade(database, service.migrations)
        assert differences(database, service.metadata) == []
        assert is_current(database, service.migrations)
        # Starting again does nothing.
        upgrade(database, service.migrations)
    finally:
        database.close()


@pytest.mark.parametrize("name", SERVICE_NAMES)
def test_on_postgresql_they_do_too_and_every_row_with_an_account_is_behind_row_level_security(name: str, postgres: Postgres) -> None:
    service = service_of(name)
    url = postgres.create_database(name.replace("-", "_"))
    database = Database(url, name=name)
    try:
        upgrade(database, service.migrations)
        assert differences(database, service.metadata) == []
        with database.engine.connect() as connection:
            assert unprotected(connection) == set()
    finally:
        database.close()
        postgres.drop_database(url)


def unprotected(connection: sa.Connection) -> set[str]:
    """Tables that show or take rows of other accounts than the connection's, to their owner too."""
    rows = connection.exec_driver_sql(
        """
        SELECT c.relname AS name,
               c.relrowsecurity AND c.relforcerowsecurity
                   AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'account_id' AND a.attnotnull)
                   AND p.cmd = 'ALL' AND p.roles = '{public}' AND p.qual = p.with_check
                   AND p.qual LIKE '%%kontor.account%%' AND p.qual LIKE '%%account_id%%' AS is_wall
        FROM pg_class c
        LEFT JOIN pg_policies p ON p.schemaname = 'public' AND p.tablename = c.relname
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> 'alembic_version'
        """
    )
    # One policy too many is enough to open a table: PostgreSQL joins them with OR.
    return {row.name for row in rows if not row.is_wall}


def test_a_table_that_is_open_in_any_way_is_found(postgres: Postgres) -> None:
    rule = "current_setting('kontor.account', true) IN (account_id, '*')"
    wall = f"CREATE POLICY wall ON {{0}} USING ({rule}) WITH CHECK ({rule})"
    secured = ["CREATE TABLE {0} (account_id text NOT NULL)", "ALTER TABLE {0} ENABLE ROW LEVEL SECURITY"]
    forced = [*secured, "ALTER TABLE {0} FORCE ROW LEVEL SECURITY"]
    tables = {
        "walled": [*forced, wall],
        "bare": secured[:1],
        "without_policy": forced,
        "not_forced": [*secured, wall],
        "second_policy": [*forced, wall, "CREATE POLICY door ON {0} USING (true)"],
        "takes_anything": [*forced, f"CREATE POLICY wall ON {{0}} USING ({rule}) WITH CHECK (true)"],
        "reads_only": [*forced, f"CREATE POLICY wall ON {{0}} FOR SELECT USING ({rule})"],
        "without_account": ["CREATE TABLE {0} (id text)", *forced[1:]],
    }
    url = postgres.create_database("open")
    database = Database(url, name="open")
    try:
        with database.engine.connect() as connection:
            for name, statements in tables.items():
                for statement in statements:
                    connection.exec_driver_sql(statement.format(name))
            assert unprotected(connection) == set(tables) - {"walled"}
    finally:
        database.close()
        postgres.drop_database(url)
