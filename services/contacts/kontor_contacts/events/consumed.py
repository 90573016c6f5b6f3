"""Others' facts that contacts keeps something of."""

from kontor.identity.events.v1 import events_pb2 as identity
from kontor_chassis.db.sessions import WriteSession
from kontor_chassis.events import Event
from kontor_contacts.store import accounts


def account_changed(event: Event[identity.AccountCreated | identity.AccountUpdated], session: WriteSession) -> None:
    """Remember the country, by which phone numbers without a country code are read."""
    accounts.keep(session, country=event.body.account.country, sequence=event.sequence)
