"""Others' facts that contacts keeps something of."""

from kontor.identity.events.v1 import events_pb2 as identity
from kontor_chassis.db.sessions import WriteSession
from kontor_chassis.events import Event
from kontor_contacts.domain.home import Home
from kontor_contacts.store import accounts


def account_changed(event: Event[identity.AccountCreated | identity.AccountUpdated], session: WriteSession) -> None:
    """Remember where the account is at home."""
    account = event.body.account
    accounts.keep(session, Home(account.country, account.locale, account.time_zone), sequence=event.sequence)
