"""What proves who calls, sessions, keys and feeds alike: found by the hash of its secret, in one statement, across accounts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_identity.store import groups
from kontor_identity.store.tables import API_KEYS, CALENDAR_FEEDS, SESSIONS
from kontor_identity.store.tables import USERS as U

_TABLES: Mapping[str, sa.Table] = {"sessions": SESSIONS, "api-keys": API_KEYS, "calendar-feeds": CALENDAR_FEEDS}


@dataclass(frozen=True)
class Use:
    """Which credential was used. `noun` is that of the REST path."""

    noun: str
    account_id: str
    id: str


def by_hash(session: ReadSession, noun: str, secret_hash: str) -> sa.Row[Any] | None:
    """The credential's row with the role and the groups of its user, who is active; needs a session of every account."""
    table = _TABLES[noun]
    own = [column for column in table.columns if column.name != "secret_hash"]
    statement = (
        sa.select(*own, U.c.role, groups.of_user(U).label("groups"))
        .join(U, sa.and_(U.c.account_id == table.c.account_id, U.c.id == table.c.user_id))
        .where(table.c.secret_hash == secret_hash, U.c.active)
    )
    return session.execute(statement).one_or_none()


def count(session: ReadSession, noun: str, user_id: str) -> int:
    """How many the user has, for keeping that bounded."""
    table = _TABLES[noun]
    statement = sa.select(sa.func.count()).select_from(table).where(*_of_user(session, table, user_id))
    return int(session.execute(statement).scalar_one())


def delete_of_user(session: WriteSession, noun: str, user_id: str) -> int:
    """All that the user has; answers how many there were."""
    table = _TABLES[noun]
    return session.execute(sa.delete(table).where(*_of_user(session, table, user_id))).rowcount


def delete(session: WriteSession, noun: str, credential_id: str) -> bool:
    """One of the caller's own; False where there is none."""
    table = _TABLES[noun]
    statement = sa.delete(table).where(*_of_user(session, table, session.user_id), table.c.id == credential_id)
    return bool(session.execute(statement).rowcount)


def touch(session: WriteSession, uses: Mapping[Use, datetime]) -> None:
    """Note when credentials were last used; one that is gone stays gone. Needs a session of every account."""
    for noun, table in _TABLES.items():
        rows = [{"an_account": use.account_id, "an_id": use.id, "used": used} for use, used in uses.items() if use.noun == noun]
        if rows:
            statement = sa.update(table).where(table.c.account_id == sa.bindparam("an_account"), table.c.id == sa.bindparam("an_id"))
            session.execute(statement.values(last_used_time=sa.bindparam("used", type_=table.c.last_used_time.type)), rows)


def _of_user(session: ReadSession, table: sa.Table, user_id: str) -> tuple[sa.ColumnElement[bool], ...]:
    return table.c.account_id == session.account_id, table.c.user_id == user_id
