"""People who may be one because they work at one organisation, until it is not one that everyone sees: then the reason must not tell it."""

from collections.abc import Sequence

from kontor_chassis.db.sessions import WriteSession
from kontor_contacts.domain.duplicates import POSSIBLE, match
from kontor_contacts.store import duplicates, likely
from kontor_contacts.store.persons import NOUN

_REASON = "same_organisation"


def forget(session: WriteSession, person_ids: Sequence[str]) -> None:
    """Score the pairs of these people, who are held, anew where they have no such organisation in common any more. A dismissed one
    stays, whatever it scores."""
    pairs = [pair for pair in duplicates.of_records(session, person_ids) if _REASON in pair.reasons]
    if not pairs:
        return
    ids = {record_id for pair in pairs for record_id in (pair.left_id, pair.right_id)}
    records = likely.by_ids(session, NOUN, sorted(ids), everything=True)
    for pair in pairs:
        if pair.left_id not in records or pair.right_id not in records:
            continue
        now = match(records[pair.left_id], records[pair.right_id])
        if _REASON in now.reasons:
            continue
        if now.score < POSSIBLE and not pair.dismissed:
            duplicates.delete(session, [pair.id])
        else:
            duplicates.rescore(session, pair.id, now)
