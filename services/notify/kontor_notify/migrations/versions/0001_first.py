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
        "ended_records",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("subject", Key, nullable=False),
        sa.Column("end_time", Instant, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "subject"),
    )
    op.create_table(
        "happenings",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("subject", Key, nullable=False),
        sa.Column("occasion", Key, nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("doers", Json, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("time", Instant, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "subject", "occasion", "sequence"),
    )
    op.create_index("happenings_by_time", "happenings", ["account_id", "time"], unique=False)
    op.create_table(
        "merges",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("ref", Key, nullable=False),
        sa.Column("survivor", Key, nullable=False),
        sa.Column("root", Key, nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "ref"),
    )
    op.create_index("merges_by_root", "merges", ["account_id", "root"], unique=False)
    op.create_index("merges_by_survivor", "merges", ["account_id", "survivor"], unique=False)
    op.create_table(
        "notifications",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("id", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("occasion", Key, nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("actor_user_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("watch_id", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("is_seen", sa.Boolean(), nullable=False),
        sa.Column("create_time", Instant, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "id"),
    )
    op.create_index("notifications_by_occasion", "notifications", ["account_id", "user_id", "occasion"], unique=True)
    op.create_index("notifications_by_user", "notifications", ["account_id", "user_id", "create_time", "id"], unique=False)
    op.create_index("notifications_unseen", "notifications", ["account_id", "user_id", "is_seen", "create_time", "id"], unique=False)
    op.create_table(
        "users",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("inactive_time", Instant, nullable=True),
        sa.PrimaryKeyConstraint("account_id", "user_id"),
    )
    op.create_table(
        "watches",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("id", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("subject", Key, nullable=False),
        sa.Column("reason", Key, nullable=False),
        sa.Column("state", Key, nullable=False),
        sa.Column("create_time", Instant, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "id"),
    )
    op.create_index("watches_by_subject", "watches", ["account_id", "subject", "user_id"], unique=True)
    op.create_index("watches_by_user", "watches", ["account_id", "user_id", "state", "create_time", "id"], unique=False)
    enable_tenancy("ended_records", "happenings", "merges", "notifications", "users", "watches")
