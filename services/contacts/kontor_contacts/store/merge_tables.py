"""The tables of merges, beside those of the records that were merged."""

import sqlalchemy as sa

from kontor_chassis.db.types import Instant, Json, Key
from kontor_contacts.store.tables import METADATA

# Two records that were made one. What stands (`undo_time` is NULL) is what the id of the duplicate, which has no row of its own, leads by.
MERGES = sa.Table(
    "merges",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("id", Key, primary_key=True),
    sa.Column("noun", Key, nullable=False),
    sa.Column("survivor_id", Key, nullable=False),
    sa.Column("duplicate_id", Key, nullable=False),
    sa.Column("survivor_name", sa.Text, nullable=False),
    sa.Column("duplicate_name", sa.Text, nullable=False),
    sa.Column("survivor_version", sa.BigInteger, nullable=False),
    sa.Column("create_time", Instant, nullable=False),
    sa.Column("expire_time", Instant, nullable=False),
    sa.Column("creator_user_id", sa.Text, nullable=False),
    sa.Column("undo_time", Instant),
    sa.Column("undo_user_id", sa.Text, nullable=False),
    # Who could see each of them when they were merged; NULL: everyone.
    sa.Column("survivor_visible_to", Json),
    sa.Column("duplicate_visible_to", Json),
    # What undoing takes (store/merge_snapshots.py); NULL when it is undone, or cannot be any more.
    sa.Column("snapshot", Json),
    # When the snapshot goes; NULL: there is none.
    sa.Column("due_time", Instant),
    sa.Index("merges_by_time", "account_id", "create_time", "id"),
    sa.Index("merges_by_survivor", "account_id", "survivor_id", "create_time", "id"),
    sa.Index("merges_by_duplicate", "account_id", "duplicate_id", "create_time", "id"),
    # For the worker, over all accounts.
    sa.Index("merges_due", "due_time"),
)

# Photos that undoing a merge may show again: their blobs stay, whether somebody shows them meanwhile or not.
MERGE_PHOTOS = sa.Table(
    "merge_photos",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("photo_id", Key, primary_key=True),
    sa.Column("merge_id", Key, primary_key=True),
    sa.Index("merge_photos_by_merge", "account_id", "merge_id"),
)
