"""The tables of identity. `account_id` leads every key and index but those marked below: signing in and proving a secret is how
the account is found out, so these reads cannot start from it."""

import sqlalchemy as sa

from kontor_chassis.db.types import Instant, Json, Key

METADATA = sa.MetaData()

# The account is its own tenant: its id is the account_id of everything in it.
ACCOUNTS = sa.Table(
    "accounts",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("slug", Key, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("locale", sa.Text, nullable=False),
    sa.Column("time_zone", sa.Text, nullable=False),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("first_weekday", sa.Integer, nullable=False),
    sa.Column("country", sa.Text, nullable=False),
    sa.Column("create_time", Instant, nullable=False),
    sa.Column("update_time", Instant, nullable=False),
    # Across accounts.
    sa.Index("accounts_by_slug", "slug", unique=True),
)

USERS = sa.Table(
    "users",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("id", Key, primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
    # As typed, and as compared.
    sa.Column("email", sa.Text, nullable=False),
    sa.Column("email_key", Key, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("sort_key", Key, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("locale", sa.Text, nullable=False),
    # Empty: the account's.
    sa.Column("time_zone", sa.Text, nullable=False, server_default=""),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("create_time", Instant, nullable=False),
    sa.Column("update_time", Instant, nullable=False),
    sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], ondelete="CASCADE"),
    # Across accounts: one address may belong to users of several.
    sa.Index("users_by_email", "email_key", "account_id", unique=True),
    sa.Index("users_by_name", "account_id", "sort_key", "id"),
    # Exactly one owner, whatever two transactions do at the same time.
    sa.Index(
        "users_owner",
        "account_id",
        unique=True,
        sqlite_where=sa.text("role = 'owner'"),
        postgresql_where=sa.text("role = 'owner'"),
    ),
)

# Apart from the users, so that no statement about users can bring a hash along.
PASSWORDS = sa.Table(
    "passwords",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("user_id", Key, primary_key=True),
    # argon2id in the PHC string format, parameters included.
    sa.Column("hash", sa.Text, nullable=False),
    sa.Column("update_time", Instant, nullable=False),
    sa.ForeignKeyConstraint(["account_id", "user_id"], ["users.account_id", "users.id"], ondelete="CASCADE"),
)

SESSIONS = sa.Table(
    "sessions",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("id", Key, primary_key=True),
    sa.Column("user_id", Key, nullable=False),
    # SHA-256 of the token.
    sa.Column("secret_hash", Key, nullable=False),
    sa.Column("client", sa.Text, nullable=False),
    sa.Column("create_time", Instant, nullable=False),
    sa.Column("last_used_time", Instant, nullable=False),
    sa.ForeignKeyConstraint(["account_id", "user_id"], ["users.account_id", "users.id"], ondelete="CASCADE"),
    # Across accounts.
    sa.Index("sessions_by_secret", "secret_hash", unique=True),
    sa.Index("sessions_by_user", "account_id", "user_id", "id"),
)

API_KEYS = sa.Table(
    "api_keys",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("id", Key, primary_key=True),
    sa.Column("user_id", Key, nullable=False),
    sa.Column("secret_hash", Key, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("scopes", Json, nullable=False),
    sa.Column("expire_time", Instant),
    sa.Column("create_time", Instant, nullable=False),
    sa.Column("last_used_time", Instant),
    sa.ForeignKeyConstraint(["account_id", "user_id"], ["users.account_id", "users.id"], ondelete="CASCADE"),
    # Across accounts.
    sa.Index("api_keys_by_secret", "secret_hash", unique=True),
    sa.Index("api_keys_by_user", "account_id", "user_id", "id"),
)

CALENDAR_FEEDS = sa.Table(
    "calendar_feeds",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("id", Key, primary_key=True),
    sa.Column("user_id", Key, nullable=False),
    sa.Column("secret_hash", Key, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("create_time", Instant, nullable=False),
    sa.Column("last_used_time", Instant),
    sa.ForeignKeyConstraint(["account_id", "user_id"], ["users.account_id", "users.id"], ondelete="CASCADE"),
    # Across accounts.
    sa.Index("calendar_feeds_by_secret", "secret_hash", unique=True),
    sa.Index("calendar_feeds_by_user", "account_id", "user_id", "id"),
)

# Leaking buckets of sign-in attempts (domain/throttling.py). Nobody is signed in yet, so the account is always `*`.
THROTTLES = sa.Table(
    "throttles",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("key", Key, primary_key=True),
    sa.Column("empty_time", Instant, nullable=False),
    sa.Index("throttles_by_time", "account_id", "empty_time"),
)

GROUPS = sa.Table(
    "groups",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("id", Key, primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    # Without case; unique.
    sa.Column("key", Key, nullable=False),
    sa.Column("create_time", Instant, nullable=False),
    sa.Column("update_time", Instant, nullable=False),
    sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], ondelete="CASCADE"),
    sa.Index("groups_by_key", "account_id", "key", unique=True),
)

GROUP_MEMBERS = sa.Table(
    "group_members",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("group_id", Key, primary_key=True),
    sa.Column("user_id", Key, primary_key=True),
    sa.ForeignKeyConstraint(["account_id", "group_id"], ["groups.account_id", "groups.id"], ondelete="CASCADE"),
    sa.ForeignKeyConstraint(["account_id", "user_id"], ["users.account_id", "users.id"], ondelete="CASCADE"),
    # Read whenever somebody proves who they are.
    sa.Index("group_members_by_user", "account_id", "user_id", "group_id"),
)
