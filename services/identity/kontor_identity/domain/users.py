"""A user: somebody who works with Kontor in one account."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from kontor_chassis.email_addresses import normalise_email
from kontor_chassis.errors import FailedPrecondition, invalid
from kontor_chassis.text import clean_line, fold
from kontor_identity.domain import roles
from kontor_identity.domain.accounts import LOCALES, is_time_zone

WRITABLE = frozenset({"name", "locale", "time_zone", "role"})
# What users change of themselves; power and the address to sign in with are given by others.
OWN = WRITABLE - {"role"}


@dataclass(frozen=True)
class User:
    # As typed; compared by `email_key`.
    email: str
    name: str = ""
    role: str = roles.MEMBER
    # Empty: the account's.
    locale: str = ""
    # IANA name; empty: the account's.
    time_zone: str = ""
    active: bool = True
    id: str = ""
    version: int = 0
    create_time: datetime | None = None
    update_time: datetime | None = None

    @property
    def email_key(self) -> str:
        return normalise_email(self.email) or ""

    @property
    def sort_key(self) -> str:
        return fold(self.name)


def checked_user(user: User) -> User:
    """The user with cleaned values; without a name the address stands for it. Raises InvalidArgument naming the field."""
    email = user.email.strip()
    if not normalise_email(email):
        raise invalid("email", "is not an e-mail address")
    if user.role not in roles.ROLES:
        raise invalid("role", f"must be one of {', '.join(roles.ROLES)}")
    if user.locale and user.locale not in LOCALES:
        raise invalid("locale", "must be de, en or empty")
    if user.time_zone and not is_time_zone(user.time_zone):
        raise invalid("time_zone", "is not the name of a time zone such as Europe/Berlin")
    return replace(user, email=email, name=clean_line(user.name, field="name") or email)


def checked_role(role: str) -> str:
    """A role that can be given. Raises InvalidArgument naming `role` for the owner's."""
    if role == roles.OWNER:
        raise invalid("role", "an account has exactly one owner")
    return role


def with_changes(user: User, wanted: User, mask: Collection[str]) -> User:
    """`user` with the fields in `mask` taken from `wanted`; fields that are not the client's to set stay.

    Raises InvalidArgument naming `email` where another one is wanted.
    """
    if "email" in mask and wanted.email != user.email:
        raise invalid("email", "cannot be changed")
    return replace(user, **{name: getattr(wanted, name) for name in WRITABLE.intersection(mask)})


def with_own_changes(user: User, wanted: User, mask: Collection[str]) -> User:
    """As `with_changes`, for users changing themselves. Raises InvalidArgument naming `role` or `email` where another one is wanted."""
    if "role" in mask and wanted.role != user.role:
        raise invalid("role", "is for admins to change")
    return with_changes(user, wanted, OWN.intersection(mask) | {"email"}.intersection(mask))


def changed_fields(before: User, after: User) -> list[str]:
    return sorted(name for name in WRITABLE if getattr(before, name) != getattr(after, name))


def may_lose_power(user: User, *, actor_user_id: str) -> None:
    """Nobody takes rights from the owner, and nobody from themselves: an account always keeps somebody who can open it.

    Raises FailedPrecondition.
    """
    if user.role == roles.OWNER:
        raise FailedPrecondition("The owner keeps role and access.", reason="IS_OWNER")
    if user.id == actor_user_id:
        raise FailedPrecondition("Somebody else has to do this for you.", reason="IS_YOURSELF")
