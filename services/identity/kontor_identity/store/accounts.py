"""Every SQL statement about accounts."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.db.upsert import insert_or_ignore
from kontor_chassis.principal import EVERY_ACCOUNT
from kontor_identity.domain.accounts import Account
from kontor_identity.store.tables import ACCOUNTS as A

# Any constant does: the lock is per database. The chassis has others.
_EVERY_ACCOUNT_LOCK = 0x4B4F_0100


def get(session: ReadSession, *, lock: bool = False) -> Account | None:
    """The session's own account; with `lock` its row is held until the end of the session."""
    statement = sa.select(A).where(A.c.account_id == session.account_id)
    row = session.execute(statement.with_for_update() if lock else statement).one_or_none()
    return _account(row) if row else None


def page(session: ReadSession, *, after: str, limit: int) -> Sequence[Account]:
    """Accounts by slug: all of them for a session of every account, else the session's own."""
    statement = sa.select(A).where(A.c.slug > after).order_by(A.c.slug).limit(limit)
    if session.account_id != EVERY_ACCOUNT:
        statement = statement.where(A.c.account_id == session.account_id)
    return [_account(row) for row in session.execute(statement)]


def lock_all(session: WriteSession) -> None:
    """Let no other transaction that asks for this make an account until this one ends. SQLite has one writer anyway."""
    if session.connection.dialect.name == "postgresql":
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(_EVERY_ACCOUNT_LOCK)))


def insert(session: WriteSession, account: Account) -> bool:
    """False where the slug is taken; another transaction that is taking it is waited for."""
    row = {**_values(account), "account_id": account.id, "slug": account.slug, "create_time": account.create_time}
    return insert_or_ignore(session.connection, A, row)


def update(session: WriteSession, account: Account) -> None:
    """The caller holds the row and has raised the version."""
    session.execute(sa.update(A).where(A.c.account_id == session.account_id).values(_values(account)))


def _values(account: Account) -> dict[str, Any]:
    return {
        "version": account.version,
        "name": account.name,
        "locale": account.locale,
        "time_zone": account.time_zone,
        "currency": account.currency,
        "first_weekday": account.first_weekday,
        "country": account.country,
        "update_time": account.update_time,
    }


def _account(row: sa.Row[Any]) -> Account:
    return Account(
        id=row.account_id,
        version=row.version,
        slug=row.slug,
        name=row.name,
        locale=row.locale,
        time_zone=row.time_zone,
        currency=row.currency,
        first_weekday=row.first_weekday,
        country=row.country,
        create_time=row.create_time,
        update_time=row.update_time,
    )
