"""First."""

import sqlalchemy as sa
from alembic import op

from kontor_chassis.db.migrations import create_plumbing, enable_tenancy
from kontor_chassis.db.types import Key

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
    enable_tenancy("gone_records", "merges")
