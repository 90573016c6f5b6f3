"""How passwords come about and change. Hashing happens before the session opens; what is found out there is handed in."""

from kontor_chassis.db.sessions import WriteSession
from kontor_chassis.errors import FailedPrecondition, NotFound, PermissionDenied, invalid
from kontor_chassis.principal import Principal
from kontor_chassis.service import Context
from kontor_identity.domain import roles
from kontor_identity.domain.passwords import checked_password, normalised
from kontor_identity.domain.users import User
from kontor_identity.parts import parts_of
from kontor_identity.store import credentials, passwords
from kontor_identity.usecases import users
from kontor_identity.usecases.throttling import count_attempt


async def hash_new(context: Context, password: str, *, field: str) -> str:
    """The hash of a new password; empty for none. Raises InvalidArgument naming `field`."""
    return await parts_of(context).hashing.hash(checked_password(password, field=field)) if password else ""


async def proven_hash(context: Context, principal: Principal, password: str) -> str:
    """The hash that the caller's present password matches; empty where it is wrong. An attempt counts as one to sign in: a stolen
    session is no place to guess from. Raises ResourceExhausted, InvalidArgument, NotFound."""
    text = normalised(password, field="current_password")

    def look() -> tuple[str, str]:
        with context.sessions.read(principal) as session:
            return users.get(session, principal.user_id).email_key, passwords.hash_of(session, principal.user_id)

    email_key, present = await context.database.read(look)
    await context.database.write(count_attempt, context.sessions, email_key, "")
    right = await parts_of(context).hashing.matches([present] if present else [], text)
    return present if any(right) else ""


def set_by_admin(session: WriteSession, user_id: str, password_hash: str) -> User:
    """Give a colleague a password and end their sessions. Raises NotFound, and PermissionDenied for the owner, whose password opens
    more than an admin has; an operator may."""
    user = users.lock(session, user_id)
    if user.role == roles.OWNER and not session.principal.service:
        raise PermissionDenied("The owner's password is the owner's to change.", reason="IS_OWNER")
    _replace(session, user, password_hash)
    return user


def change(session: WriteSession, *, proven: str, password_hash: str) -> User:
    """Change the caller's own, where `proven` is still the present one's hash, and end all their sessions.

    Raises InvalidArgument naming current_password, FailedPrecondition, NotFound.
    """
    if not proven:
        raise invalid("current_password", "is wrong")
    user = users.lock(session, session.user_id)
    if not user.active:
        raise NotFound("The user does not exist.")
    if passwords.hash_of(session, user.id) != proven:
        raise FailedPrecondition("The password was changed in the meantime.", reason="PASSWORD_CHANGED")
    _replace(session, user, password_hash)
    return user


def _replace(session: WriteSession, user: User, password_hash: str) -> None:
    passwords.put(session, user.id, password_hash)
    credentials.delete_of_user(session, "sessions", user.id)
    session.audit(f"users/{user.id}", "set_password")
