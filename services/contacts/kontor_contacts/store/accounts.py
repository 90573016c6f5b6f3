"""Replica of identity's accounts."""

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.db.upsert import upsert_newer
from kontor_contacts.store.tables import ACCOUNTS

# Until the account's own event has arrived.
DEFAULT_COUNTRY = "DE"


_COUNTRY = sa.select(ACCOUNTS.c.country).where(ACCOUNTS.c.account_id == sa.bindparam("this_account", type_=sa.Text))


def country(session: ReadSession) -> str:
    """ISO 3166-1 alpha-2 of the account."""
    found = session.execute(_COUNTRY, {"this_account": session.account_id}).scalar_one_or_none()
    return found or DEFAULT_COUNTRY


def keep(session: WriteSession, *, country: str, sequence: int) -> None:
    upsert_newer(session.connection, ACCOUNTS, [{"account_id": session.account_id, "country": country, "sequence": sequence}])
