"""Add time zone of users."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("users", sa.Column("time_zone", sa.Text(), server_default="", nullable=False))
