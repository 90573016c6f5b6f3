"""Search owns no tables: its state is the index, which can be made anew from the owners. The database beside it holds only what
every service has."""

import sqlalchemy as sa

METADATA = sa.MetaData()
