"""File again, and who may deposit.

Mails that were received before are not filed again by themselves, and a reader's dropbox stays open until identity next tells of the user.
"""

import sqlalchemy as sa
from alembic import op

from kontor_chassis.db.migrations import enable_tenancy
from kontor_chassis.db.types import Instant, Key

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("messages", sa.Column("copy_key", Key, server_default="", nullable=False))
    op.add_column("messages", sa.Column("holder", sa.Text(), nullable=True))
    op.create_index(
        "messages_copies",
        "messages",
        ["account_id", "original_id"],
        unique=False,
        sqlite_where=sa.text("state = 'copy'"),
        postgresql_where=sa.text("state = 'copy'"),
    )
    op.add_column("users", sa.Column("role", sa.Text(), server_default="", nullable=False))
    op.create_table(
        "unknown_addresses",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("address", Key, nullable=False),
        sa.Column("message_id", Key, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "address", "message_id"),
    )
    op.create_index("unknown_addresses_by_message", "unknown_addresses", ["account_id", "message_id"], unique=False)
    op.create_table(
        "learned_addresses",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("address", Key, nullable=False),
        sa.Column("after", Key, nullable=False),
        sa.Column("due_time", Instant, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "address"),
    )
    enable_tenancy("unknown_addresses", "learned_addresses")
