"""What can happen to an API key. Everybody sees and changes their own only."""

from collections.abc import Sequence
from dataclasses import replace

from kontor_chassis.audit import created
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.errors import FailedPrecondition, NotFound
from kontor_chassis.ids import new_id
from kontor_identity.domain import tokens
from kontor_identity.domain.api_keys import MAX_PER_USER, ApiKey, checked_api_key
from kontor_identity.events import published
from kontor_identity.store import api_keys, credentials
from kontor_identity.usecases import users


def create(session: WriteSession, wanted: ApiKey) -> tuple[ApiKey, str]:
    """The key and its secret, which nobody can find out again. Raises InvalidArgument, FailedPrecondition, NotFound."""
    user = users.lock(session, session.user_id)
    key = checked_api_key(wanted, role=user.role, held=session.principal.scopes, now=session.now)
    if credentials.count(session, "api-keys", user.id) >= MAX_PER_USER:
        raise FailedPrecondition(f"Nobody can have more than {MAX_PER_USER} keys; delete some.", reason="TOO_MANY_API_KEYS")
    key = replace(key, id=new_id(), user_id=user.id, create_time=session.now)
    secret = tokens.new_token(tokens.API_KEY)
    api_keys.insert(session, key, tokens.hash_of(secret))
    expires = key.expire_time.isoformat() if key.expire_time else None
    created(session, f"api-keys/{key.id}", {"name": key.name, "scopes": key.scopes, "expire_time": expires})
    return key, secret


def find(session: ReadSession, *, after: str | None, limit: int) -> Sequence[ApiKey]:
    return api_keys.page(session, after=after, limit=limit)


def delete(session: WriteSession, key_id: str) -> None:
    """Raises NotFound."""
    if not credentials.delete(session, "api-keys", key_id):
        raise NotFound("The key does not exist.")
    session.audit(f"api-keys/{key_id}", "delete")
    published.api_key_deleted(session, key_id)
