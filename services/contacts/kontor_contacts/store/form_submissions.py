"""What was sent by web forms, in rows."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_contacts.domain.form_fields import Entry
from kontor_contacts.domain.form_submissions import CONFIRMED, Submission
from kontor_contacts.store.form_tables import FORM_CONFIRMATIONS as C
from kontor_contacts.store.form_tables import FORM_SUBMISSIONS as S
from kontor_contacts.store.tables import PERSONS
from kontor_contacts.store.visibility import visible_to

# A place in a list: time and id.
After = tuple[datetime, str]
_AT_ONCE = 500
_COLUMNS = (
    "id", "version", "form_id", "form_name", "form_version", "state", "rejection", "consent_text", "consent_given", "language", "network",
    "origin", "page_id", "person_id", "person_created", "campaign", "create_time", "confirm_time", "expire_time",
)  # fmt: skip


def insert(session: WriteSession, submission: Submission) -> None:
    session.execute(sa.insert(S), {"account_id": session.account_id, **_values(submission)})


def update(session: WriteSession, submission: Submission) -> None:
    """The caller holds the row."""
    session.execute(sa.update(S).where(S.c.account_id == session.account_id, S.c.id == submission.id).values(_values(submission)))


def get(session: ReadSession, submission_id: str) -> Submission | None:
    """Where the caller sees the person of it, or there is none."""
    this = (S.c.account_id == session.account_id, S.c.id == submission_id)
    row = session.execute(sa.select(S).where(*this, _seen(session))).one_or_none()
    return _submission(row) if row else None


def _seen(session: ReadSession) -> sa.ColumnElement[bool]:
    """Whoever is named must be there: a name that leads nowhere says nothing of who may read it."""
    person = (PERSONS.c.account_id == S.c.account_id, PERSONS.c.id == S.c.person_id)
    return sa.or_(S.c.person_id == "", sa.exists().where(*person, visible_to(session, PERSONS)))


def lock(session: WriteSession, submission_id: str) -> Submission | None:
    """The same, with its row locked until the end of the session."""
    session.hold(sa.select(S.c.id).where(S.c.account_id == session.account_id, S.c.id == submission_id).with_for_update())
    return get(session, submission_id)


def of_page(session: ReadSession, page_id: str) -> Submission | None:
    """What was sent from this page first."""
    those = sa.select(S).where(S.c.account_id == session.account_id, S.c.page_id == page_id)
    row = session.execute(those.order_by(S.c.id).limit(1)).one_or_none()
    return _submission(row) if row else None


def page(session: ReadSession, form_id: str, *, state: str, after: After | None, limit: int) -> Sequence[Submission]:
    """Of one form, newest first, without those of people who are hidden from the caller."""
    statement = sa.select(S).where(S.c.account_id == session.account_id, S.c.form_id == form_id)
    statement = statement.where(_seen(session))
    if state:
        statement = statement.where(S.c.state == state)
    if after:
        seen = sa.tuple_(sa.literal(after[0], S.c.create_time.type), sa.literal(after[1]))
        statement = statement.where(sa.tuple_(S.c.create_time, S.c.id) < seen)
    rows = session.execute(statement.order_by(S.c.create_time.desc(), S.c.id.desc()).limit(limit))
    return [_submission(row) for row in rows]


def delete_unconfirmed(session: WriteSession, form_id: str) -> None:
    """What made nobody."""
    session.execute(sa.delete(S).where(S.c.account_id == session.account_id, S.c.form_id == form_id, S.c.state != CONFIRMED))


def delete_of_person(session: WriteSession, person_id: str) -> None:
    session.execute(sa.delete(S).where(S.c.account_id == session.account_id, S.c.person_id == person_id))


def ids_of_person(session: ReadSession, person_id: str) -> list[str]:
    """Oldest first; the caller holds the person, for whom nothing comes in meanwhile."""
    those = (S.c.account_id == session.account_id, S.c.person_id == person_id)
    return list(session.execute(sa.select(S.c.id).where(*those).order_by(S.c.id)).scalars())


def hand_over(session: WriteSession, submission_ids: Sequence[str], from_id: str, to_id: str) -> None:
    """They belong to another person from now on, as far as they are still there."""
    for start in range(0, len(submission_ids), _AT_ONCE):
        some = S.c.id.in_(submission_ids[start : start + _AT_ONCE])
        session.execute(sa.update(S).where(S.c.account_id == session.account_id, S.c.person_id == from_id, some).values(person_id=to_id))


def delete_expired(session: WriteSession, *, limit: int) -> int:
    """Of all accounts, in a session of every account; answers how many."""
    old = sa.select(S.c.account_id, S.c.id).where(S.c.expire_time <= session.now).order_by(S.c.expire_time).limit(limit)
    rows = session.execute(old).all()
    for row in rows:
        # Asked again: it may have been confirmed meanwhile.
        session.execute(sa.delete(S).where(S.c.account_id == row.account_id, S.c.id == row.id, S.c.expire_time <= session.now))
    return len(rows)


def keep_confirmation(session: WriteSession, submission_id: str, token_hash: str) -> None:
    session.execute(sa.insert(C), {"account_id": session.account_id, "hash": token_hash, "submission_id": submission_id})


def of_confirmation(session: ReadSession, token_hash: str) -> str | None:
    """The id of the submission that the token confirms."""
    found = session.execute(sa.select(C.c.submission_id).where(C.c.account_id == session.account_id, C.c.hash == token_hash))
    row = found.one_or_none()
    return row.submission_id if row else None


def _values(submission: Submission) -> dict[str, Any]:
    entries = [[entry.key, entry.label, list(entry.values)] for entry in submission.entries]
    return {"entries": entries, **{name: getattr(submission, name) for name in _COLUMNS}}


def _submission(row: sa.Row[Any]) -> Submission:
    entries = tuple(Entry(key, label, tuple(values)) for key, label, values in row.entries)
    return Submission(entries=entries, **{name: getattr(row, name) for name in _COLUMNS})
