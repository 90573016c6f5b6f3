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
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id"),
    )
    op.create_table(
        "contact_points",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("record_id", Key, nullable=False),
        sa.Column("medium", Key, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("noun", Key, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("is_primary", sa.Boolean(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("lookup", Key, nullable=False),
        sa.Column("postcode", sa.Text(), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "record_id", "medium", "place"),
    )
    op.create_index("contact_points_by_lookup", "contact_points", ["account_id", "medium", "lookup", "record_id"], unique=False)
    op.create_index("contact_points_by_postcode", "contact_points", ["account_id", "medium", "postcode", "record_id"], unique=False)
    op.create_table(
        "custom_fields",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("id", Key, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("noun", Key, nullable=False),
        sa.Column("key", Key, nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("choices", Json, nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("create_time", Instant, nullable=False),
        sa.Column("update_time", Instant, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "id"),
    )
    op.create_index("custom_fields_by_key", "custom_fields", ["account_id", "noun", "key"], unique=True)
    op.create_table(
        "duplicate_keys",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("noun", Key, nullable=False),
        sa.Column("key", sa.BigInteger(), nullable=False),
        sa.Column("record_id", Key, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "noun", "key", "record_id"),
    )
    op.create_index("duplicate_keys_by_record", "duplicate_keys", ["account_id", "record_id", "key"], unique=False)
    op.create_table(
        "duplicates",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("id", Key, nullable=False),
        sa.Column("noun", Key, nullable=False),
        sa.Column("left_id", Key, nullable=False),
        sa.Column("right_id", Key, nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("reasons", Json, nullable=False),
        sa.Column("dismissed", sa.Boolean(), nullable=False),
        sa.Column("operation_id", Key, nullable=False),
        sa.Column("create_time", Instant, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "id"),
    )
    op.create_index("duplicates_by_pair", "duplicates", ["account_id", "left_id", "right_id"], unique=True)
    op.create_index("duplicates_by_right", "duplicates", ["account_id", "right_id"], unique=False)
    op.create_index("duplicates_by_score", "duplicates", ["account_id", "noun", "dismissed", "score", "id"], unique=False)
    op.create_table(
        "loose_photos",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("photo_id", Key, nullable=False),
        sa.Column("due_time", Instant, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "photo_id"),
    )
    op.create_index("loose_photos_by_due_time", "loose_photos", ["due_time"], unique=False)
    op.create_table(
        "operation_results",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("operation_id", Key, nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("record_id", Key, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("outcome", Key, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "operation_id", "place"),
    )
    op.create_index("operation_results_by_outcome", "operation_results", ["account_id", "operation_id", "outcome", "place"], unique=False)
    op.create_table(
        "operations",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("id", Key, nullable=False),
        sa.Column("kind", Key, nullable=False),
        sa.Column("state", Key, nullable=False),
        sa.Column("position", Key, nullable=False),
        sa.Column("progress", sa.Integer(), nullable=False),
        sa.Column("found", sa.BigInteger(), nullable=False),
        sa.Column("skipped", sa.BigInteger(), nullable=False),
        sa.Column("lease_time", Instant, nullable=False),
        sa.Column("create_time", Instant, nullable=False),
        sa.Column("end_time", Instant, nullable=True),
        sa.Column("creator_user_id", sa.Text(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.Column("unchanged", sa.BigInteger(), nullable=False),
        sa.Column("failed", sa.BigInteger(), nullable=False),
        sa.Column("gone", sa.BigInteger(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=False),
        sa.Column("task", Json, nullable=False),
        sa.Column("actor", Json, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "id"),
    )
    op.create_index("operations_by_end_time", "operations", ["end_time"], unique=False)
    op.create_index("operations_by_kind", "operations", ["account_id", "kind", "create_time", "id"], unique=False)
    op.create_index("operations_by_state", "operations", ["account_id", "state", "create_time", "id"], unique=False)
    op.create_index("operations_by_time", "operations", ["account_id", "create_time", "id"], unique=False)
    op.create_index("operations_due", "operations", ["state", "lease_time"], unique=False)
    op.create_table(
        "organisations",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("id", Key, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sort_key", Key, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("background", sa.Text(), nullable=False),
        sa.Column("industry", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("website", sa.Text(), nullable=False),
        sa.Column("vip", sa.Boolean(), nullable=False),
        sa.Column("key_accounter_user_id", Key, nullable=False),
        sa.Column("responsible_user_id", Key, nullable=False),
        sa.Column("create_time", Instant, nullable=False),
        sa.Column("update_time", Instant, nullable=False),
        sa.Column("creator_user_id", sa.Text(), nullable=False),
        sa.Column("parent_id", Key, nullable=False),
        sa.Column("main_contact_person_id", Key, nullable=False),
        sa.Column("address_origin_id", Key, nullable=False),
        sa.Column("visible_to", Json, nullable=True),
        sa.Column("tag_bits", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "id"),
    )
    op.create_index("organisations_by_address_origin", "organisations", ["account_id", "address_origin_id", "id"], unique=False)
    op.create_index("organisations_by_create_time", "organisations", ["account_id", "create_time", "id", "tag_bits"], unique=False)
    op.create_index("organisations_by_key_accounter", "organisations", ["account_id", "key_accounter_user_id", "id"], unique=False)
    op.create_index("organisations_by_main_contact", "organisations", ["account_id", "main_contact_person_id", "id"], unique=False)
    op.create_index("organisations_by_name", "organisations", ["account_id", "sort_key", "id", "tag_bits"], unique=False)
    op.create_index("organisations_by_parent", "organisations", ["account_id", "parent_id", "id"], unique=False)
    op.create_index("organisations_by_responsible", "organisations", ["account_id", "responsible_user_id", "id"], unique=False)
    op.create_index("organisations_by_size", "organisations", ["account_id", "size", "id", "tag_bits"], unique=False)
    op.create_index("organisations_by_update_time", "organisations", ["account_id", "update_time", "id", "tag_bits"], unique=False)
    op.create_index(
        "organisations_limited",
        "organisations",
        ["account_id", "id"],
        unique=False,
        sqlite_where=sa.text("visible_to IS NOT NULL"),
        postgresql_where=sa.text("visible_to IS NOT NULL"),
    )
    op.create_table(
        "persons",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("id", Key, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("salutation", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("first_name", sa.Text(), nullable=False),
        sa.Column("last_name", sa.Text(), nullable=False),
        sa.Column("gender", sa.Text(), nullable=False),
        sa.Column("sort_key", Key, nullable=False),
        sa.Column("given_key", Key, nullable=False),
        sa.Column("first_name_key", Key, nullable=False),
        sa.Column("last_name_key", Key, nullable=False),
        sa.Column("background", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("assistants", Json, nullable=False),
        sa.Column("vip", sa.Boolean(), nullable=False),
        sa.Column("key_accounter_user_id", Key, nullable=False),
        sa.Column("responsible_user_id", Key, nullable=False),
        sa.Column("create_time", Instant, nullable=False),
        sa.Column("update_time", Instant, nullable=False),
        sa.Column("creator_user_id", sa.Text(), nullable=False),
        sa.Column("visible_to", Json, nullable=True),
        sa.Column("tag_bits", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "id"),
    )
    op.create_index("persons_by_create_time", "persons", ["account_id", "create_time", "id", "tag_bits"], unique=False)
    op.create_index("persons_by_given_name", "persons", ["account_id", "given_key", "id", "tag_bits"], unique=False)
    op.create_index("persons_by_key_accounter", "persons", ["account_id", "key_accounter_user_id", "id"], unique=False)
    op.create_index("persons_by_name", "persons", ["account_id", "sort_key", "id", "tag_bits"], unique=False)
    op.create_index("persons_by_responsible", "persons", ["account_id", "responsible_user_id", "id"], unique=False)
    op.create_index("persons_by_update_time", "persons", ["account_id", "update_time", "id", "tag_bits"], unique=False)
    op.create_index(
        "persons_limited",
        "persons",
        ["account_id", "id"],
        unique=False,
        sqlite_where=sa.text("visible_to IS NOT NULL"),
        postgresql_where=sa.text("visible_to IS NOT NULL"),
    )
    op.create_table(
        "segments",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("id", Key, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("noun", Key, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key", Key, nullable=False),
        sa.Column("filter", sa.Text(), nullable=False),
        sa.Column("order_by", sa.Text(), nullable=False),
        sa.Column("create_time", Instant, nullable=False),
        sa.Column("update_time", Instant, nullable=False),
        sa.Column("creator_user_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "id"),
    )
    op.create_index("segments_by_key", "segments", ["account_id", "key"], unique=True)
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
        "custom_values",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("record_id", Key, nullable=False),
        sa.Column("field_id", Key, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("text_key", Key, nullable=True),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("tag_bits", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id", "field_id"], ["custom_fields.account_id", "custom_fields.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account_id", "record_id", "field_id", "place"),
    )
    op.create_index("custom_values_by_number", "custom_values", ["account_id", "field_id", "number", "record_id", "tag_bits"], unique=False)
    op.create_index("custom_values_by_text", "custom_values", ["account_id", "field_id", "text_key", "record_id", "tag_bits"], unique=False)
    op.create_table(
        "person_dates",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("person_id", Key, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("kind", Key, nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("day", Key, nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_id", "person_id"], ["persons.account_id", "persons.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account_id", "person_id", "place"),
    )
    op.create_index("person_dates_by_day", "person_dates", ["account_id", "kind", "day", "person_id"], unique=False)
    op.create_table(
        "photos",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("person_id", Key, nullable=False),
        sa.Column("photo_id", Key, nullable=False),
        sa.ForeignKeyConstraint(["account_id", "person_id"], ["persons.account_id", "persons.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account_id", "person_id"),
    )
    op.create_table(
        "positions",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("id", Key, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("person_id", Key, nullable=False),
        sa.Column("organisation_id", Key, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("is_primary", sa.Boolean(), nullable=False),
        sa.Column("from_date", sa.Text(), nullable=True),
        sa.Column("to_date", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["account_id", "organisation_id"], ["organisations.account_id", "organisations.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["account_id", "person_id"], ["persons.account_id", "persons.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account_id", "id"),
    )
    op.create_index("positions_by_organisation", "positions", ["account_id", "organisation_id", "person_id"], unique=False)
    op.create_index("positions_by_person", "positions", ["account_id", "person_id", "organisation_id"], unique=False)
    op.create_table(
        "relationships",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("organisation_id", Key, nullable=False),
        sa.Column("relationship", Key, nullable=False),
        sa.ForeignKeyConstraint(["account_id", "organisation_id"], ["organisations.account_id", "organisations.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account_id", "organisation_id", "relationship"),
    )
    op.create_index("relationships_by_relationship", "relationships", ["account_id", "relationship", "organisation_id"], unique=False)
    op.create_table(
        "taggings",
        sa.Column("account_id", Key, nullable=False),
        sa.Column("record_id", Key, nullable=False),
        sa.Column("tag_id", Key, nullable=False),
        sa.Column("noun", Key, nullable=False),
        sa.Column("sort_key", Key, nullable=False),
        sa.Column("tag_bits", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id", "tag_id"], ["tags.account_id", "tags.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account_id", "record_id", "tag_id"),
    )
    op.create_index("taggings_by_tag", "taggings", ["account_id", "tag_id", "noun", "sort_key", "record_id", "tag_bits"], unique=False)
    enable_tenancy(
        "accounts",
        "contact_points",
        "custom_fields",
        "duplicate_keys",
        "duplicates",
        "loose_photos",
        "operation_results",
        "operations",
        "organisations",
        "persons",
        "segments",
        "tags",
        "custom_values",
        "person_dates",
        "photos",
        "positions",
        "relationships",
        "taggings",
    )
