"""Add merges and web forms."""

import sqlalchemy as sa
from alembic import op

from kontor_chassis.db.migrations import enable_tenancy
from kontor_chassis.db.types import Instant, Json, Key

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "form_submissions",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("id", Key, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("form_id", Key, nullable=False),
        sa.Column("form_name", sa.Text(), nullable=False),
        sa.Column("form_version", sa.BigInteger(), nullable=False),
        sa.Column("state", Key, nullable=False),
        sa.Column("rejection", Key, nullable=False),
        sa.Column("entries", Json, nullable=False),
        sa.Column("consent_text", sa.Text(), nullable=False),
        sa.Column("consent_given", sa.Boolean(), nullable=False),
        sa.Column("language", Key, nullable=False),
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("page_id", Key, nullable=False),
        sa.Column("person_id", Key, nullable=False),
        sa.Column("person_created", sa.Boolean(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("create_time", Instant, nullable=False),
        sa.Column("confirm_time", Instant, nullable=True),
        sa.Column("expire_time", Instant, nullable=True),
        sa.PrimaryKeyConstraint("account_id", "id"),
    )
    op.create_index("form_submissions_by_expire_time", "form_submissions", ["expire_time"], unique=False)
    op.create_index("form_submissions_by_form", "form_submissions", ["account_id", "form_id", "create_time", "id"], unique=False)
    op.create_index("form_submissions_by_page", "form_submissions", ["account_id", "page_id"], unique=False)
    op.create_index("form_submissions_by_person", "form_submissions", ["account_id", "person_id"], unique=False)
    op.create_index("form_submissions_by_state", "form_submissions", ["account_id", "form_id", "state", "create_time", "id"], unique=False)
    op.create_table(
        "form_throttles",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("key", Key, nullable=False),
        sa.Column("empty_time", Instant, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "key"),
    )
    op.create_index("form_throttles_by_time", "form_throttles", ["empty_time"], unique=False)
    op.create_table(
        "merge_photos",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("photo_id", Key, nullable=False),
        sa.Column("merge_id", Key, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "photo_id", "merge_id"),
    )
    op.create_index("merge_photos_by_merge", "merge_photos", ["account_id", "merge_id"], unique=False)
    op.create_table(
        "merges",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("id", Key, nullable=False),
        sa.Column("noun", Key, nullable=False),
        sa.Column("survivor_id", Key, nullable=False),
        sa.Column("duplicate_id", Key, nullable=False),
        sa.Column("survivor_name", sa.Text(), nullable=False),
        sa.Column("duplicate_name", sa.Text(), nullable=False),
        sa.Column("survivor_version", sa.BigInteger(), nullable=False),
        sa.Column("create_time", Instant, nullable=False),
        sa.Column("expire_time", Instant, nullable=False),
        sa.Column("creator_user_id", sa.Text(), nullable=False),
        sa.Column("undo_time", Instant, nullable=True),
        sa.Column("undo_user_id", sa.Text(), nullable=False),
        sa.Column("survivor_visible_to", Json, nullable=True),
        sa.Column("duplicate_visible_to", Json, nullable=True),
        sa.Column("snapshot", Json, nullable=True),
        sa.Column("due_time", Instant, nullable=True),
        sa.PrimaryKeyConstraint("account_id", "id"),
    )
    op.create_index("merges_by_duplicate", "merges", ["account_id", "duplicate_id", "create_time", "id"], unique=False)
    op.create_index("merges_by_survivor", "merges", ["account_id", "survivor_id", "create_time", "id"], unique=False)
    op.create_index("merges_by_time", "merges", ["account_id", "create_time", "id"], unique=False)
    op.create_index("merges_due", "merges", ["due_time"], unique=False)
    op.create_table(
        "web_forms",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("id", Key, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", Key, nullable=False),
        sa.Column("public_key", Key, nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("definition", Json, nullable=False),
        sa.Column("create_time", Instant, nullable=False),
        sa.Column("update_time", Instant, nullable=False),
        sa.Column("creator_user_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "id"),
    )
    op.create_index("web_forms_by_name", "web_forms", ["account_id", "name_key"], unique=True)
    op.create_index("web_forms_by_public_key", "web_forms", ["public_key"], unique=True)
    op.create_table(
        "form_confirmations",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("hash", Key, nullable=False),
        sa.Column("submission_id", Key, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id", "submission_id"], ["form_submissions.account_id", "form_submissions.id"], ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "hash"),
    )
    op.create_index("form_confirmations_by_submission", "form_confirmations", ["account_id", "submission_id"], unique=False)
    op.create_table(
        "form_mails",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("submission_id", Key, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_time", Instant, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id", "submission_id"], ["form_submissions.account_id", "form_submissions.id"], ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "submission_id"),
    )
    op.create_index("form_mails_by_due_time", "form_mails", ["due_time"], unique=False)
    enable_tenancy("form_submissions", "form_throttles", "merge_photos", "merges", "web_forms", "form_confirmations", "form_mails")
