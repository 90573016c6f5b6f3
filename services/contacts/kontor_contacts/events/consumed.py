"""Others' facts that contacts keeps something of."""

from kontor.identity.events.v1 import events_pb2 as identity
from kontor.identity.v1.users_pb2 import Role
from kontor_chassis.db.sessions import WriteSession
from kontor_chassis.events import Event
from kontor_chassis.proto import Words
from kontor_contacts.domain.home import Home
from kontor_contacts.store import accounts
from kontor_contacts.usecases import operations

_ROLES = Words(Role)


def account_changed(event: Event[identity.AccountCreated | identity.AccountUpdated], session: WriteSession) -> None:
    """Remember where the account is at home."""
    account = event.body.account
    accounts.keep(session, Home(account.country, account.locale, account.time_zone), sequence=event.sequence)


def user_changed(event: Event[identity.UserUpdated], session: WriteSession) -> None:
    """Stop what they have begun with rights that they do not have any more. Late or twice it stops no less."""
    user = event.body.user
    role = _ROLES.word(user.role, field="role") if user.role in Role.values() else ""
    operations.end_all_of(session, user.id, role=role, active=user.active)
