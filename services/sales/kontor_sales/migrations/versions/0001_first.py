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
        "accounts",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id"),
    )
    op.create_table(
        "following",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("ref", Key, nullable=False),
        sa.Column("what", Key, nullable=False),
        sa.Column("after", Key, nullable=False),
        sa.Column("actor_user_id", sa.Text(), nullable=False),
        sa.Column("due_time", Instant, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "ref", "what"),
    )
    op.create_table(
        "given",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("record", Key, nullable=False),
        sa.Column("ref", Key, nullable=False),
        sa.Column("shown_as", Key, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "record", "ref"),
    )
    op.create_index("given_by_ref", "given", ["account_id", "ref", "shown_as", "record"], unique=False)
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
        "pipelines",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("id", Key, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "id"),
    )
    op.create_index("pipelines_by_place", "pipelines", ["account_id", "place"], unique=True)
    op.create_table(
        "records",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("ref", Key, nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "ref"),
    )
    op.create_table(
        "tags",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("id", Key, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key", Key, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "id"),
    )
    op.create_index("tags_by_key", "tags", ["account_id", "key"], unique=True)
    op.create_table(
        "stages",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("id", Key, nullable=False),
        sa.Column("pipeline_id", Key, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("probability", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_id", "pipeline_id"], ["pipelines.account_id", "pipelines.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account_id", "id"),
    )
    op.create_index("stages_by_place", "stages", ["account_id", "pipeline_id", "place"], unique=True)
    op.create_table(
        "taggings",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("record_id", Key, nullable=False),
        sa.Column("tag_id", Key, nullable=False),
        sa.Column("noun", Key, nullable=False),
        sa.Column("sort_key", Key, nullable=False),
        sa.ForeignKeyConstraint(["account_id", "tag_id"], ["tags.account_id", "tags.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account_id", "record_id", "tag_id"),
    )
    op.create_index("taggings_by_tag", "taggings", ["account_id", "tag_id", "noun", "sort_key", "record_id"], unique=False)
    op.create_table(
        "deals",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("id", Key, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", Key, nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("value_key", sa.BigInteger(), nullable=False),
        sa.Column("value_kind", Key, nullable=False),
        sa.Column("value_count", sa.Integer(), nullable=False),
        sa.Column("target_day", Key, nullable=False),
        sa.Column("organisation_id", Key, nullable=False),
        sa.Column("responsible_user_id", Key, nullable=False),
        sa.Column("pipeline_id", Key, nullable=False),
        sa.Column("stage_id", Key, nullable=False),
        sa.Column("state", Key, nullable=False),
        sa.Column("lost_reason", sa.Text(), nullable=False),
        sa.Column("closed_day", Key, nullable=False),
        sa.Column("create_time", Instant, nullable=False),
        sa.Column("update_time", Instant, nullable=False),
        sa.Column("creator_user_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id", "stage_id"],
            ["stages.account_id", "stages.id"],
        ),
        sa.PrimaryKeyConstraint("account_id", "id"),
    )
    op.create_index("deals_by_closed_day", "deals", ["account_id", "closed_day", "id"], unique=False)
    op.create_index("deals_by_closing", "deals", ["account_id", "state", "value_kind", "closed_day"], unique=False)
    op.create_index("deals_by_create_time", "deals", ["account_id", "create_time", "id"], unique=False)
    op.create_index("deals_by_name", "deals", ["account_id", "name_key", "id"], unique=False)
    op.create_index("deals_by_organisation", "deals", ["account_id", "organisation_id", "target_day", "id"], unique=False)
    op.create_index("deals_by_responsible", "deals", ["account_id", "responsible_user_id", "target_day", "id"], unique=False)
    op.create_index("deals_by_stage", "deals", ["account_id", "stage_id", "target_day", "id"], unique=False)
    op.create_index("deals_by_state", "deals", ["account_id", "state", "target_day", "id"], unique=False)
    op.create_index("deals_by_target", "deals", ["account_id", "target_day", "id"], unique=False)
    op.create_index("deals_by_update_time", "deals", ["account_id", "update_time", "id"], unique=False)
    op.create_index("deals_by_value", "deals", ["account_id", "value_key", "id"], unique=False)
    op.create_table(
        "deal_history",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("deal_id", Key, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("time", Instant, nullable=False),
        sa.Column("actor_user_id", sa.Text(), nullable=False),
        sa.Column("pipeline_id", Key, nullable=False),
        sa.Column("stage_id", Key, nullable=False),
        sa.Column("probability", sa.Integer(), nullable=False),
        sa.Column("state", Key, nullable=False),
        sa.Column("lost_reason", sa.Text(), nullable=False),
        sa.Column("closed_day", Key, nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("value_kind", Key, nullable=False),
        sa.Column("value_count", sa.Integer(), nullable=False),
        sa.Column("target_day", Key, nullable=False),
        sa.ForeignKeyConstraint(["account_id", "deal_id"], ["deals.account_id", "deals.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account_id", "deal_id", "version"),
    )
    op.create_table(
        "deal_persons",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("deal_id", Key, nullable=False),
        sa.Column("person_id", Key, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("target_day", Key, nullable=False),
        sa.ForeignKeyConstraint(["account_id", "deal_id"], ["deals.account_id", "deals.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account_id", "deal_id", "person_id"),
    )
    op.create_index("deal_persons_by_person", "deal_persons", ["account_id", "person_id", "target_day", "deal_id"], unique=False)
    op.create_table(
        "projects",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("id", Key, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sort_key", Key, nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("state", Key, nullable=False),
        sa.Column("start_date", Key, nullable=False),
        sa.Column("end_date", Key, nullable=False),
        sa.Column("responsible_user_id", sa.Text(), nullable=False),
        sa.Column("deal_id", Key, nullable=True),
        sa.Column("create_time", Instant, nullable=False),
        sa.Column("update_time", Instant, nullable=False),
        sa.Column("creator_user_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id", "deal_id"],
            ["deals.account_id", "deals.id"],
        ),
        sa.PrimaryKeyConstraint("account_id", "id"),
    )
    op.create_index("projects_by_create_time", "projects", ["account_id", "create_time", "id"], unique=False)
    op.create_index("projects_by_deal", "projects", ["account_id", "deal_id"], unique=False)
    op.create_index("projects_by_end", "projects", ["account_id", "end_date", "id"], unique=False)
    op.create_index("projects_by_name", "projects", ["account_id", "sort_key", "id"], unique=False)
    op.create_index("projects_by_responsible", "projects", ["account_id", "responsible_user_id"], unique=False)
    op.create_index("projects_by_start", "projects", ["account_id", "start_date", "id"], unique=False)
    op.create_index("projects_by_state", "projects", ["account_id", "state", "sort_key", "id"], unique=False)
    op.create_index("projects_by_update_time", "projects", ["account_id", "update_time", "id"], unique=False)
    op.create_table(
        "project_members",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("project_id", Key, nullable=False),
        sa.Column("noun", Key, nullable=False),
        sa.Column("member_id", Key, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("sort_key", Key, nullable=False),
        sa.ForeignKeyConstraint(["account_id", "project_id"], ["projects.account_id", "projects.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account_id", "project_id", "noun", "member_id"),
    )
    op.create_index(
        "project_members_by_member", "project_members", ["account_id", "noun", "member_id", "sort_key", "project_id"], unique=False
    )
    enable_tenancy(
        "accounts",
        "following",
        "given",
        "merges",
        "pipelines",
        "records",
        "tags",
        "stages",
        "taggings",
        "deals",
        "deal_history",
        "deal_persons",
        "projects",
        "project_members",
    )
