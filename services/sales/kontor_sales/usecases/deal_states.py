"""Moving, winning, losing and reopening a deal. Each is kept in the deal's history and told as one fact of its own."""

from datetime import date

from kontor_chassis.audit import updated
from kontor_chassis.db.sessions import WriteSession
from kontor_sales.domain import deal_states as rules
from kontor_sales.domain.deals import Deal
from kontor_sales.events import published
from kontor_sales.store import accounts
from kontor_sales.usecases import deals

_AUDITED = ("pipeline_id", "stage_id", "state", "lost_reason", "closed_date")


def move(session: WriteSession, deal_id: str, stage_id: str, *, etag: str) -> Deal:
    """To a stage of any pipeline of the account; to the stage where it is: nothing happens.

    Raises NotFound, Aborted, FailedPrecondition where the deal is closed, InvalidArgument naming stage_id.
    """
    before = deals.lock(session, deal_id, etag)
    after = rules.moved(before, deals.stage_of(session, stage_id))
    if after == before:
        return before
    after = _keep(session, before, after)
    published.deal_moved(session, after, from_stage_name=before.stage_name)
    return after


def win(session: WriteSession, deal_id: str, *, closed_date: date | None, etag: str) -> Deal:
    """Raises NotFound, Aborted, FailedPrecondition where the deal is closed, InvalidArgument naming closed_date."""
    before = deals.lock(session, deal_id, etag)
    after = _keep(session, before, rules.won(before, closed_date=closed_date, today=_today(session)))
    published.deal_won(session, after)
    return after


def lose(session: WriteSession, deal_id: str, *, reason: str, closed_date: date | None, etag: str) -> Deal:
    """As `win`; the reason is mandatory."""
    before = deals.lock(session, deal_id, etag)
    after = _keep(session, before, rules.lost(before, reason=reason, closed_date=closed_date, today=_today(session)))
    published.deal_lost(session, after)
    return after


def reopen(session: WriteSession, deal_id: str, *, etag: str) -> Deal:
    """Raises NotFound, Aborted, FailedPrecondition where the deal is open."""
    before = deals.lock(session, deal_id, etag)
    after = _keep(session, before, rules.reopened(before))
    published.deal_reopened(session, after)
    return after


def _keep(session: WriteSession, before: Deal, after: Deal) -> Deal:
    after = deals.keep(session, before, after, history=True)
    pairs = {name: (getattr(before, name), getattr(after, name)) for name in _AUDITED}
    updated(session, f"deals/{after.id}", {name: pair for name, pair in pairs.items() if pair[0] != pair[1]})
    return after


def _today(session: WriteSession) -> date:
    return accounts.get(session).today(session.now)
