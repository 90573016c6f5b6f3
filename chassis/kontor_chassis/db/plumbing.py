"""The tables that every service's database has beside its own: outbox, inbox, idempotency keys, audit."""

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
    sa.Index("audit_by_time", "account_id", "create_time", "id"),
    sa.Index("audit_by_subject", "account_id", "subject", "create_time", "id"),
    sa.Index("audit_by_actor", "account_id", "actor_user_id", "create_time", "id"),
    sa.Index("audit_by_action", "account_id", "action", "create_time", "id"),
    sa.Index("audit_by_means", "account_id", "means", "create_time", "id"),
)
