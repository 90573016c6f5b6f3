"""Reading the forecast."""

from datetime import date

from kontor_chassis.db.sessions import ReadSession
from kontor_sales.domain.deals import DealFilter, checked_filter
from kontor_sales.domain.forecast import Forecast, forecast, period
from kontor_sales.store import accounts, deals, tags
from kontor_sales.store import forecast as store


def get(session: ReadSession, wanted: DealFilter, *, first: str, last: str) -> tuple[Forecast, date]:
    """The forecast from month `first` to month `last`, and the day on which it stands. A tag that does not exist narrows to
    nothing. Raises InvalidArgument."""
    account = accounts.get(session)
    today = account.today(session.now)
    months = period(first, last, today=today)
    wanted = checked_filter(wanted)
    tag_ids = tags.rarest_first(session, deals.NOUN, wanted.tags)
    slices = []
    if tag_ids is not None:
        slices = store.slices(session, wanted, tag_ids=tag_ids, months=months, today=today, currency=account.currency)
    return forecast(slices, months=months, currency=account.currency), today
