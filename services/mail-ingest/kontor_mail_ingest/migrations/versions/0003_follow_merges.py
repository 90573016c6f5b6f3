"""Follow merges."""

import sqlalchemy as sa
from alembic import op

from kontor_chassis.db.migrations import enable_tenancy
from kontor_chassis.db.types import Instant, Json, Key

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "restated_persons",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("person_id", Key, nullable=False),
        sa.Column("after", Key, nullable=False),
        sa.Column("due_time", Instant, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "person_id"),
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
    op.create_index("filings_by_person", "filings", ["account_id", "person_id", "message_id"], unique=False)
    op.add_column("learned_addresses", sa.Column("teacher_user_id", Key, server_default="", nullable=False))
    op.add_column("learned_addresses", sa.Column("filed", Json, server_default="{}", nullable=False))
    op.add_column("persons", sa.Column("facts_time", Instant, server_default="0", nullable=False))
    enable_tenancy("restated_persons", "successors")
