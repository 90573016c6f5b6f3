"""Pages of lists by time and id."""

from datetime import datetime
from typing import Any

from kontor_chassis.db.types import from_micros, micros
from kontor_chassis.errors import invalid
from kontor_chassis.paging import Page, open_page


def open_time_page(request: Any) -> tuple[Page, tuple[datetime, str] | None]:
    """The page, and the place after which it begins. Raises InvalidArgument naming page_size or page_token."""
    page = open_page(request, position=(int, str))
    if page.after is None:
        return page, None
    moment, record_id = page.after
    try:
        return page, (from_micros(moment), record_id)
    except (ValueError, OverflowError, OSError) as error:
        raise invalid("page_token", "is not a token of this list") from error


def place(moment: datetime, record_id: str) -> tuple[int, str]:
    """The place of a row, as a token carries it."""
    return micros(moment), record_id
