"""A key with which a program acts as a user, with all of the user's scopes or some of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from kontor_chassis.errors import invalid
from kontor_chassis.text import clean_line
from kontor_identity.domain import roles

MAX_PER_USER = 100


@dataclass(frozen=True)
class ApiKey:
    name: str
    # Empty: all that the user may do, whatever that is at the time.
    scopes: tuple[str, ...] = ()
    # None: does not expire.
    expire_time: datetime | None = None
    id: str = ""
    user_id: str = ""
    create_time: datetime | None = None
    last_used_time: datetime | None = None


def checked_api_key(key: ApiKey, *, role: str, held: frozenset[str], now: datetime) -> ApiKey:
    """The key with cleaned values. `held` is what the caller may do in this call: a key that makes a key cannot give it more
    than it has itself. Raises InvalidArgument naming the field."""
    if key.expire_time is not None and key.expire_time <= now:
        raise invalid("expire_time", "must lie in the future")
    return replace(key, name=clean_line(key.name, field="name", required=True), scopes=_scopes(key.scopes, role, held))


def _scopes(wanted: Sequence[str], role: str, held: frozenset[str]) -> tuple[str, ...]:
    allowed = roles.scopes_of(role) & held
    for index, scope in enumerate(wanted):
        if scope not in roles.LOWEST:
            raise invalid(f"scopes[{index}]", "is not a scope")
        if scope == roles.SELF:
            raise invalid(f"scopes[{index}]", "is for signed-in users only")
        if scope not in allowed:
            raise invalid(f"scopes[{index}]", "is more than you may do")
    if not wanted and allowed != roles.scopes_of(role):
        return tuple(sorted(allowed))
    return tuple(sorted(set(wanted)))
