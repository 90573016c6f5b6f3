"""Pruning the buckets of what is sent by web forms."""

import sqlalchemy as sa

from kontor_chassis.db.sessions import WriteSession
from kontor_contacts.store.form_tables import FORM_THROTTLES as T


def prune(session: WriteSession, *, limit: int) -> int:
    """Forget buckets that are empty, of all accounts, in a session of every account; those that somebody holds are left."""
    old = sa.select(T.c.account_id, T.c.key).where(T.c.empty_time < session.now).order_by(T.c.empty_time).limit(limit)
    chosen = session.execute(old.with_for_update(skip_locked=True)).all()
    for row in chosen:
        session.execute(sa.delete(T).where(T.c.account_id == row.account_id, T.c.key == row.key))
    return len(chosen)
