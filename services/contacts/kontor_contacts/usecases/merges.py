"""What was merged: found, undone, and forgotten when it cannot be undone any more."""

from collections.abc import Sequence

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.errors import NotFound
from kontor_contacts.domain.merges import Merge
from kontor_contacts.store import merges, persons
from kontor_contacts.usecases import merges_of_persons, undone_merges_of_organisations


def find(session: ReadSession, *, record_id: str, after: merges.After | None, limit: int) -> Sequence[Merge]:
    """Newest first."""
    return merges.page(session, record_id=record_id, after=after, limit=limit)


def get(session: ReadSession, merge_id: str) -> Merge:
    """Raises NotFound."""
    found = merges.get(session, merge_id)
    if found is None:
        raise NotFound("The merge does not exist.")
    return found


def undo(session: WriteSession, merge_id: str) -> Merge:
    """Raises NotFound, FailedPrecondition."""
    merge = get(session, merge_id)
    if merge.noun == persons.NOUN:
        merges_of_persons.undo(session, merge)
    else:
        undone_merges_of_organisations.undo(session, merge)
    return get(session, merge_id)
