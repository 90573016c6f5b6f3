"""Segments: filters kept under a name. Whether a filter can be used is the store's question, which knows the fields."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from kontor_chassis.errors import invalid
from kontor_chassis.text import clean_line

WRITABLE = frozenset({"name", "filter", "order_by"})


@dataclass(frozen=True)
class Segment:
    # `persons` or `organisations`.
    noun: str
    name: str
    filter: str = ""
    order_by: str = ""
    id: str = ""
    version: int = 0
    create_time: datetime | None = None
    update_time: datetime | None = None
    creator_user_id: str = ""
    # Why it cannot be used; empty where it can.
    fault: str = ""

    @property
    def key(self) -> str:
        """What makes two names the same."""
        return self.name.casefold()


def checked_segment(segment: Segment) -> Segment:
    """With cleaned values. Raises InvalidArgument naming the field."""
    if not segment.noun:
        raise invalid("record_kind", "must be one of person, organisation")
    return replace(
        segment,
        name=clean_line(segment.name, field="name", required=True, limit=100),
        filter=segment.filter.strip(),
        order_by=" ".join(segment.order_by.split()),
    )


def with_changes(segment: Segment, wanted: Segment, mask: Collection[str]) -> Segment:
    return replace(segment, **{name: getattr(wanted, name) for name in WRITABLE.intersection(mask)})


def changed_names(before: Segment, after: Segment) -> list[str]:
    return sorted(name for name in WRITABLE if getattr(before, name) != getattr(after, name))
