"""People and organisations that were found to be one, and what was found to be two after all (FEATURES B15).

Nothing is moved: entries, tasks and ties keep the names that they were given, and are read at whoever answers for these now. So an
undo gives back exactly what was there, and a merge costs no more than the links that follow from its ties.
"""

from collections.abc import Collection, Iterable

import structlog

from kontor_chassis.db.sessions import WriteSession
from kontor_tasks.store import locks, records, ties
from kontor_tasks.store.tables import MERGES

log = structlog.get_logger()


def hold(session: WriteSession, subjects: Iterable[str]) -> dict[str, str]:
    """Before something is hung on these: who answers for each of them until the end of the session."""
    named = {subject for subject in subjects if subject}
    locks.share(session, named)
    roots = MERGES.roots(session, named)
    if others := set(roots.values()) - named:
        locks.share(session, others)
    return roots


def claim(session: WriteSession, subjects: Collection[str]) -> dict[str, str]:
    """Before the ties of these are changed: who answers for each of them until the end of the session."""
    locks.claim(session, subjects)
    roots = MERGES.roots(session, subjects)
    if others := set(roots.values()) - set(subjects):
        locks.claim(session, others)
    return roots


def living(session: WriteSession, refs: Collection[str]) -> set[str]:
    """Those that are not gone, nor is who answers for them."""
    roots = MERGES.roots(session, refs)
    gone = records.gone(session, {*roots, *roots.values()})
    return {ref for ref, root in roots.items() if not gone & {ref, root}}


def merged(session: WriteSession, ref: str, survivor: str, *, sequence: int) -> set[str]:
    """Let another one answer for `ref`; itself, where a merge is undone. Answers who answers for somebody else now than before, and who
    did before: the links of what hangs on these are to be brought in step, where any of them has ties."""
    locks.claim_account(session)
    before = MERGES.keep(session, ref, survivor, sequence=sequence)
    if not before:
        return set()
    after = MERGES.roots(session, before)
    for subject, root in after.items():
        ties.answer(session, subject, root)
    log.info("merge_followed", ref=ref, survivor=survivor)
    return {*before.values(), *after.values()}
