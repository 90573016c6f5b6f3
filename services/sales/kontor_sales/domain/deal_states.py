"""How a deal moves and closes. Each function answers the deal as it is afterwards, or raises why it cannot be."""

from dataclasses import replace
from datetime import date

from kontor_chassis.errors import FailedPrecondition, invalid
from kontor_chassis.text import clean_line
from kontor_sales.domain.days import checked_day
from kontor_sales.domain.deals import Deal
from kontor_sales.domain.pipelines import Stage


def placed(deal: Deal, stage: Stage) -> Deal:
    """The deal in this stage."""
    return replace(deal, pipeline_id=stage.pipeline_id, stage_id=stage.id, stage_name=stage.name, probability=stage.probability)


def moved(deal: Deal, stage: Stage) -> Deal:
    """Raises FailedPrecondition where the deal is closed."""
    _must_be_open(deal)
    return placed(deal, stage)


def won(deal: Deal, *, closed_date: date | None, today: date) -> Deal:
    """Closed on `closed_date`, default today. Raises FailedPrecondition, InvalidArgument for a day to come."""
    _must_be_open(deal)
    return replace(deal, state="won", closed_date=_closing_day(closed_date, today))


def lost(deal: Deal, *, reason: str, closed_date: date | None, today: date) -> Deal:
    """As `won`; the reason is mandatory."""
    _must_be_open(deal)
    cleaned = clean_line(reason, field="lost_reason", required=True)
    return replace(deal, state="lost", lost_reason=cleaned, closed_date=_closing_day(closed_date, today))


def reopened(deal: Deal) -> Deal:
    """Open in the stage where it was. Raises FailedPrecondition where it is open."""
    if deal.state == "open":
        raise FailedPrecondition("The deal is open.", reason="DEAL_OPEN", detail={"state": deal.state})
    return replace(deal, state="open", lost_reason="", closed_date=None)


def _must_be_open(deal: Deal) -> None:
    if deal.state != "open":
        raise FailedPrecondition(f"The deal is {deal.state}; reopen it first.", reason="DEAL_CLOSED", detail={"state": deal.state})


def _closing_day(day: date | None, today: date) -> date:
    if day is None:
        return today
    if day > today:
        raise invalid("closed_date", "must not be in the future")
    checked_day(day, field="closed_date")
    return day
