"""Whom a write means by those it names: who was merged is taken for who answers for them."""

from collections.abc import Sequence

from kontor_chassis.db import locks
from kontor_chassis.db.sessions import WriteSession
from kontor_sales.domain.given import Named, newly_named
from kontor_sales.store import given
from kontor_sales.store.tables import MERGES


def resolved(session: WriteSession, before: Sequence[Named], after: Sequence[Named]) -> list[Named]:
    """The wanted list, each once. Who stood in the list already stays as they are: that a merge has yet to reach them is no change of
    the writer's. Nothing is merged until the end of the session."""
    new = {item.ref for item in after} - {item.ref for item in before}
    if not new:
        return list(after)
    locks.share(session, [locks.ACCOUNT])
    return newly_named(before, after, MERGES.roots(session, new))


def forget_left(session: WriteSession, record: str, after: Sequence[Named]) -> None:
    """Who is taken off a record does not come back with an undone merge."""
    given.keep_only(session, record, [item.ref for item in after])
