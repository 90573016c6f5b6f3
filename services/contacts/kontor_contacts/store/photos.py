"""Every SQL statement about photos. What a blob is kept for stands in one of two tables from before it is put until after it is removed,
so none is forgotten, whenever the process dies."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.db.upsert import insert_or_ignore
from kontor_contacts.domain.photos import LINGERING, UPLOAD_TIME
from kontor_contacts.store.merge_tables import MERGE_PHOTOS as M
from kontor_contacts.store.tables import LOOSE_PHOTOS as L
from kontor_contacts.store.tables import PERSONS as P
from kontor_contacts.store.tables import PHOTOS as T
from kontor_contacts.store.visibility import not_hidden_from

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


def give(session: WriteSession, person_id: str, photo_id: str) -> None:
    """Make a photo that is kept for a merge the person's (empty: none), who is held."""
    remove(session, person_id)
    if photo_id:
        session.execute(sa.delete(L).where(L.c.account_id == session.account_id, L.c.photo_id == photo_id))
        session.execute(sa.insert(T).values(account_id=session.account_id, person_id=person_id, photo_id=photo_id))


def keep_for_merge(session: WriteSession, merge_id: str, photo_ids: Sequence[str]) -> None:
    """Let these stay until `let_go`, whoever shows them."""
    rows = [
        {"account_id": session.account_id, "merge_id": merge_id, "photo_id": photo_id} for photo_id in sorted(set(photo_ids)) if photo_id
    ]
    if rows:
        session.execute(sa.insert(M), rows)


def let_go(session: WriteSession, merge_id: str) -> None:
    """The merge is undone, or cannot be any more: those of its photos that nobody shows are to be removed."""
    this = (M.c.account_id == session.account_id, M.c.merge_id == merge_id)
    ids = list(session.execute(sa.select(M.c.photo_id).where(*this).order_by(M.c.photo_id)).scalars())
    session.execute(sa.delete(M).where(*this))
    shown = set(session.execute(sa.select(T.c.photo_id).where(T.c.account_id == session.account_id, T.c.photo_id.in_(ids))).scalars())
    for photo_id in ids:
        if photo_id not in shown:
            row = {"account_id": session.account_id, "photo_id": photo_id, "due_time": session.now + LINGERING}
            insert_or_ignore(session.connection, L, row)


def photo_id_of(session: ReadSession, person_id: str) -> str:
    """Empty: the person has none, does not exist, or is hidden."""
    this = (T.c.account_id == session.account_id, T.c.person_id == person_id, not_hidden_from(session, P, T.c.person_id))
    return session.execute(sa.select(T.c.photo_id).where(*this)).scalar_one_or_none() or ""


def due(session: ReadSession, now: datetime, *, limit: int) -> Sequence[tuple[str, str]]:
    """(account, photo id) of what is to be removed, of all accounts."""
    kept = sa.exists().where(M.c.account_id == L.c.account_id, M.c.photo_id == L.c.photo_id)
    loose = sa.select(L.c.account_id, L.c.photo_id).where(L.c.due_time <= now, sa.not_(kept))
    rows = session.execute(loose.order_by(L.c.due_time).limit(limit))
    return [(row.account_id, row.photo_id) for row in rows]


def forget(session: WriteSession, removed: Sequence[tuple[str, str]]) -> None:
    """These blobs are gone."""
    session.execute(sa.delete(L).where(sa.tuple_(L.c.account_id, L.c.photo_id).in_(removed)))
