from datetime import date

import pytest

from kontor_chassis.errors import InvalidArgument
from kontor_contacts.domain.dates import MAX_DATES, ImportantDate, checked_dates


def test_a_birthday_needs_no_year_and_may_be_29_february() -> None:
    """B1."""
    [found] = checked_dates([ImportantDate(2, 29, kind="birthday")])
    assert found.iso == "--02-29"
    assert found.in_year(2027) == date(2027, 2, 28)
    assert found.in_year(2028) == date(2028, 2, 29)


def test_a_date_with_its_year_is_kept_whole() -> None:
    [found] = checked_dates([ImportantDate(5, 1, 1980, "anniversary", "  with   us ")])
    assert (found.iso, found.label) == ("1980-05-01", "with us")


@pytest.mark.parametrize(
    ("dates", "field"),
    [
        ([ImportantDate(2, 29, 2023)], "dates[0].date"),
        ([ImportantDate(2, 30)], "dates[0].date"),
        ([ImportantDate(0, 0)], "dates[0].date"),
        ([ImportantDate(13, 1, 2000)], "dates[0].date"),
        ([ImportantDate(1, 1, 1200)], "dates[0].date"),
        ([ImportantDate(1, 1, kind="birthday"), ImportantDate(1, 2, kind="birthday")], "dates[1].kind"),
        ([ImportantDate(1, 1, label="x" * 101)], "dates[0].label"),
        ([ImportantDate(1, 1)] * (MAX_DATES + 1), "dates"),
    ],
)
def test_what_is_no_date_is_refused_by_name(dates: list[ImportantDate], field: str) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        checked_dates(dates)
    assert refusal.value.violations[0].field == field
