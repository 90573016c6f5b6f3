"""Every SQL statement about users. Hashes of passwords are elsewhere (passwords.py)."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.db.upsert import insert_or_ignore
from kontor_identity.domain.users import User
from kontor_identity.store.tables import USERS as U

# A place in a list: sort key and id.
After = tuple[str, str]


def get(session: ReadSession, user_id: str) -> User | None:
    row = session.execute(sa.select(U).where(U.c.account_id == session.account_id, U.c.id == user_id)).one_or_none()
    return _user(row) if row else None


def lock(session: WriteSession, user_id: str) -> User | None:
    """The user, with the row held until the end of the session: what belongs to a user changes only under it."""
    statement = sa.select(U).where(U.c.account_id == session.account_id, U.c.id == user_id).with_for_update()
    row = session.execute(statement).one_or_none()
    return _user(row) if row else None


def page(session: ReadSession, *, after: After | None, limit: int) -> Sequence[User]:
    """Users by name, deactivated ones too."""
    statement = sa.select(U).where(U.c.account_id == session.account_id)
    if after:
        statement = statement.where(sa.tuple_(U.c.sort_key, U.c.id) > after)
    return [_user(row) for row in session.execute(statement.order_by(U.c.sort_key, U.c.id).limit(limit))]


def insert(session: WriteSession, user: User) -> bool:
    """False where the account has a user of this address, or the owner that this one would be."""
    fixed = {"account_id": session.account_id, "email": user.email, "email_key": user.email_key, "create_time": user.create_time}
    return insert_or_ignore(session.connection, U, {**_values(user), **fixed})


def update(session: WriteSession, user: User) -> None:
    """The caller holds the row and has raised the version."""
    session.execute(sa.update(U).where(U.c.account_id == session.account_id, U.c.id == user.id).values(_values(user)))


def _values(user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "version": user.version,
        "name": user.name,
        "sort_key": user.sort_key,
        "role": user.role,
        "locale": user.locale,
        "time_zone": user.time_zone,
        "active": user.active,
        "update_time": user.update_time,
    }


def _user(row: sa.Row[Any]) -> User:
    return User(
        id=row.id,
        version=row.version,
        email=row.email,
        name=row.name,
        role=row.role,
        locale=row.locale,
        time_zone=row.time_zone,
        active=row.active,
        create_time=row.create_time,
        update_time=row.update_time,
    )
