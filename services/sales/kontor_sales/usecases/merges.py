"""People and organisations that were found to be one, and what was found to be two after all (FEATURES B15).

Deals and projects are changed one by one, in the background (`following.py`): each gets its next version, is told and audited.
"""

from collections.abc import Sequence

import structlog

from kontor_chassis.audit import updated
from kontor_chassis.db import locks
from kontor_chassis.db.sessions import WriteSession
from kontor_sales.domain import deals as deal_rules
from kontor_sales.domain import projects as project_rules
from kontor_sales.domain.given import Named, as_given, as_named
from kontor_sales.events import published
from kontor_sales.store import following, given
from kontor_sales.store.tables import MERGES
from kontor_sales.usecases import deals, projects

log = structlog.get_logger()


def merged(session: WriteSession, ref: str, survivor: str, *, sequence: int) -> None:
    """Another one answers for `ref` now; itself, where a merge is undone."""
    locks.claim(session, [locks.ACCOUNT])
    for changed in MERGES.keep(session, ref, survivor, sequence=sequence):
        following.begin(session, changed, "merge")
    log.info("merge_heard", ref=ref, survivor=survivor)


def concerned(session: WriteSession, ref: str, limit: int) -> list[str]:
    """Some deals and projects that name another one for `ref` than who answers for it; none when all are in step."""
    root = MERGES.root(session, ref)
    found = given.shown_otherwise(session, ref, root, limit)
    return found + (given.naming(session, ref, after="", limit=limit) if root != ref else [])


def bring_in_step(session: WriteSession, record: str) -> None:
    """Let a deal or project name those who answer for whom it was given. Nothing happens where it does, or is gone."""
    noun, _, record_id = record.partition("/")
    if noun == "deals":
        _deal(session, record_id)
    else:
        _project(session, record_id)


def _deal(session: WriteSession, deal_id: str) -> None:
    before = deals.held(session, deal_id)
    if before is None:
        return
    after = deal_rules.with_named(before, _named(session, f"deals/{deal_id}", deal_rules.named(before)))
    changed = deal_rules.changed_fields(before, after)
    if changed:
        after = deals.keep(session, before, after, history=False)
        updated(session, f"deals/{deal_id}", {name: (getattr(before, name), getattr(after, name)) for name in changed})
        published.deal_updated(session, after, changed)


def _project(session: WriteSession, project_id: str) -> None:
    before = projects.held(session, project_id)
    if before is None:
        return
    after = project_rules.with_named(before, _named(session, f"projects/{project_id}", project_rules.named(before)))
    changed = project_rules.changed_fields(before, after)
    if changed:
        after = projects.keep(session, before, after)
        updated(session, f"projects/{project_id}", {name: (getattr(before, name), getattr(after, name)) for name in changed})
        published.project_updated(session, after, changed)


def _named(session: WriteSession, record: str, named: Sequence[Named]) -> list[Named]:
    whole = as_given(named, given.of_record(session, record))
    shown, kept = as_named(whole, MERGES.roots(session, [item.ref for item in whole]))
    given.replace(session, record, kept)
    return shown
