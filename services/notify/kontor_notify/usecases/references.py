"""References to records of other services: whether what a write names exists (docs/decisions/0011)."""

from kontor_chassis.db.sessions import ReadSession
from kontor_chassis.errors import invalid
from kontor_chassis.references import Answers, Unanswered
from kontor_notify.store import watches


def require_subject(session: ReadSession, subject: str, answers: Answers) -> None:
    """A record that anybody has watched is known. What nobody could be asked about is taken as it is.

    Raises InvalidArgument naming `subject` where it is gone or does not exist, Unanswered where the owner is to be asked.
    """
    if watches.is_ended(session, subject):
        raise invalid("subject", "does not exist any more")
    if watches.exists(session, subject):
        return
    if subject not in answers:
        raise Unanswered([subject])
    if subject in answers.absent:
        raise invalid("subject", "does not exist")
