"""Follow merges."""

import sqlalchemy as sa
from alembic import op

from kontor_chassis.db.migrations import enable_tenancy
from kontor_chassis.db.types import Instant, Json, Key

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
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
        "restated_persons",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("person_id", Key, nullable=False),
        sa.Column("after", Key, nullable=False),
        sa.Column("due_time", Instant, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "person_id"),
    )
    op.create_index("filings_by_person", "filings", ["account_id", "person_id", "message_id"], unique=False)
    op.add_column("learned_addresses", sa.Column("teacher_user_id", Key, server_default="", nullable=False))
    op.add_column("learned_addresses", sa.Column("filed", Json, server_default="{}", nullable=False))
    op.add_column("persons", sa.Column("facts_time", Instant, server_default="0", nullable=False))
    op.add_column("persons", sa.Column("merge_time", Instant, server_default="0", nullable=False))
    enable_tenancy("merges", "restated_persons")
