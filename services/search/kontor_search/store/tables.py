"""The tables of search: what became of records that others hang on. The index itself can be made anew from the owners, and holds what
they say of each record; what happens to another one that it names is looked up here."""

import sqlalchemy as sa

from kontor_chassis.db.types import Key
from kontor_chassis.merges import Merges

METADATA = sa.MetaData()

# People and organisations that were merged.
MERGES = Merges(METADATA)

# Records that were deleted.
GONE_RECORDS = sa.Table(
    "gone_records",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    # Resource name.
    sa.Column("ref", Key, primary_key=True),
)
