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


def group_changed(event: Event[identity.GroupUpdated], session: WriteSession) -> None:
    """Stop what those who left it have begun, who may see less now. Late or twice it stops no less."""
    group = event.body.group
    operations.end_all_outside(session, group.id, group.user_ids)


def group_deleted(event: Event[identity.GroupDeleted], session: WriteSession) -> None:
    """Nobody is in it any more."""
    operations.end_all_outside(session, event.body.id, ())


def api_key_deleted(event: Event[identity.ApiKeyDeleted], session: WriteSession) -> None:
    """Stop what was begun by the key."""
    operations.end_all_of_key(session, event.body.id)
