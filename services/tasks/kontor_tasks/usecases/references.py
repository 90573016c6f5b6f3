"""References to records of other services: whether what a write names exists (docs/decisions/0011)."""

from collections.abc import Mapping

from kontor_chassis.db.sessions import WriteSession
from kontor_chassis.errors import invalid
from kontor_chassis.references import Answers, Unanswered
from kontor_tasks.store import records


def require(session: WriteSession, named: Mapping[str, str], answers: Answers) -> None:
    """`named`: resource name → field that names it. What the owner has confirmed is remembered; what nobody could be asked about
    is taken as it is and not remembered, so that the next write asks again.

    Raises InvalidArgument naming the field of a record that is gone or does not exist, Unanswered where the owner is to be asked.
    """
    gone = records.states(session, named)
    for ref, field in named.items():
        if gone.get(ref):
            raise invalid(field, "is not an active user" if ref.startswith("users/") else "was deleted")
    unknown = [ref for ref in named if ref not in gone]
    if unasked := [ref for ref in unknown if ref not in answers]:
        raise Unanswered(unasked)
    for ref in unknown:
        if ref in answers.absent:
            raise invalid(named[ref], "is not an active user" if ref.startswith("users/") else "does not exist")
        if ref in answers.present:
            records.confirm(session, ref)
