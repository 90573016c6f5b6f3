"""What others' facts change in what is held of them here."""

from collections.abc import Iterable

from kontor_chassis.db.sessions import WriteSession
from kontor_mail_ingest.domain.addresses import normalise_address
from kontor_mail_ingest.store import persons, users
from kontor_mail_ingest.usecases.mail_addresses import make_dropbox


def keep_person(session: WriteSession, person_id: str, *, addresses: Iterable[str], sequence: int) -> None:
    normalised = (normalise_address(address) for address in addresses)
    known = [address for address in normalised if address is not None]
    persons.keep(session, person_id, addresses=known, deleted=False, sequence=sequence)


def forget_person(session: WriteSession, person_id: str, *, sequence: int) -> None:
    persons.keep(session, person_id, addresses=(), deleted=True, sequence=sequence)


def keep_user(session: WriteSession, user_id: str, *, email: str, active: bool, sequence: int) -> None:
    """A user has a dropbox from the beginning; a deactivated one keeps it, but nobody can deposit there meanwhile."""
    users.keep(session, user_id, email=normalise_address(email) or "", active=active, sequence=sequence)
    if active:
        make_dropbox(session, user_id)
