"""Every SQL statement about the addresses to which mail can be sent."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.db.upsert import insert_or_ignore
from kontor_mail_ingest.store.tables import MAIL_ADDRESSES as M
from kontor_mail_ingest.store.tables import USERS as U
from kontor_mail_ingest.store.users import READER

# In place of an id, for mail to postmaster: it has no address of an account.
POSTMASTER = "postmaster"


@dataclass(frozen=True)
class MailAddress:
    id: str
    user_id: str
    purpose: str
    address: str
    create_time: datetime


@dataclass(frozen=True)
class Recipient:
    """What an address leads to."""

    account_id: str
    user_id: str
    mail_address_id: str
    # Whether its user may deposit mail.
    active: bool


# Built once: it is asked for each recipient of each mail.
_RECIPIENT = (
    sa.select(M.c.account_id, M.c.user_id, M.c.id, sa.and_(U.c.active, U.c.role != READER).label("active"))
    .select_from(M.outerjoin(U, sa.and_(U.c.account_id == M.c.account_id, U.c.id == M.c.user_id)))
    .where(M.c.address == sa.bindparam("address"))
)


def recipient(session: ReadSession, address: str) -> Recipient | None:
    """Whose normalised address this is, in any account: the session must be one for all of them.

    A user of whom nothing has been heard yet counts as active: they have just asked for the address.
    """
    row = session.execute(_RECIPIENT, {"address": address}).one_or_none()
    return Recipient(row.account_id, row.user_id, row.id, row.active is not False) if row else None


def page(session: ReadSession, user_id: str, *, after: str, limit: int) -> list[MailAddress]:
    """A user's addresses by purpose."""
    mine = sa.select(M).where(M.c.account_id == session.account_id, M.c.user_id == user_id, M.c.purpose > after)
    return [_mail_address(row) for row in session.execute(mine.order_by(M.c.purpose).limit(limit))]


def lock(session: WriteSession, mail_address_id: str) -> MailAddress | None:
    statement = sa.select(M).where(M.c.account_id == session.account_id, M.c.id == mail_address_id).with_for_update()
    row = session.execute(statement).one_or_none()
    return _mail_address(row) if row else None


def insert(session: WriteSession, mail_address: MailAddress) -> bool:
    """False where the user has one for this purpose already."""
    return insert_or_ignore(session.connection, M, {"account_id": session.account_id, **vars(mail_address)})


def change(session: WriteSession, mail_address_id: str, address: str) -> None:
    session.execute(sa.update(M).where(M.c.account_id == session.account_id, M.c.id == mail_address_id).values(address=address))


def among(session: ReadSession, addresses: Collection[str]) -> set[str]:
    """Which of these normalised addresses are the account's own."""
    if not addresses:
        return set()
    return set(session.execute(sa.select(M.c.address).where(M.c.address.in_(addresses), M.c.account_id == session.account_id)).scalars())


def _mail_address(row: sa.Row[Any]) -> MailAddress:
    return MailAddress(id=row.id, user_id=row.user_id, purpose=row.purpose, address=row.address, create_time=row.create_time)
