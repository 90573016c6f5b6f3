"""Every SQL statement about photos. What a blob is kept for stands in one of two tables from before it is put until after it is removed,
so none is forgotten, whenever the process dies."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_contacts.domain.photos import LINGERING, UPLOAD_TIME
from kontor_contacts.store.tables import LOOSE_PHOTOS as L
from kontor_contacts.store.tables import PERSONS as P
from kontor_contacts.store.tables import PHOTOS as T

# The id of a person's photo as a column of their own statement; NULL: there is none.
COLUMN = sa.select(T.c.photo_id).where(T.c.account_id == P.c.account_id, T.c.person_id == P.c.id).scalar_subquery()


def announce(session: WriteSession, photo_id: str) -> None:
    """Before its blobs are put: they are to be removed again, unless `show` comes in time."""
    # Twice the time, so that nothing is removed while it is just being shown.
    session.execute(sa.insert(L).values(account_id=session.account_id, photo_id=photo_id, due_time=session.now + 2 * UPLOAD_TIME))


def show(session: WriteSession, person_id: str, photo_id: str) -> bool:
    """Make an announced photo the person's, who is held; False: it came too late."""
    this = (L.c.account_id == session.account_id, L.c.photo_id == photo_id, L.c.due_time > session.now + UPLOAD_TIME)
    if session.execute(sa.delete(L).where(*this)).rowcount != 1:
        return False
    remove(session, person_id)
    session.execute(sa.insert(T).values(account_id=session.account_id, person_id=person_id, photo_id=photo_id))
    return True


def remove(session: WriteSession, person_id: str) -> None:
    """The person has no photo any more."""
    session.execute(sa.delete(T).where(T.c.account_id == session.account_id, T.c.person_id == person_id))


def discard(session: WriteSession, photo_id: str) -> None:
    """Nobody shows this one any more (empty: there was none): its blobs are to be removed."""
    if photo_id:
        session.execute(sa.insert(L).values(account_id=session.account_id, photo_id=photo_id, due_time=session.now + LINGERING))


def photo_id_of(session: ReadSession, person_id: str) -> str:
    """Empty: the person has none, or does not exist."""
    this = (T.c.account_id == session.account_id, T.c.person_id == person_id)
    return session.execute(sa.select(T.c.photo_id).where(*this)).scalar_one_or_none() or ""


def due(session: ReadSession, now: datetime, *, limit: int) -> Sequence[tuple[str, str]]:
    """(account, photo id) of what is to be removed, of all accounts."""
    rows = session.execute(sa.select(L.c.account_id, L.c.photo_id).where(L.c.due_time <= now).order_by(L.c.due_time).limit(limit))
    return [(row.account_id, row.photo_id) for row in rows]


def forget(session: WriteSession, removed: Sequence[tuple[str, str]]) -> None:
    """These blobs are gone."""
    session.execute(sa.delete(L).where(sa.tuple_(L.c.account_id, L.c.photo_id).in_(removed)))
