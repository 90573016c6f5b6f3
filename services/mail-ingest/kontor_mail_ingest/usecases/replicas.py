"""What others' facts change in what is held of them here."""

from collections.abc import Collection, Iterable
from datetime import datetime

from kontor_chassis.db import locks
from kontor_chassis.db.sessions import WriteSession
from kontor_mail_ingest.domain.addresses import normalise_address
from kontor_mail_ingest.store import persons, restated, unknown_addresses, users
from kontor_mail_ingest.store.tables import MERGES
from kontor_mail_ingest.usecases.mail_addresses import make_dropbox


def keep_person(session: WriteSession, person_id: str, *, addresses: Iterable[str], sequence: int, time: datetime) -> None:
    unknown_addresses.hold_address_book(session, to_change=True)
    _keep(session, person_id, addresses, sequence=sequence, time=time)


def forget_person(session: WriteSession, person_id: str, *, sequence: int, time: datetime) -> None:
    """The person is deleted. What is filed at them, and at those who went into them, is filed at nobody who is there."""
    unknown_addresses.hold_address_book(session, to_change=True)
    was_there = persons.is_there(session, person_id)
    if persons.keep(session, person_id, addresses=(), deleted=True, sequence=sequence, time=time):
        persons.forget_absorbed(session, person_id)
        _restate(session, person_id, MERGES.members(session, person_id), was_there=was_there)


def merge_person(session: WriteSession, person_id: str, survivor_id: str, *, sequence: int, time: datetime) -> None:
    """The person went into another one, who has their addresses and mails from now on. Nothing is filed anew or told."""
    unknown_addresses.hold_address_book(session, to_change=True)
    locks.claim(session, [locks.ACCOUNT])
    was_there = persons.is_there(session, person_id)
    changed = MERGES.keep(session, person_id, survivor_id, sequence=sequence)
    persons.close(session, person_id, sequence=sequence, time=time)
    persons.forget_absorbed(session, MERGES.root(session, person_id))
    _restate(session, person_id, changed, was_there=was_there)


def unmerge_person(session: WriteSession, person_id: str, *, addresses: Iterable[str], sequence: int, time: datetime) -> None:
    """The person is there again, with their addresses and what was filed at them by their own name."""
    unknown_addresses.hold_address_book(session, to_change=True)
    locks.claim(session, [locks.ACCOUNT])
    was_there = persons.is_there(session, person_id)
    changed = MERGES.keep(session, person_id, person_id, sequence=sequence)
    _keep(session, person_id, addresses, sequence=sequence, time=time)
    _restate(session, person_id, changed, was_there=was_there)


def keep_user(session: WriteSession, user_id: str, *, email: str, active: bool, role: str, sequence: int) -> None:
    """A user has a dropbox from the beginning, readers have none; one who is deactivated or becomes a reader keeps it, but nobody can
    deposit there meanwhile."""
    users.keep(session, user_id, email=normalise_address(email) or "", active=active, role=role, sequence=sequence)
    if users.may_deposit(session, user_id):
        make_dropbox(session, user_id)


def _keep(session: WriteSession, person_id: str, addresses: Iterable[str], *, sequence: int, time: datetime) -> None:
    normalised = (normalise_address(address) for address in addresses)
    known = [address for address in normalised if address is not None]
    if persons.keep(session, person_id, addresses=known, deleted=False, sequence=sequence, time=time):
        persons.forget_absorbed(session, person_id)
        unknown_addresses.learn(session, known)


def _restate(session: WriteSession, person_id: str, changed: Collection[str], *, was_there: bool) -> None:
    """Whoever they stand for may be gone, or have been."""
    if persons.is_there(session, person_id) != was_there:
        restated.begin(session, changed)
