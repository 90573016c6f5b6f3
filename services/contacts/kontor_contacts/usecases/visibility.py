"""Which records a caller can see, and whom they can hide them from."""

from collections.abc import Mapping, Sequence
from typing import Any

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.visibility import viewer_of
from kontor_contacts.domain.visibility import Visibility, check_keeps
from kontor_contacts.store import organisations, persons, tags, web_forms

_SCOPE = "contacts.read"


def sees(session: ReadSession, ref: str) -> bool:
    """Whether `persons/0193…` is a record that exists and that the caller may read."""
    if _SCOPE not in session.principal.scopes:
        return False
    noun, _, record_id = ref.partition("/")
    match noun:
        case persons.NOUN:
            return persons.get(session, record_id) is not None
        case organisations.NOUN:
            return organisations.get(session, record_id) is not None
        case "tags":
            return tags.get(session, record_id) is not None
        case "web-forms":
            return web_forms.get(session, record_id) is not None
    return False


def check_kept(session: WriteSession, visibility: Visibility) -> None:
    """Raises InvalidArgument naming visibility where a record would be hidden from the caller."""
    check_keeps(visibility, viewer_of(session.principal))


def unseen_employers(session: ReadSession, positions: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    """Of the organisations of these positions, as the audit log keeps them, the ids of those that the caller does not see. One that is
    gone is told from when it was there."""
    viewer = viewer_of(session.principal)
    if viewer is None or not positions:
        return frozenset()
    limited = {position["organisation_id"]: bool(position.get("limited")) for position in positions}
    present = organisations.limits(session, sorted(limited))
    return frozenset(
        organisation_id
        for organisation_id, was_limited in limited.items()
        if (not present[organisation_id].admits(viewer) if organisation_id in present else was_limited)
    )
