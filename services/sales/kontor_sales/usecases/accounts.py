"""What happens here when an account is made or changed elsewhere."""

from kontor_chassis.db.sessions import WriteSession
from kontor_sales.domain.accounts import Account
from kontor_sales.store import accounts
from kontor_sales.usecases import pipelines


def keep(session: WriteSession, account: Account, *, sequence: int) -> None:
    """Remember the account and see that it has its default pipeline. A pipeline that was needed before the account was known
    here was named in the default language; it takes the account's now."""
    first_heard = accounts.known(session) is None
    accounts.keep(session, account, sequence=sequence)
    pipelines.default(session)
    if first_heard:
        pipelines.translate(session, account.locale)
