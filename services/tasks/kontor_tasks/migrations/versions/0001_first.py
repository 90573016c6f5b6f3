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
        "accounts",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id"),
    )
    op.create_table(
        "entries",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("id", Key, nullable=False),
        sa.Column("kind", Key, nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("occur_time", Instant, nullable=False),
        sa.Column("author_user_id", sa.Text(), nullable=False),
        sa.Column("facts", Json, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("create_time", Instant, nullable=False),
        sa.Column("update_time", Instant, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "id"),
    )
    op.create_index("entries_by_kind", "entries", ["account_id", "kind", "id"], unique=False)
    op.create_table(
        "links",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("entry_id", Key, nullable=False),
        sa.Column("subject", Key, nullable=False),
        sa.Column("occur_time", Instant, nullable=False),
        sa.Column("kind", Key, nullable=False),
        sa.Column("via", Key, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "entry_id", "subject"),
    )
    op.create_index("links_by_kind", "links", ["account_id", "subject", "kind", "occur_time", "entry_id"], unique=False)
    op.create_index("links_by_time", "links", ["account_id", "subject", "occur_time", "entry_id"], unique=False)
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
        "records",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("ref", Key, nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "ref"),
    )
    op.create_table(
        "roll_ups",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("subject", Key, nullable=False),
        sa.Column("occur_time", Instant, nullable=False),
        sa.Column("entry_id", Key, nullable=False),
        sa.Column("due_time", Instant, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "subject"),
    )
    op.create_table(
        "tasks",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("id", Key, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("kind", Key, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("title_key", Key, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("subject", Key, nullable=False),
        sa.Column("assignee_user_id", Key, nullable=False),
        sa.Column("creator_user_id", Key, nullable=False),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("due_date", sa.Text(), nullable=True),
        sa.Column("due_time", Instant, nullable=True),
        sa.Column("due_key", Instant, nullable=False),
        sa.Column("state", Key, nullable=False),
        sa.Column("complete_time", Instant, nullable=True),
        sa.Column("completer_user_id", sa.Text(), nullable=False),
        sa.Column("create_time", Instant, nullable=False),
        sa.Column("update_time", Instant, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "id"),
    )
    op.create_index("tasks_by_assignee", "tasks", ["account_id", "assignee_user_id", "state", "due_key", "id"], unique=False)
    op.create_index("tasks_by_create_time", "tasks", ["account_id", "create_time", "id"], unique=False)
    op.create_index("tasks_by_creator", "tasks", ["account_id", "creator_user_id", "state", "due_key", "id"], unique=False)
    op.create_index("tasks_by_due", "tasks", ["account_id", "due_key", "id"], unique=False)
    op.create_index("tasks_by_kind", "tasks", ["account_id", "kind", "state", "due_key", "id"], unique=False)
    op.create_index("tasks_by_state", "tasks", ["account_id", "state", "due_key", "id"], unique=False)
    op.create_index("tasks_by_subject", "tasks", ["account_id", "subject", "state", "due_key", "id"], unique=False)
    op.create_index("tasks_by_title", "tasks", ["account_id", "title_key", "id"], unique=False)
    op.create_index("tasks_by_update_time", "tasks", ["account_id", "update_time", "id"], unique=False)
    op.create_table(
        "ties",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("source", Key, nullable=False),
        sa.Column("target", Key, nullable=False),
        sa.Column("subject", Key, nullable=False),
        sa.Column("root", Key, nullable=False),
        sa.Column("from_day", sa.Text(), nullable=True),
        sa.Column("to_day", sa.Text(), nullable=True),
        sa.Column("from_time", Instant, nullable=False),
        sa.Column("until_time", Instant, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "source", "target"),
    )
    op.create_index("ties_by_root", "ties", ["account_id", "root", "target"], unique=False)
    op.create_index("ties_by_subject", "ties", ["account_id", "subject"], unique=False)
    op.create_index("ties_by_target", "ties", ["account_id", "target"], unique=False)
    enable_tenancy("accounts", "entries", "links", "merges", "records", "roll_ups", "tasks", "ties")
