"""First."""

import sqlalchemy as sa
from alembic import op

from kontor_chassis.db.migrations import create_plumbing, enable_tenancy
from kontor_chassis.db.types import Instant, Key

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_plumbing()
    op.create_table(
        "gone_records",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("ref", Key, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "ref"),
    )
    op.create_table(
        "successors",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("record", Key, nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("time", Instant, nullable=False),
        sa.Column("survivor", Key, nullable=False),
        sa.Column("head", Key, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "record"),
    )
    op.create_index("successors_by_head", "successors", ["account_id", "head"], unique=False)
    op.create_index("successors_by_survivor", "successors", ["account_id", "survivor"], unique=False)
    enable_tenancy("gone_records", "successors")
