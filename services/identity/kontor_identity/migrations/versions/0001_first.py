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
        "accounts",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("slug", Key, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("first_weekday", sa.Integer(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("create_time", Instant, nullable=False),
        sa.Column("update_time", Instant, nullable=False),
        sa.PrimaryKeyConstraint("account_id"),
    )
    op.create_index("accounts_by_slug", "accounts", ["slug"], unique=True)
    op.create_table(
        "throttles",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("key", Key, nullable=False),
        sa.Column("empty_time", Instant, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "key"),
    )
    op.create_index("throttles_by_time", "throttles", ["account_id", "empty_time"], unique=False)
    op.create_table(
        "users",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("id", Key, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_key", Key, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sort_key", Key, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("create_time", Instant, nullable=False),
        sa.Column("update_time", Instant, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account_id", "id"),
    )
    op.create_index("users_by_email", "users", ["email_key", "account_id"], unique=True)
    op.create_index("users_by_name", "users", ["account_id", "sort_key", "id"], unique=False)
    op.create_index(
        "users_owner",
        "users",
        ["account_id"],
        unique=True,
        sqlite_where=sa.text("role = 'owner'"),
        postgresql_where=sa.text("role = 'owner'"),
    )
    op.create_table(
        "api_keys",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("id", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("secret_hash", Key, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scopes", Json, nullable=False),
        sa.Column("expire_time", Instant, nullable=True),
        sa.Column("create_time", Instant, nullable=False),
        sa.Column("last_used_time", Instant, nullable=True),
        sa.ForeignKeyConstraint(["account_id", "user_id"], ["users.account_id", "users.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account_id", "id"),
    )
    op.create_index("api_keys_by_secret", "api_keys", ["secret_hash"], unique=True)
    op.create_index("api_keys_by_user", "api_keys", ["account_id", "user_id", "id"], unique=False)
    op.create_table(
        "calendar_feeds",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("id", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("secret_hash", Key, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("create_time", Instant, nullable=False),
        sa.Column("last_used_time", Instant, nullable=True),
        sa.ForeignKeyConstraint(["account_id", "user_id"], ["users.account_id", "users.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account_id", "id"),
    )
    op.create_index("calendar_feeds_by_secret", "calendar_feeds", ["secret_hash"], unique=True)
    op.create_index("calendar_feeds_by_user", "calendar_feeds", ["account_id", "user_id", "id"], unique=False)
    op.create_table(
        "passwords",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("update_time", Instant, nullable=False),
        sa.ForeignKeyConstraint(["account_id", "user_id"], ["users.account_id", "users.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account_id", "user_id"),
    )
    op.create_table(
        "sessions",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("id", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("secret_hash", Key, nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("create_time", Instant, nullable=False),
        sa.Column("last_used_time", Instant, nullable=False),
        sa.ForeignKeyConstraint(["account_id", "user_id"], ["users.account_id", "users.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account_id", "id"),
    )
    op.create_index("sessions_by_secret", "sessions", ["secret_hash"], unique=True)
    op.create_index("sessions_by_user", "sessions", ["account_id", "user_id", "id"], unique=False)
    enable_tenancy("accounts", "throttles", "users", "api_keys", "calendar_feeds", "passwords", "sessions")
