"""Raising the version of records because something that is shown with them has changed: an etag stands for all that is shown."""

from collections.abc import Iterator, Sequence

from kontor_chassis.db.sessions import WriteSession
from kontor_contacts.events import published
from kontor_contacts.store import organisations, persons
from kontor_contacts.usecases import colleagues

_AT_ONCE = 500


def touch_persons(session: WriteSession, ids: Sequence[str], changed: str) -> None:
    """Raise the versions of these people and tell it, with `changed` as the field."""
    for chunk in _chunks(ids):
        persons.raise_versions(session, chunk)
        for person in persons.by_ids(session, chunk, everything=True):
            if changed == "positions":
                persons.rekey(session, person)
            published.person_updated(session, person, [changed])
        if changed == "positions":
            colleagues.forget(session, chunk)


def touch_organisations(session: WriteSession, ids: Sequence[str], changed: str) -> None:
    """Raise the versions of these organisations and tell it, with `changed` as the field."""
    for chunk in _chunks(ids):
        organisations.raise_versions(session, chunk)
        for organisation in organisations.by_ids(session, chunk, everything=True):
            published.organisation_updated(session, organisation, [changed])


def _chunks(ids: Sequence[str]) -> Iterator[list[str]]:
    # In the order of ids, so that two of these cannot wait for each other.
    ordered = sorted(set(ids))
    for start in range(0, len(ordered), _AT_ONCE):
        yield ordered[start : start + _AT_ONCE]
