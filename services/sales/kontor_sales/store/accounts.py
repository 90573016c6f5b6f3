"""Replica of identity's accounts."""

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.db.upsert import upsert_newer
from kontor_sales.domain.accounts import Account
from kontor_sales.store.tables import ACCOUNTS as A


def get(session: ReadSession) -> Account:
    """The session's account; the defaults until its event has arrived."""
    return known(session) or Account()


def known(session: ReadSession) -> Account | None:
    """None: its event has not arrived."""
    row = session.execute(sa.select(A.c.locale, A.c.time_zone, A.c.currency).where(A.c.account_id == session.account_id)).one_or_none()
    return Account(locale=row.locale, time_zone=row.time_zone, currency=row.currency) if row else None


def keep(session: WriteSession, account: Account, *, sequence: int) -> None:
    """Dropped where a newer state of the account is here."""
    row = {"locale": account.locale, "time_zone": account.time_zone, "currency": account.currency}
    upsert_newer(session.connection, A, [{"account_id": session.account_id, **row, "sequence": sequence}])
