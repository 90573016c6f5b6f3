"""What can happen to a user."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from kontor_chassis.audit import created, updated
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.errors import AlreadyExists, NotFound
from kontor_chassis.etags import check_etag
from kontor_chassis.ids import new_id
from kontor_identity.domain.users import (
    User,
    changed_fields,
    checked_role,
    checked_user,
    may_lose_power,
    with_changes,
    with_own_changes,
)
from kontor_identity.events import published
from kontor_identity.store import accounts, credentials, passwords, users

# What the first entry of the audit log holds.
_FIRST = ("email", "name", "role", "locale", "time_zone")


def create(session: WriteSession, wanted: User, *, password_hash: str) -> User:
    """Add a colleague; without a hash they cannot sign in until they are given a password.

    Raises InvalidArgument, AlreadyExists, and NotFound where the session's account does not exist.
    """
    checked_role(wanted.role)
    if accounts.get(session) is None:
        raise NotFound("The account does not exist.")
    return add(session, wanted, password_hash=password_hash)


def add(session: WriteSession, wanted: User, *, password_hash: str) -> User:
    """As `create`, in any role, for an account that is there."""
    user = replace(checked_user(wanted), id=new_id(), version=1, active=True, create_time=session.now, update_time=session.now)
    if not users.insert(session, user):
        raise AlreadyExists("There is another user with this e-mail address.", reason="EMAIL_TAKEN")
    if password_hash:
        passwords.put(session, user.id, password_hash)
    created(session, f"users/{user.id}", {name: getattr(user, name) for name in _FIRST})
    published.user_created(session, user)
    return user


def get(session: ReadSession, user_id: str) -> User:
    """Raises NotFound."""
    return _existing(users.get(session, user_id))


def find(session: ReadSession, *, after: users.After | None, limit: int) -> Sequence[User]:
    return users.page(session, after=after, limit=limit)


def update(session: WriteSession, user_id: str, wanted: User, *, mask: Collection[str], etag: str) -> User:
    """Set the fields in `mask`. Nothing happens where nothing differs.

    Raises NotFound, Aborted, InvalidArgument, and FailedPrecondition for the role of the owner or the caller.
    """
    before = lock(session, user_id, etag)
    after = checked_user(with_changes(before, wanted, mask))
    changed = changed_fields(before, after)
    if not changed:
        return before
    if "role" in changed:
        may_lose_power(before, actor_user_id=session.user_id)
        checked_role(after.role)
    return _changed(session, before, after, changed)


def update_own(session: WriteSession, wanted: User, *, mask: Collection[str], etag: str) -> User:
    """As `update`, of the caller: what nobody may change of themselves is refused.

    Raises NotFound, Aborted, and InvalidArgument, for another role or address too.
    """
    before = lock(session, session.user_id, etag)
    after = checked_user(with_own_changes(before, wanted, mask))
    changed = changed_fields(before, after)
    return _changed(session, before, after, changed) if changed else before


def deactivate(session: WriteSession, user_id: str, *, etag: str) -> User:
    """End everything with which the user gets in. Raises NotFound, Aborted, FailedPrecondition for the owner or the caller."""
    before = lock(session, user_id, etag)
    may_lose_power(before, actor_user_id=session.user_id)
    if not before.active:
        return before
    for noun in ("sessions", "api-keys", "calendar-feeds"):
        credentials.delete_of_user(session, noun, user_id)
    return _changed(session, before, replace(before, active=False), ["active"])


def activate(session: WriteSession, user_id: str, *, etag: str) -> User:
    """Raises NotFound, Aborted."""
    before = lock(session, user_id, etag)
    if before.active:
        return before
    return _changed(session, before, replace(before, active=True), ["active"])


def lock(session: WriteSession, user_id: str, etag: str = "") -> User:
    """The user with the row held: what belongs to a user is changed under it only. Raises NotFound, Aborted."""
    user = _existing(users.lock(session, user_id))
    check_etag(etag, user.version)
    return user


def _changed(session: WriteSession, before: User, after: User, changed: Collection[str]) -> User:
    after = replace(after, version=before.version + 1, update_time=session.now)
    users.update(session, after)
    updated(session, f"users/{after.id}", {name: (getattr(before, name), getattr(after, name)) for name in changed})
    published.user_updated(session, after)
    return after


def _existing(user: User | None) -> User:
    if user is None:
        raise NotFound("The user does not exist.")
    return user
