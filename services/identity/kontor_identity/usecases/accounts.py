"""What can happen to an account."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from kontor_chassis.audit import created, updated
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.errors import AlreadyExists, NotFound
from kontor_chassis.etags import check_etag
from kontor_identity.domain import roles
from kontor_identity.domain.accounts import (
    WRITABLE,
    Account,
    changed_fields,
    checked_account,
    checked_slug,
    numbered_slug,
    slug_from,
    with_changes,
)
from kontor_identity.domain.users import User
from kontor_identity.events import published
from kontor_identity.store import accounts
from kontor_identity.usecases import users

# Accounts of one name; then the caller has to think of a slug.
_MAX_NUMBER = 100


@dataclass(frozen=True)
class NewAccount:
    """An account to make with its owner. Without a slug one is made of the name."""

    account: Account
    owner: User
    password_hash: str = field(repr=False)


def create(session: WriteSession, wanted: NewAccount) -> tuple[Account, User]:
    """Make the account whose id the session's principal names. Raises InvalidArgument, AlreadyExists."""
    account = replace(checked_account(wanted.account), id=session.account_id, version=1, create_time=session.now, update_time=session.now)
    account = _inserted(session, account)
    created(session, f"accounts/{account.id}", {name: getattr(account, name) for name in ("slug", *sorted(WRITABLE))})
    published.account_created(session, account)
    return account, users.add(session, replace(wanted.owner, role=roles.OWNER), password_hash=wanted.password_hash)


def get(session: ReadSession) -> Account:
    """The caller's account. Raises NotFound."""
    return _existing(accounts.get(session))


def find(session: ReadSession, *, after: str, limit: int) -> Sequence[Account]:
    return accounts.page(session, after=after, limit=limit)


def update(session: WriteSession, wanted: Account, *, mask: Collection[str], etag: str) -> Account:
    """Set the fields in `mask`. Nothing happens where nothing differs. Raises NotFound, Aborted, InvalidArgument."""
    before = _existing(accounts.get(session, lock=True))
    check_etag(etag, before.version)
    after = checked_account(with_changes(before, wanted, mask))
    changed = changed_fields(before, after)
    if not changed:
        return before
    after = replace(after, version=before.version + 1, update_time=session.now)
    accounts.update(session, after)
    updated(session, f"accounts/{after.id}", {name: (getattr(before, name), getattr(after, name)) for name in changed})
    published.account_updated(session, after)
    return after


def _inserted(session: WriteSession, account: Account) -> Account:
    if account.slug:
        account = replace(account, slug=checked_slug(account.slug))
        if not accounts.insert(session, account):
            raise AlreadyExists("There is another account with this slug.", reason="SLUG_TAKEN")
        return account
    slug = slug_from(account.name)
    for number in range(1, _MAX_NUMBER + 1):
        account = replace(account, slug=numbered_slug(slug, number))
        if accounts.insert(session, account):
            return account
    raise AlreadyExists("There are many accounts of this name; choose a slug.", reason="SLUG_TAKEN")


def _existing(account: Account | None) -> Account:
    if account is None:
        raise NotFound("The account does not exist.")
    return account
