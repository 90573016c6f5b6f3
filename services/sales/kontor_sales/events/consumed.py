"""Others' facts that sales keeps something of."""

from kontor.contacts.events.v1 import events_pb2 as contacts
from kontor.identity.events.v1 import events_pb2 as identity
from kontor_chassis.db.sessions import WriteSession
from kontor_chassis.events import Event
from kontor_sales.domain.accounts import usable_account
from kontor_sales.usecases import accounts, merges, records


def account_changed(event: Event[identity.AccountCreated | identity.AccountUpdated], session: WriteSession) -> None:
    """Remember language, time zone and currency, and give the account its default pipeline."""
    told = event.body.account
    account = usable_account(locale=told.locale, time_zone=told.time_zone, currency=told.currency)
    accounts.keep(session, account, sequence=event.sequence)


def person_changed(event: Event[contacts.PersonCreated | contacts.PersonUpdated], session: WriteSession) -> None:
    records.told(session, event.subject, event.body.person.display_name, sequence=event.sequence)


def organisation_changed(event: Event[contacts.OrganisationCreated | contacts.OrganisationUpdated], session: WriteSession) -> None:
    records.told(session, event.subject, event.body.organisation.name, sequence=event.sequence)


def person_merged(event: Event[contacts.PersonMerged], session: WriteSession) -> None:
    merges.merged(session, event.subject, f"persons/{event.body.survivor_id}", sequence=event.sequence)


def person_unmerged(event: Event[contacts.PersonUnmerged], session: WriteSession) -> None:
    records.told(session, event.subject, event.body.person.display_name, sequence=event.sequence)
    merges.merged(session, event.subject, event.subject, sequence=event.sequence)


def organisation_merged(event: Event[contacts.OrganisationMerged], session: WriteSession) -> None:
    merges.merged(session, event.subject, f"organisations/{event.body.survivor_id}", sequence=event.sequence)


def organisation_unmerged(event: Event[contacts.OrganisationUnmerged], session: WriteSession) -> None:
    records.told(session, event.subject, event.body.organisation.name, sequence=event.sequence)
    merges.merged(session, event.subject, event.subject, sequence=event.sequence)


def contact_deleted(event: Event[contacts.PersonDeleted | contacts.OrganisationDeleted], session: WriteSession) -> None:
    records.deleted(session, event.subject, sequence=event.sequence)


def user_changed(event: Event[identity.UserCreated | identity.UserUpdated], session: WriteSession) -> None:
    records.user_changed(session, event.body.user.id, active=event.body.user.active, sequence=event.sequence)
