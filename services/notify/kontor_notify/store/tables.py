"""The tables of notify. `account_id` leads every key and index."""

import sqlalchemy as sa

from kontor_chassis.db.types import Instant, Json, Key
from kontor_chassis.merges import Merges

METADATA = sa.MetaData()

WATCHES = sa.Table(
    "watches",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("id", Key, primary_key=True),
    sa.Column("user_id", Key, nullable=False),
    sa.Column("subject", Key, nullable=False),
    sa.Column("reason", Key, nullable=False),
    # `active`, `stopped` or `ended`; rows stay.
    sa.Column("state", Key, nullable=False),
    sa.Column("create_time", Instant, nullable=False),
    # One watch per user and record; also the order in which watchers of a record are read.
    sa.Index("watches_by_subject", "account_id", "subject", "user_id", unique=True),
    sa.Index("watches_by_user", "account_id", "user_id", "state", "create_time", "id"),
)

NOTIFICATIONS = sa.Table(
    "notifications",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("id", Key, primary_key=True),
    sa.Column("user_id", Key, nullable=False),
    sa.Column("occasion", Key, nullable=False),
    # Where among the occasions' facts and subjects the named reason was found; the lowest pair is kept.
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("place", sa.Integer, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("ref", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("actor_user_id", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("watch_id", sa.Text, nullable=False),
    # More than 1 where several things are told of at once.
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("is_seen", sa.Boolean, nullable=False),
    # Resource names of the groups and users that may be shown it; NULL: its user, whoever they are.
    sa.Column("visible_to", Json),
    # When it happened.
    sa.Column("create_time", Instant, nullable=False),
    sa.Index("notifications_by_occasion", "account_id", "user_id", "occasion", unique=True),
    sa.Index("notifications_by_user", "account_id", "user_id", "create_time", "id"),
    sa.Index("notifications_unseen", "account_id", "user_id", "is_seen", "create_time", "id"),
)

# What happened at records whose creation has not been heard of, for those who turn out to watch them. Forgotten when the
# creation arrives, or after 30 days.
HAPPENINGS = sa.Table(
    "happenings",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("subject", Key, primary_key=True),
    sa.Column("occasion", Key, primary_key=True),
    sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("place", sa.Integer, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("ref", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("doers", Json, nullable=False),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("time", Instant, nullable=False),
    sa.Column("visible_to", Json),
    sa.Index("happenings_by_time", "account_id", "time"),
)

# Records that were deleted.
ENDED_RECORDS = sa.Table(
    "ended_records",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("subject", Key, primary_key=True),
    sa.Column("end_time", Instant, nullable=False),
)

# People and organisations that were merged. Watches and notifications keep the subject that they were made with.
MERGES = Merges(METADATA)

# Replica of identity's users.
USERS = sa.Table(
    "users",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("user_id", Key, primary_key=True),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    # Since when the user is deactivated.
    sa.Column("inactive_time", Instant),
)
