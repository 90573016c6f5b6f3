"""Alembic per service, and what migrations share.

Each service ships `migrations/versions/*.py` in its package; revisions are upgraded when the embedded suite starts and by
`kontor migrate` in the split profile. `create_plumbing` is frozen history: changes to the plumbing tables become functions
of their own that each service's next revision calls.
"""

import importlib.resources
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.database import Database
from kontor_chassis.db.types import Instant, Json, Key

_ADVISORY_LOCK = 0x4B4F4E544F52


def upgrade(database: Database, package: str) -> None:
    """Bring the database to the newest revision of `package` (`kontor_contacts.migrations`). Safe to run by several
    processes at once. Raises alembic.util.CommandError where the database is newer than the code."""
    if is_current(database, package):
        return
    # Alembic is needed where something is to be done, which is rare; importing it takes a third of a start.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(importlib.resources.files(package)).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    with database.engine.connect() as connection:
        if database.dialect == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.exec_driver_sql("BEGIN")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})")
            connection.exec_driver_sql("SELECT set_config('kontor.account', '*', true)")
        try:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.exec_driver_sql("COMMIT")
        except BaseException:
            connection.exec_driver_sql("ROLLBACK")
            raise


def is_current(database: Database, package: str) -> bool:
    """Whether the database stands at the newest revision that this code knows: revisions are numbered files, one after another."""
    versions = importlib.resources.files(package) / "versions"
    newest = max(path.name[:4] for path in versions.iterdir() if path.name[:4].isdigit())
    with database.engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return False
        return [newest] == [row[0] for row in connection.exec_driver_sql("SELECT version_num FROM alembic_version")]


def run_environment(context: Any, metadata: sa.MetaData) -> None:
    """What every service's `migrations/env.py` does: run the revisions on the connection that `upgrade` holds."""
    context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=False)
    context.run_migrations()


def enable_tenancy(*tables: str) -> None:
    """Row-level security on PostgreSQL: a connection sees and writes the rows of the account it named, or of all where it
    named `*`. FORCE, because the tables belong to the role that uses them. Nothing to do on SQLite."""
    from alembic import op  # noqa: PLC0415

    if op.get_bind().dialect.name != "postgresql":
        return
    for table in tables:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        # In a SELECT of its own the setting is read once per statement instead of once per row.
        rule = "(SELECT current_setting('kontor.account', true)) IN (account_id, '*')"
        op.execute(f"CREATE POLICY account ON {table} USING ({rule}) WITH CHECK ({rule})")


def create_plumbing() -> None:
    """Outbox, inbox, idempotency, audit and its seals as of the first release."""
    from alembic import op  # noqa: PLC0415

    op.create_table(
        "outbox",
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("id", Key, nullable=False),
        sa.Column("account_id", Key, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("time", Instant, nullable=False),
        sa.Column("actor_user_id", sa.Text, nullable=False),
        sa.Column("traceparent", sa.Text, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "inbox",
        sa.Column("event_id", Key, primary_key=True),
        sa.Column("account_id", Key, nullable=False),
        sa.Column("receive_time", Instant, nullable=False),
    )
    op.create_index("inbox_by_time", "inbox", ["receive_time"])
    op.create_table(
        "idempotency",
        sa.Column("account_id", Key, primary_key=True),
        sa.Column("user_id", Key, primary_key=True),
        sa.Column("request_id", Key, primary_key=True),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("response", sa.LargeBinary, nullable=True),
        sa.Column("create_time", Instant, nullable=False),
    )
    op.create_index("idempotency_by_time", "idempotency", ["create_time"])
    op.create_table(
        "audit",
        sa.Column("account_id", Key, primary_key=True),
        sa.Column("id", Key, primary_key=True),
        sa.Column("subject", Key, nullable=False),
        sa.Column("action", Key, nullable=False),
        sa.Column("changes", Json, nullable=False),
        sa.Column("actor_user_id", Key, nullable=False),
        sa.Column("means", Key, nullable=False),
        sa.Column("create_time", Instant, nullable=False),
        sa.Column("api_key_id", Key, nullable=True),
        sa.Column("api_key_name", sa.Text, nullable=True),
    )
    op.create_index("audit_by_time", "audit", ["account_id", "create_time", "id"])
    for name, column in (("subject", "subject"), ("actor", "actor_user_id"), ("action", "action"), ("means", "means")):
        op.create_index(f"audit_by_{name}", "audit", ["account_id", column, "create_time", "id"])
    by_a_key = sa.text("api_key_id IS NOT NULL")
    columns = ["account_id", "api_key_id", "create_time", "id"]
    op.create_index("audit_by_api_key", "audit", columns, sqlite_where=by_a_key, postgresql_where=by_a_key)
    op.create_table(
        "audit_unsealed",
        sa.Column("account_id", Key, primary_key=True),
        sa.Column("entry_id", Key, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "audit_seals",
        sa.Column("account_id", Key, primary_key=True),
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("key_id", sa.Text, nullable=False),
        sa.Column("create_time", Instant, nullable=False),
        sa.Column("entries", sa.Integer, nullable=False),
        sa.Column("last_entry_time", Instant, nullable=False),
        sa.Column("complete", sa.Boolean, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("leaves", sa.LargeBinary, nullable=True),
        sa.Column("previous", sa.LargeBinary, nullable=False),
        sa.Column("mac", sa.LargeBinary, nullable=False),
        sa.Column("prune_time", Instant, nullable=True),
        sa.Column("prune_mac", sa.LargeBinary, nullable=True),
    )
    kept = sa.text("prune_time IS NULL")
    columns = ["account_id", "last_entry_time", "number"]
    op.create_index("audit_seals_kept", "audit_seals", columns, sqlite_where=kept, postgresql_where=kept)
    enable_tenancy("outbox", "inbox", "idempotency", "audit", "audit_unsealed", "audit_seals")
