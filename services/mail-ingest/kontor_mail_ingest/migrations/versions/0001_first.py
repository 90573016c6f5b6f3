"""First."""

import sqlalchemy as sa
from alembic import op

from kontor_chassis.db.migrations import create_plumbing, enable_tenancy
from kontor_chassis.db.types import Instant, Json, Key

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_plumbing()
    op.create_table(
        "deposits",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("message_id", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("mail_address_id", Key, nullable=False),
        sa.Column("receive_time", Instant, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "message_id", "user_id"),
    )
    op.create_table(
        "filings",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("message_id", Key, nullable=False),
        sa.Column("person_id", Key, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "message_id", "person_id"),
    )
    op.create_table(
        "mail_addresses",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("id", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("purpose", Key, nullable=False),
        sa.Column("address", Key, nullable=False),
        sa.Column("create_time", Instant, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "id"),
    )
    op.create_index("mail_addresses_by_address", "mail_addresses", ["address"], unique=True)
    op.create_index("mail_addresses_by_user", "mail_addresses", ["account_id", "user_id", "purpose"], unique=True)
    op.create_table(
        "messages",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("id", Key, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("state", Key, nullable=False),
        sa.Column("tray_reason", sa.Text(), nullable=False),
        sa.Column("original_id", Key, nullable=False),
        sa.Column("depositor_user_id", Key, nullable=False),
        sa.Column("raw_key", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", Key, nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("client_address", sa.Text(), nullable=False),
        sa.Column("client_name", sa.Text(), nullable=False),
        sa.Column("receive_time", Instant, nullable=False),
        sa.Column("update_time", Instant, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("due_time", Instant, nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("send_time", Instant, nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("from_mailbox", Json, nullable=False),
        sa.Column("to_mailboxes", Json, nullable=False),
        sa.Column("cc_mailboxes", Json, nullable=False),
        sa.Column("attachments", Json, nullable=False),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "id"),
    )
    op.create_index("messages_by_sha256", "messages", ["account_id", "sha256"], unique=True)
    op.create_index("messages_by_state", "messages", ["account_id", "state", "receive_time", "id"], unique=False)
    op.create_index("messages_by_time", "messages", ["account_id", "receive_time", "id"], unique=False)
    op.create_index(
        "messages_due",
        "messages",
        ["due_time"],
        unique=False,
        sqlite_where=sa.text("state = 'received'"),
        postgresql_where=sa.text("state = 'received'"),
    )
    op.create_table(
        "originals",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("copy_key", Key, nullable=False),
        sa.Column("state", Key, nullable=False),
        sa.Column("message_id", Key, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "copy_key", "state"),
    )
    op.create_table(
        "person_addresses",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("address", Key, nullable=False),
        sa.Column("person_id", Key, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "address", "person_id"),
    )
    op.create_index("person_addresses_by_person", "person_addresses", ["account_id", "person_id"], unique=False)
    op.create_table(
        "persons",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("id", Key, nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "id"),
    )
    op.create_table(
        "users",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("id", Key, nullable=False),
        sa.Column("email", Key, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "id"),
    )
    op.create_index("users_by_email", "users", ["account_id", "email"], unique=False)
    enable_tenancy("deposits", "filings", "mail_addresses", "messages", "originals", "person_addresses", "persons", "users")
