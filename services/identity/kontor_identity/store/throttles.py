"""Pruning the buckets of sign-in attempts, in a session of every account."""

import sqlalchemy as sa

from kontor_chassis.db.sessions import WriteSession
from kontor_identity.store.tables import THROTTLES as T

_PRUNED_AT_ONCE = 100


def prune(session: WriteSession) -> None:
    """Forget some buckets that are empty; those that another attempt holds are left."""
    old = sa.select(T.c.key).where(T.c.account_id == session.account_id, T.c.empty_time < session.now)
    chosen = old.order_by(T.c.empty_time).limit(_PRUNED_AT_ONCE).with_for_update(skip_locked=True)
    session.execute(sa.delete(T).where(T.c.account_id == session.account_id, T.c.key.in_(chosen)))
