"""The tables of contacts. `account_id` leads every key and index."""

import sqlalchemy as sa

from kontor_chassis.db.types import Instant, Json, Key

METADATA = sa.MetaData()

PERSONS = sa.Table(
    "persons",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("id", Key, primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("salutation", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("first_name", sa.Text, nullable=False),
    sa.Column("last_name", sa.Text, nullable=False),
    sa.Column("gender", sa.Text, nullable=False),
    # Folded, last name first and first name first: what lists sort by and names are looked up by.
    sa.Column("sort_key", Key, nullable=False),
    sa.Column("given_key", Key, nullable=False),
    sa.Column("first_name_key", Key, nullable=False),
    sa.Column("last_name_key", Key, nullable=False),
    sa.Column("background", sa.Text, nullable=False),
    sa.Column("language", sa.Text, nullable=False),
    # Only ever read with the person.
    sa.Column("assistants", Json, nullable=False),
    sa.Column("vip", sa.Boolean, nullable=False),
    sa.Column("key_accounter_user_id", Key, nullable=False),
    sa.Column("responsible_user_id", Key, nullable=False),
    sa.Column("create_time", Instant, nullable=False),
    sa.Column("update_time", Instant, nullable=False),
    sa.Column("creator_user_id", sa.Text, nullable=False),
    # Resource names of who may see the record (domain/visibility.py); NULL: everyone.
    sa.Column("visible_to", Json),
    # Of all tags that the record carries (domain/tag_bits.py); last in each index that gives lists their order.
    sa.Column("tag_bits", sa.BigInteger, nullable=False),
    sa.Index("persons_by_name", "account_id", "sort_key", "id", "tag_bits"),
    sa.Index("persons_by_given_name", "account_id", "given_key", "id", "tag_bits"),
    sa.Index("persons_by_create_time", "account_id", "create_time", "id", "tag_bits"),
    sa.Index("persons_by_update_time", "account_id", "update_time", "id", "tag_bits"),
    sa.Index("persons_by_responsible", "account_id", "responsible_user_id", "id"),
    sa.Index("persons_by_key_accounter", "account_id", "key_accounter_user_id", "id"),
    sa.Index(
        "persons_limited",
        "account_id",
        "id",
        sqlite_where=sa.text("visible_to IS NOT NULL"),
        postgresql_where=sa.text("visible_to IS NOT NULL"),
    ),
)

PERSON_DATES = sa.Table(
    "person_dates",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("person_id", Key, primary_key=True),
    # Place in the person's list, from 0.
    sa.Column("place", sa.Integer, primary_key=True),
    sa.Column("kind", Key, nullable=False),
    sa.Column("label", sa.Text, nullable=False),
    # `MM-DD`, and the year or 0.
    sa.Column("day", Key, nullable=False),
    sa.Column("year", sa.Integer, nullable=False),
    sa.ForeignKeyConstraint(["account_id", "person_id"], ["persons.account_id", "persons.id"], ondelete="CASCADE"),
    sa.Index("person_dates_by_day", "account_id", "kind", "day", "person_id"),
)

ORGANISATIONS = sa.Table(
    "organisations",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("id", Key, primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("sort_key", Key, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("background", sa.Text, nullable=False),
    sa.Column("industry", sa.Text, nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("website", sa.Text, nullable=False),
    sa.Column("vip", sa.Boolean, nullable=False),
    sa.Column("key_accounter_user_id", Key, nullable=False),
    sa.Column("responsible_user_id", Key, nullable=False),
    sa.Column("create_time", Instant, nullable=False),
    sa.Column("update_time", Instant, nullable=False),
    sa.Column("creator_user_id", sa.Text, nullable=False),
    # Empty at the top of a tree. Changed under the account's tree lock only (store/organisation_trees.py).
    sa.Column("parent_id", Key, nullable=False),
    sa.Column("main_contact_person_id", Key, nullable=False),
    # Whose addresses count here: its own id, or that of the nearest organisation above that has addresses; empty: nobody's.
    sa.Column("address_origin_id", Key, nullable=False),
    # Resource names of who may see the record (domain/visibility.py); NULL: everyone.
    sa.Column("visible_to", Json),
    sa.Column("tag_bits", sa.BigInteger, nullable=False),
    sa.Index("organisations_by_name", "account_id", "sort_key", "id", "tag_bits"),
    sa.Index("organisations_by_create_time", "account_id", "create_time", "id", "tag_bits"),
    sa.Index("organisations_by_update_time", "account_id", "update_time", "id", "tag_bits"),
    sa.Index("organisations_by_size", "account_id", "size", "id", "tag_bits"),
    sa.Index("organisations_by_responsible", "account_id", "responsible_user_id", "id"),
    sa.Index("organisations_by_key_accounter", "account_id", "key_accounter_user_id", "id"),
    sa.Index("organisations_by_parent", "account_id", "parent_id", "id"),
    sa.Index("organisations_by_main_contact", "account_id", "main_contact_person_id", "id"),
    sa.Index("organisations_by_address_origin", "account_id", "address_origin_id", "id"),
    sa.Index(
        "organisations_limited",
        "account_id",
        "id",
        sqlite_where=sa.text("visible_to IS NOT NULL"),
        postgresql_where=sa.text("visible_to IS NOT NULL"),
    ),
)

# What an organisation is to us.
RELATIONSHIPS = sa.Table(
    "relationships",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("organisation_id", Key, primary_key=True),
    sa.Column("relationship", Key, primary_key=True),
    sa.ForeignKeyConstraint(["account_id", "organisation_id"], ["organisations.account_id", "organisations.id"], ondelete="CASCADE"),
    sa.Index("relationships_by_relationship", "account_id", "relationship", "organisation_id"),
)

POSITIONS = sa.Table(
    "positions",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("id", Key, primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("person_id", Key, nullable=False),
    sa.Column("organisation_id", Key, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("department", sa.Text, nullable=False),
    sa.Column("is_primary", sa.Boolean, nullable=False),
    # ISO 8601 days.
    sa.Column("from_date", sa.Text),
    sa.Column("to_date", sa.Text),
    sa.ForeignKeyConstraint(["account_id", "person_id"], ["persons.account_id", "persons.id"], ondelete="CASCADE"),
    sa.ForeignKeyConstraint(["account_id", "organisation_id"], ["organisations.account_id", "organisations.id"], ondelete="CASCADE"),
    # With the organisation, because SQLite would rather look through all of the other index, which has both.
    sa.Index("positions_by_person", "account_id", "person_id", "organisation_id"),
    sa.Index("positions_by_organisation", "account_id", "organisation_id", "person_id"),
)

# Of people and organisations alike; `noun` says of which (`persons`, `organisations`).
CONTACT_POINTS = sa.Table(
    "contact_points",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("record_id", Key, primary_key=True),
    # `email`, `phone`, `postal`, `web` or `messenger`.
    sa.Column("medium", Key, primary_key=True),
    # Place in the record's list, from 0.
    sa.Column("place", sa.Integer, primary_key=True),
    sa.Column("noun", Key, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("is_primary", sa.Boolean, nullable=False),
    # As typed; the street of a postal address.
    sa.Column("value", sa.Text, nullable=False),
    # What it is compared by: normalised e-mail address, E.164 number, messenger's `service:handle`, folded
    # city; empty where there is none.
    sa.Column("lookup", Key, nullable=False),
    sa.Column("postcode", sa.Text, nullable=False),
    sa.Column("city", sa.Text, nullable=False),
    sa.Column("region", sa.Text, nullable=False),
    sa.Column("country", sa.Text, nullable=False),
    sa.Index("contact_points_by_lookup", "account_id", "medium", "lookup", "record_id"),
    sa.Index("contact_points_by_postcode", "account_id", "medium", "postcode", "record_id"),
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

# Carries the record's sort key, so that a list by tags walks one index in order and stops when the page is full.
TAGGINGS = sa.Table(
    "taggings",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("record_id", Key, primary_key=True),
    sa.Column("tag_id", Key, primary_key=True),
    sa.Column("noun", Key, nullable=False),
    sa.Column("sort_key", Key, nullable=False),
    # The record's.
    sa.Column("tag_bits", sa.BigInteger, nullable=False),
    sa.ForeignKeyConstraint(["account_id", "tag_id"], ["tags.account_id", "tags.id"], ondelete="CASCADE"),
    sa.Index("taggings_by_tag", "account_id", "tag_id", "noun", "sort_key", "record_id", "tag_bits"),
)

# Replica of identity's accounts: what phone numbers without a country code mean, and which language is spoken.
ACCOUNTS = sa.Table(
    "accounts",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("country", sa.Text, nullable=False),
    sa.Column("locale", sa.Text, nullable=False),
    sa.Column("time_zone", sa.Text, nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
)

# Fields that the account adds to its records; `noun` says to which (`persons`, `organisations`).
CUSTOM_FIELDS = sa.Table(
    "custom_fields",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("id", Key, primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("noun", Key, nullable=False),
    sa.Column("key", Key, nullable=False),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    # Key and label each.
    sa.Column("choices", Json, nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("archived", sa.Boolean, nullable=False),
    sa.Column("create_time", Instant, nullable=False),
    sa.Column("update_time", Instant, nullable=False),
    sa.Index("custom_fields_by_key", "account_id", "noun", "key", unique=True),
)

# Their values; of several choices a row for each. What is compared and sorted by stands in `text_key` or in `number`, the other is NULL.
CUSTOM_VALUES = sa.Table(
    "custom_values",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("record_id", Key, primary_key=True),
    sa.Column("field_id", Key, primary_key=True),
    sa.Column("place", sa.Integer, primary_key=True),
    # As it is shown: text, link, key of a choice, ISO 8601 day; empty for numbers.
    sa.Column("value", sa.Text, nullable=False),
    # Text and links folded, their first 300 characters; else the value.
    sa.Column("text_key", Key),
    # Integers; decimals in millionths; yes is 1 and no 0.
    sa.Column("number", sa.BigInteger),
    # The record's.
    sa.Column("tag_bits", sa.BigInteger, nullable=False),
    sa.ForeignKeyConstraint(["account_id", "field_id"], ["custom_fields.account_id", "custom_fields.id"], ondelete="CASCADE"),
    sa.Index("custom_values_by_text", "account_id", "field_id", "text_key", "record_id", "tag_bits"),
    sa.Index("custom_values_by_number", "account_id", "field_id", "number", "record_id", "tag_bits"),
)

# Filters kept under a name.
SEGMENTS = sa.Table(
    "segments",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("id", Key, primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("noun", Key, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    # Without case; unique.
    sa.Column("key", Key, nullable=False),
    sa.Column("filter", sa.Text, nullable=False),
    sa.Column("order_by", sa.Text, nullable=False),
    sa.Column("create_time", Instant, nullable=False),
    sa.Column("update_time", Instant, nullable=False),
    sa.Column("creator_user_id", sa.Text, nullable=False),
    sa.Index("segments_by_key", "account_id", "key", unique=True),
)

# A person's photo: `photo_id` names its blobs, and is its etag.
PHOTOS = sa.Table(
    "photos",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("person_id", Key, primary_key=True),
    sa.Column("photo_id", Key, nullable=False),
    sa.ForeignKeyConstraint(["account_id", "person_id"], ["persons.account_id", "persons.id"], ondelete="CASCADE"),
)

# Blobs that no row of `photos` names: not yet, or no more. Removed when due (usecases/photo_sweep.py).
LOOSE_PHOTOS = sa.Table(
    "loose_photos",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("photo_id", Key, primary_key=True),
    sa.Column("due_time", Instant, nullable=False),
    sa.Index("loose_photos_by_due_time", "due_time"),
)

# Hashed keys that records which may be one have in common (domain/blocking.py), by record of each noun.
DUPLICATE_KEYS = sa.Table(
    "duplicate_keys",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("noun", Key, primary_key=True),
    sa.Column("key", sa.BigInteger, primary_key=True),
    sa.Column("record_id", Key, primary_key=True),
    # With the key, or SQLite would rather read all of the account than look the rows up.
    sa.Index("duplicate_keys_by_record", "account_id", "record_id", "key"),
)

# Pairs of records that may be one; `left_id` is the lower id. What was dismissed stays, so that it is not found again.
DUPLICATES = sa.Table(
    "duplicates",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("id", Key, primary_key=True),
    sa.Column("noun", Key, nullable=False),
    sa.Column("left_id", Key, nullable=False),
    sa.Column("right_id", Key, nullable=False),
    sa.Column("score", sa.Integer, nullable=False),
    sa.Column("reasons", Json, nullable=False),
    sa.Column("dismissed", sa.Boolean, nullable=False),
    # The scan that saw the pair last; empty: none has.
    sa.Column("operation_id", Key, nullable=False),
    sa.Column("create_time", Instant, nullable=False),
    sa.Index("duplicates_by_pair", "account_id", "left_id", "right_id", unique=True),
    sa.Index("duplicates_by_right", "account_id", "right_id"),
    sa.Index("duplicates_by_score", "account_id", "noun", "dismissed", "score", "id"),
)

# Work in the background.
OPERATIONS = sa.Table(
    "operations",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("id", Key, primary_key=True),
    sa.Column("kind", Key, nullable=False),
    # `running`, `done`, `cancelled` or `failed`.
    sa.Column("state", Key, nullable=False),
    # Where the work is, in the kind's own words; changes with every step that is committed.
    sa.Column("position", Key, nullable=False),
    sa.Column("progress", sa.Integer, nullable=False),
    sa.Column("found", sa.BigInteger, nullable=False),
    sa.Column("skipped", sa.BigInteger, nullable=False),
    # Until when the worker that holds it is believed to be alive.
    sa.Column("lease_time", Instant, nullable=False),
    sa.Column("create_time", Instant, nullable=False),
    sa.Column("end_time", Instant),
    sa.Column("creator_user_id", sa.Text, nullable=False),
    # Of a bulk action: how many records, and what became of them.
    sa.Column("total", sa.BigInteger, nullable=False),
    sa.Column("changed", sa.BigInteger, nullable=False),
    sa.Column("unchanged", sa.BigInteger, nullable=False),
    sa.Column("failed", sa.BigInteger, nullable=False),
    sa.Column("gone", sa.BigInteger, nullable=False),
    # Why it failed; empty where it did not.
    sa.Column("failure", sa.Text, nullable=False),
    # What is to be done, and as whom: role, scopes, groups and API key of who began it.
    sa.Column("task", Json, nullable=False),
    sa.Column("actor", Json, nullable=False),
    sa.Index("operations_by_time", "account_id", "create_time", "id"),
    sa.Index("operations_by_kind", "account_id", "kind", "create_time", "id"),
    sa.Index("operations_by_state", "account_id", "state", "create_time", "id"),
    # For the worker, over all accounts.
    sa.Index("operations_due", "state", "lease_time"),
    sa.Index("operations_by_end_time", "end_time"),
)

# The records of a bulk action in their order, gathered before the first of them is treated.
OPERATION_RESULTS = sa.Table(
    "operation_results",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("operation_id", Key, primary_key=True),
    # From 1.
    sa.Column("place", sa.BigInteger, primary_key=True),
    sa.Column("record_id", Key, nullable=False),
    # Of what the action itself has deleted; else empty: a name that is kept would outlive its record, and who may see it.
    sa.Column("name", sa.Text, nullable=False),
    # `waiting`, `changed`, `unchanged`, `failed` or `gone`.
    sa.Column("outcome", Key, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Index("operation_results_by_outcome", "account_id", "operation_id", "outcome", "place"),
)
