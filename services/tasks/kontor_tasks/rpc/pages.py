"""What the lists of this service need beside `kontor_chassis.paging`."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from kontor_chassis.paging import Page

Row = TypeVar("Row")
# Running texts may have 100,000 characters each: 200 of them would not fit into a message.
_CHARACTERS = 4_000_000


def fitting(page: Page, rows: Sequence[Row], length: Callable[[Row], int]) -> Page:
    """The page, shorter where its texts would be too much for one answer (AIP-158 lets it be); one row always fits."""
    total = 0
    for number, row in enumerate(rows[: page.size]):
        total += length(row)
        if total > _CHARACTERS and number:
            return replace(page, size=number)
    return page
