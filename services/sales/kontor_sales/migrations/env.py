"""Alembic's entry; the chassis holds the connection."""

from alembic import context

from kontor_chassis.db.migrations import run_environment
from kontor_sales.store.tables import METADATA

run_environment(context, METADATA)
