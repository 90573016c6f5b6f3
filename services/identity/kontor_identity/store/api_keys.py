"""SQL statements about API keys; what they share with sessions and feeds stands in credentials.py."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_identity.domain.api_keys import ApiKey
from kontor_identity.store.tables import API_KEYS as K


def page(session: ReadSession, *, after: str | None, limit: int) -> Sequence[ApiKey]:
    """The caller's keys, newest first, expired ones too."""
    statement = sa.select(K).where(K.c.account_id == session.account_id, K.c.user_id == session.user_id)
    if after is not None:
        statement = statement.where(K.c.id < after)
    return [api_key_of(row) for row in session.execute(statement.order_by(K.c.id.desc()).limit(limit))]


def insert(session: WriteSession, key: ApiKey, secret_hash: str) -> None:
    values = {
        "account_id": session.account_id,
        "id": key.id,
        "user_id": key.user_id,
        "secret_hash": secret_hash,
        "name": key.name,
        "scopes": list(key.scopes),
        "expire_time": key.expire_time,
        "create_time": key.create_time,
        "last_used_time": None,
    }
    session.execute(sa.insert(K).values(**values))


def api_key_of(row: sa.Row[Any]) -> ApiKey:
    return ApiKey(
        id=row.id,
        user_id=row.user_id,
        name=row.name,
        scopes=tuple(row.scopes),
        expire_time=row.expire_time,
        create_time=row.create_time,
        last_used_time=row.last_used_time,
    )
