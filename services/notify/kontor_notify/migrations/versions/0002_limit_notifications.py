"""Limit notifications."""

import sqlalchemy as sa
from alembic import op

from kontor_chassis.db.types import Json

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("happenings", sa.Column("visible_to", Json, nullable=True))
    op.add_column("notifications", sa.Column("visible_to", Json, nullable=True))
