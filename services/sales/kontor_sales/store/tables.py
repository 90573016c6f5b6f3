"""The tables of sales. `account_id` leads every key and index."""

import sqlalchemy as sa

from kontor_chassis.db.types import Instant, Key
from kontor_chassis.merges import Merges

METADATA = sa.MetaData()

# What `target_day` holds for a deal without a target date: it sorts after every day.
UNDATED = "undated"

# Replica of identity's accounts.
ACCOUNTS = sa.Table(
    "accounts",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("locale", sa.Text, nullable=False),
    sa.Column("time_zone", sa.Text, nullable=False),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
)

PIPELINES = sa.Table(
    "pipelines",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("id", Key, primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    # 0 is the default pipeline; unique, so that two writers cannot make it twice.
    sa.Column("place", sa.Integer, nullable=False),
    sa.Index("pipelines_by_place", "account_id", "place", unique=True),
)

STAGES = sa.Table(
    "stages",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("id", Key, primary_key=True),
    sa.Column("pipeline_id", Key, nullable=False),
    sa.Column("place", sa.Integer, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    # In percent.
    sa.Column("probability", sa.Integer, nullable=False),
    sa.ForeignKeyConstraint(["account_id", "pipeline_id"], ["pipelines.account_id", "pipelines.id"], ondelete="CASCADE"),
    sa.Index("stages_by_place", "account_id", "pipeline_id", "place", unique=True),
)

# Lists walk an index that ends with (target_day, id) and stop when the page is full.
DEALS = sa.Table(
    "deals",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("id", Key, primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    # Folded, for sorting and comparing.
    sa.Column("name_key", Key, nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    # Minor units; none where no value is known, then the currency is empty.
    sa.Column("value", sa.BigInteger),
    sa.Column("currency", sa.Text, nullable=False),
    # The value in ten-thousandths, whatever decimals its currency has; -1 where no value is known.
    sa.Column("value_key", sa.BigInteger, nullable=False),
    sa.Column("value_kind", Key, nullable=False),
    sa.Column("value_count", sa.Integer, nullable=False),
    # ISO 8601 day, or UNDATED.
    sa.Column("target_day", Key, nullable=False),
    sa.Column("organisation_id", Key, nullable=False),
    sa.Column("responsible_user_id", Key, nullable=False),
    sa.Column("pipeline_id", Key, nullable=False),
    sa.Column("stage_id", Key, nullable=False),
    sa.Column("state", Key, nullable=False),
    sa.Column("lost_reason", sa.Text, nullable=False),
    # ISO 8601 day; empty while the deal is open.
    sa.Column("closed_day", Key, nullable=False),
    sa.Column("create_time", Instant, nullable=False),
    sa.Column("update_time", Instant, nullable=False),
    sa.Column("creator_user_id", sa.Text, nullable=False),
    sa.ForeignKeyConstraint(["account_id", "stage_id"], ["stages.account_id", "stages.id"]),
    sa.Index("deals_by_target", "account_id", "target_day", "id"),
    sa.Index("deals_by_state", "account_id", "state", "target_day", "id"),
    sa.Index("deals_by_stage", "account_id", "stage_id", "target_day", "id"),
    sa.Index("deals_by_organisation", "account_id", "organisation_id", "target_day", "id"),
    sa.Index("deals_by_responsible", "account_id", "responsible_user_id", "target_day", "id"),
    sa.Index("deals_by_closing", "account_id", "state", "value_kind", "closed_day"),
    sa.Index("deals_by_name", "account_id", "name_key", "id"),
    sa.Index("deals_by_value", "account_id", "value_key", "id"),
    sa.Index("deals_by_closed_day", "account_id", "closed_day", "id"),
    sa.Index("deals_by_create_time", "account_id", "create_time", "id"),
    sa.Index("deals_by_update_time", "account_id", "update_time", "id"),
)

# Carries the deal's target day, so that a list by person walks one index in order.
DEAL_PERSONS = sa.Table(
    "deal_persons",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("deal_id", Key, primary_key=True),
    sa.Column("person_id", Key, primary_key=True),
    # Place in the deal's list, from 0.
    sa.Column("place", sa.Integer, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("target_day", Key, nullable=False),
    sa.ForeignKeyConstraint(["account_id", "deal_id"], ["deals.account_id", "deals.id"], ondelete="CASCADE"),
    sa.Index("deal_persons_by_person", "account_id", "person_id", "target_day", "deal_id"),
)

# A row per change of stage, state, value or target date: what the forecast of a past day needs.
DEAL_HISTORY = sa.Table(
    "deal_history",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("deal_id", Key, primary_key=True),
    # The deal's version from then on.
    sa.Column("version", sa.BigInteger, primary_key=True),
    sa.Column("time", Instant, nullable=False),
    sa.Column("actor_user_id", sa.Text, nullable=False),
    sa.Column("pipeline_id", Key, nullable=False),
    sa.Column("stage_id", Key, nullable=False),
    # As it was then.
    sa.Column("probability", sa.Integer, nullable=False),
    sa.Column("state", Key, nullable=False),
    sa.Column("lost_reason", sa.Text, nullable=False),
    sa.Column("closed_day", Key, nullable=False),
    sa.Column("value", sa.BigInteger),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("value_kind", Key, nullable=False),
    sa.Column("value_count", sa.Integer, nullable=False),
    sa.Column("target_day", Key, nullable=False),
    sa.ForeignKeyConstraint(["account_id", "deal_id"], ["deals.account_id", "deals.id"], ondelete="CASCADE"),
)

PROJECTS = sa.Table(
    "projects",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("id", Key, primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("sort_key", Key, nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("state", Key, nullable=False),
    # ISO 8601 days, or empty.
    sa.Column("start_date", Key, nullable=False),
    sa.Column("end_date", Key, nullable=False),
    sa.Column("responsible_user_id", sa.Text, nullable=False),
    sa.Column("deal_id", Key),
    sa.Column("create_time", Instant, nullable=False),
    sa.Column("update_time", Instant, nullable=False),
    sa.Column("creator_user_id", sa.Text, nullable=False),
    sa.ForeignKeyConstraint(["account_id", "deal_id"], ["deals.account_id", "deals.id"]),
    sa.Index("projects_by_name", "account_id", "sort_key", "id"),
    sa.Index("projects_by_state", "account_id", "state", "sort_key", "id"),
    sa.Index("projects_by_deal", "account_id", "deal_id"),
    sa.Index("projects_by_responsible", "account_id", "responsible_user_id"),
    sa.Index("projects_by_start", "account_id", "start_date", "id"),
    sa.Index("projects_by_end", "account_id", "end_date", "id"),
    sa.Index("projects_by_create_time", "account_id", "create_time", "id"),
    sa.Index("projects_by_update_time", "account_id", "update_time", "id"),
)

# Organisations and people of projects; `noun` says which (`organisations`, `persons`). Carries the project's sort key.
PROJECT_MEMBERS = sa.Table(
    "project_members",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("project_id", Key, primary_key=True),
    sa.Column("noun", Key, primary_key=True),
    sa.Column("member_id", Key, primary_key=True),
    # Place in the project's list, from 0.
    sa.Column("place", sa.Integer, nullable=False),
    sa.Column("sort_key", Key, nullable=False),
    sa.ForeignKeyConstraint(["account_id", "project_id"], ["projects.account_id", "projects.id"], ondelete="CASCADE"),
    sa.Index("project_members_by_member", "account_id", "noun", "member_id", "sort_key", "project_id"),
)

TAGS = sa.Table(
    "tags",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("id", Key, primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    # Without case; unique, so that two writers cannot make one tag twice.
    sa.Column("key", Key, nullable=False),
    sa.Index("tags_by_key", "account_id", "key", unique=True),
)

# Carries what the record's list is sorted by (target day, name), so that a list by tags walks one index in order.
TAGGINGS = sa.Table(
    "taggings",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("record_id", Key, primary_key=True),
    sa.Column("tag_id", Key, primary_key=True),
    # `deals` or `projects`.
    sa.Column("noun", Key, nullable=False),
    sa.Column("sort_key", Key, nullable=False),
    sa.ForeignKeyConstraint(["account_id", "tag_id"], ["tags.account_id", "tags.id"], ondelete="CASCADE"),
    sa.Index("taggings_by_tag", "account_id", "tag_id", "noun", "sort_key", "record_id"),
)

# What is known of `persons/…`, `organisations/…` and `users/…`: those that their owner has confirmed, with sequence 0, and those that
# an event told of. `deleted` of a user means deactivated. The name is empty where none was told.
RECORDS = sa.Table(
    "records",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("ref", Key, primary_key=True),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("deleted", sa.Boolean, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
)

# Which people and organisations were found to be one.
MERGES = Merges(METADATA)

# Whom deals and projects were given, where that is somebody else than they name now: all that one name there stands for, itself among
# them if it was given too. An undone merge is read from here.
GIVEN = sa.Table(
    "given",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    # `deals/…` or `projects/…`.
    sa.Column("record", Key, primary_key=True),
    # `persons/…` or `organisations/…`, as it was given, and as it stands in the record now.
    sa.Column("ref", Key, primary_key=True),
    sa.Column("shown_as", Key, nullable=False),
    # Among all that were given, from 0; and the role of a person in a deal.
    sa.Column("place", sa.Integer, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Index("given_by_ref", "account_id", "ref", "shown_as", "record"),
)

# People and organisations whose deals and projects are to be looked at in the background.
FOLLOWING = sa.Table(
    "following",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("ref", Key, primary_key=True),
    # `merge`: somebody else answers for it now. `name`: it is called otherwise.
    sa.Column("what", Key, primary_key=True),
    # Up to which record that is done, and in whose name.
    sa.Column("after", Key, nullable=False),
    sa.Column("actor_user_id", sa.Text, nullable=False),
    # Not before then, because it has failed.
    sa.Column("due_time", Instant, nullable=False),
)
