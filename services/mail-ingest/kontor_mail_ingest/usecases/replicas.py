"""What others' facts change in what is held of them here."""

from collections.abc import Iterable

from kontor_chassis.db.sessions import WriteSession
from kontor_mail_ingest.domain.addresses import normalise_address
from kontor_mail_ingest.store import persons, unknown_addresses, users
from kontor_mail_ingest.usecases.mail_addresses import make_dropbox


def keep_person(session: WriteSession, person_id: str, *, addresses: Iterable[str], sequence: int) -> None:
    normalised = (normalise_address(address) for address in addresses)
    known = [address for address in normalised if address is not None]
    unknown_addresses.hold_address_book(session, to_change=True)
    if persons.keep(session, person_id, addresses=known, deleted=False, sequence=sequence):
        unknown_addresses.learn(session, known)


def forget_person(session: WriteSession, person_id: str, *, sequence: int) -> None:
    persons.keep(session, person_id, addresses=(), deleted=True, sequence=sequence)


def keep_user(session: WriteSession, user_id: str, *, email: str, active: bool, role: str, sequence: int) -> None:
    """A user has a dropbox from the beginning, readers have none; one who is deactivated or becomes a reader keeps it, but nobody can
    deposit there meanwhile."""
    users.keep(session, user_id, email=normalise_address(email) or "", active=active, role=role, sequence=sequence)
    if users.may_deposit(session, user_id):
        make_dropbox(session, user_id)
