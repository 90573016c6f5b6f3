"""The tables that every service's database has beside its own: outbox, inbox, idempotency keys, audit with its seals."""

import sqlalchemy as sa

from kontor_chassis.db.types import Instant, Json, Key

METADATA = sa.MetaData()

# Facts that are committed and not yet handed to the bus. Rows are picked by being here, never by position: positions are
# taken before the commit, so "greater than the last one" would skip a slow transaction.
OUTBOX = sa.Table(
    "outbox",
    METADATA,
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

# Events whose effect is committed; the row is written in the effect's own transaction.
INBOX = sa.Table(
    "inbox",
    METADATA,
    sa.Column("event_id", Key, primary_key=True),
    sa.Column("account_id", Key, nullable=False),
    sa.Column("receive_time", Instant, nullable=False),
    sa.Index("inbox_by_time", "receive_time"),
)

# Answers to writes that came with a request id (AIP-155), kept for a day.
IDEMPOTENCY = sa.Table(
    "idempotency",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("user_id", Key, primary_key=True),
    sa.Column("request_id", Key, primary_key=True),
    sa.Column("fingerprint", sa.Text, nullable=False),
    sa.Column("response", sa.LargeBinary, nullable=True),
    sa.Column("create_time", Instant, nullable=False),
    sa.Index("idempotency_by_time", "create_time"),
)

# Who changed what, by which means, from which to which value.
AUDIT = sa.Table(
    "audit",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("id", Key, primary_key=True),
    sa.Column("subject", Key, nullable=False),
    sa.Column("action", Key, nullable=False),
    sa.Column("changes", Json, nullable=False),
    sa.Column("actor_user_id", Key, nullable=False),
    sa.Column("means", Key, nullable=False),
    sa.Column("create_time", Instant, nullable=False),
    # The API key that the user acted by; None where it was none.
    sa.Column("api_key_id", Key, nullable=True),
    sa.Column("api_key_name", sa.Text, nullable=True),
    sa.Index("audit_by_time", "account_id", "create_time", "id"),
    sa.Index("audit_by_subject", "account_id", "subject", "create_time", "id"),
    sa.Index("audit_by_actor", "account_id", "actor_user_id", "create_time", "id"),
    sa.Index("audit_by_action", "account_id", "action", "create_time", "id"),
    sa.Index("audit_by_means", "account_id", "means", "create_time", "id"),
    # Any comparison with a value implies the condition, so that it costs what no key wrote nothing.
    sa.Index(
        "audit_by_api_key",
        "account_id",
        "api_key_id",
        "create_time",
        "id",
        sqlite_where=sa.text("api_key_id IS NOT NULL"),
        postgresql_where=sa.text("api_key_id IS NOT NULL"),
    ),
)

# Entries that no seal covers yet, written with them. As with the outbox, rows are picked by being here.
AUDIT_UNSEALED = sa.Table(
    "audit_unsealed",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("entry_id", Key, primary_key=True),
    sqlite_with_rowid=False,
)

# One chain of seals per account (kontor_chassis/seals/chain.py says what each column means).
AUDIT_SEALS = sa.Table(
    "audit_seals",
    METADATA,
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
    sa.Index(
        "audit_seals_kept",
        "account_id",
        "last_entry_time",
        "number",
        sqlite_where=sa.text("prune_time IS NULL"),
        postgresql_where=sa.text("prune_time IS NULL"),
    ),
)
