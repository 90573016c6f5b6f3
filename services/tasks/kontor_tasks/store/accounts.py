"""Replica of identity's accounts."""

from dataclasses import dataclass

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.db.upsert import upsert_newer
from kontor_tasks.domain.wording import DEFAULT_LOCALE
from kontor_tasks.domain.zones import DEFAULT_ZONE
from kontor_tasks.store.tables import ACCOUNTS as T


@dataclass(frozen=True)
class Account:
    """With what holds until the account's own event has arrived."""

    time_zone: str = DEFAULT_ZONE
    locale: str = DEFAULT_LOCALE


_GET = sa.select(T.c.time_zone, T.c.locale).where(T.c.account_id == sa.bindparam("this_account", type_=sa.Text))


def get(session: ReadSession) -> Account:
    row = session.execute(_GET, {"this_account": session.account_id}).one_or_none()
    return Account(time_zone=row.time_zone, locale=row.locale) if row else Account()


def keep(session: WriteSession, account: Account, *, sequence: int) -> None:
    row = {"account_id": session.account_id, "time_zone": account.time_zone, "locale": account.locale, "sequence": sequence}
    upsert_newer(session.connection, T, [row])
