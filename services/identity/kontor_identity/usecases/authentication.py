"""Proving who calls: a secret → the principal that it stands for. The hottest path of the service: one statement, no write."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession
from kontor_chassis.errors import Unauthenticated
from kontor_chassis.principal import LIFETIME_SECONDS, Principal, service_principal
from kontor_chassis.service import Context
from kontor_identity.domain import calendar_feeds, roles, tokens
from kontor_identity.domain.sessions import expire_time
from kontor_identity.store import credentials
from kontor_identity.store.credentials import Use
from kontor_identity.store.sessions import session_of
from kontor_identity.usecases.sessions import lifetime_of

_PROVER = service_principal("identity")


@dataclass(frozen=True)
class Proof:
    """Who a secret stands for, and how long the answer may be believed: never longer than the secret itself."""

    principal: Principal
    lifetime: timedelta
    now: datetime
    use: Use
    last_used_time: datetime | None


def prove_bearer(context: Context, token: str) -> Proof:
    """A session token or an API key. Raises Unauthenticated for one that is unknown, expired or revoked, or whose user is
    deactivated; which of these it is stays untold."""
    noun = {tokens.SESSION: "sessions", tokens.API_KEY: "api-keys"}.get(token[:4], "")
    return _prove(context, noun, token)


def prove_feed(context: Context, secret: str) -> Proof:
    """The secret in a calendar feed's address; it opens the calendar and nothing else. Raises Unauthenticated."""
    return _prove(context, "calendar-feeds" if secret.startswith(tokens.FEED) else "", secret)


def _prove(context: Context, noun: str, token: str) -> Proof:
    if not noun or not tokens.has_form(token):
        raise _unknown()
    with context.sessions.read(_PROVER) as session:
        row = credentials.by_hash(session, noun, tokens.hash_of(token))
        if row is None:
            raise _unknown()
        return _proof(session, noun, row)


def _proof(session: ReadSession, noun: str, row: sa.Row[Any]) -> Proof:
    expires: datetime | None = None
    scopes = roles.scopes_of(row.role)
    key_id, key_name = "", ""
    if noun == "sessions":
        expires = expire_time(session_of(row), lifetime_of(session.context))
    elif noun == "api-keys":
        expires = row.expire_time
        scopes = roles.narrowed(row.role, row.scopes)
        key_id, key_name = row.id, row.name
    else:
        scopes = scopes & {calendar_feeds.SCOPE}
    lifetime = timedelta(seconds=LIFETIME_SECONDS)
    if expires is not None:
        lifetime = min(lifetime, expires - session.now)
    if lifetime <= timedelta(0):
        raise _unknown()
    return Proof(
        principal=Principal(
            account_id=row.account_id,
            user_id=row.user_id,
            role=row.role,
            scopes=scopes,
            api_key_id=key_id,
            api_key_name=key_name,
            groups=frozenset(group[0] for group in row.groups),
        ),
        lifetime=lifetime,
        now=session.now,
        use=Use(noun=noun, account_id=row.account_id, id=row.id),
        last_used_time=row.last_used_time,
    )


def _unknown() -> Unauthenticated:
    return Unauthenticated("This secret opens nothing.")
