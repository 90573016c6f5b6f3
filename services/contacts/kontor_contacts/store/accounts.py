"""Replica of identity's accounts."""

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.db.upsert import upsert_newer
from kontor_contacts.domain.home import Home
from kontor_contacts.store.tables import ACCOUNTS

_HOME = sa.select(ACCOUNTS.c.country, ACCOUNTS.c.locale, ACCOUNTS.c.time_zone).where(
    ACCOUNTS.c.account_id == sa.bindparam("this_account", type_=sa.Text)
)


def home(session: ReadSession) -> Home:
    row = session.execute(_HOME, {"this_account": session.account_id}).one_or_none()
    return Home(row.country or Home.country, row.locale or Home.locale, row.time_zone or Home.time_zone) if row else Home()


def keep(session: WriteSession, home: Home, *, sequence: int) -> None:
    values = {"country": home.country, "locale": home.locale, "time_zone": home.time_zone}
    upsert_newer(session.connection, ACCOUNTS, [{"account_id": session.account_id, **values, "sequence": sequence}])
