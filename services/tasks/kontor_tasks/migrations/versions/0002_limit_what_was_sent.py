"""Limit what was sent."""

import sqlalchemy as sa
from alembic import op

from kontor_chassis.db.migrations import enable_tenancy
from kontor_chassis.db.types import Json, Key

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "limits",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("ref", Key, nullable=False),
        sa.Column("visible_to", Json, nullable=True),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "ref"),
    )
    enable_tenancy("limits")
